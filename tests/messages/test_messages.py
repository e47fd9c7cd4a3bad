from __future__ import annotations

import re
import string
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import coverage
from coverage.domain.certificate import DeductibleSeen, LimitSeen
from coverage.domain.money import Money
from coverage.messages import LANGUAGES, UnknownKey, UnknownLanguage, Words, best_language, terminal_language

SOURCE = Path(coverage.__file__).parent
TEMPLATES = SOURCE.parents[1] / "policy_templates"


def sentences(language: str) -> dict[str, tuple[str, ...]]:
    """Every key of a language with its forms, read from the files themselves."""
    found: dict[str, tuple[str, ...]] = {}
    for path in (SOURCE / "messages" / language).glob("*.po"):
        with path.open("rb") as file:
            for message in read_po(file, locale=language, abort_invalid=True):
                if message.id:
                    key = message.id if isinstance(message.id, str) else message.id[0]
                    text = message.string
                    found[key] = (text,) if isinstance(text, str) else tuple(text or ())
    return found


def names(forms: tuple[str, ...]) -> set[str]:
    return {name for form in forms for _, name, _, _ in string.Formatter().parse(form) if name}


def texts_of_code() -> str:
    files = [*SOURCE.rglob("*.py"), *SOURCE.rglob("*.html"), *TEMPLATES.rglob("*.html")]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


class TestSentences:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_every_language_has_every_key_translated(self, language: str) -> None:
        assert sentences(language).keys() == sentences("en").keys()
        assert [key for key, forms in sentences(language).items() if not all(forms)] == []

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_a_sentence_takes_the_same_values_in_every_language(self, language: str) -> None:
        english = sentences("en")
        assert {key: names(forms) for key, forms in sentences(language).items()} == {
            key: names(forms) for key, forms in english.items()
        }

    def test_no_key_is_unused(self) -> None:
        code = texts_of_code()
        assert [key for key in sentences("en") if f'"{key}"' not in code] == []

    def test_no_key_is_asked_for_that_nobody_wrote(self) -> None:
        asked = set(re.findall(r'\b(?:text|t|plural|gettext)\(\s*"([a-z_]+\.[a-z_]+)"', texts_of_code()))
        assert asked - sentences("en").keys() == set()

    def test_french_has_its_own_marks(self) -> None:
        """A space before ; : ! ? never breaks a line, and the apostrophe is the typographer's."""
        patterns = {"time.day", "time.day_first", "time.time"}  # where ' quotes a letter for CLDR
        wrong = [
            form
            for key, forms in sentences("fr").items()
            for form in forms
            if key not in patterns and re.search(r"[ \w][;!?]|\w:| :|'", form)
        ]
        assert wrong == []

    def test_an_unknown_key_is_refused(self) -> None:
        with pytest.raises(UnknownKey):
            Words("en").text("certificate.nothing")
        with pytest.raises(UnknownKey):
            Words("fr").plural("certificate.nothing", 2)

    def test_an_unknown_language_is_refused(self) -> None:
        with pytest.raises(UnknownLanguage):
            Words("tlh")

    def test_french_counts_nought_as_one(self) -> None:
        assert Words("fr").plural("time.hours", 0) == "0 heure"
        assert Words("en").plural("time.hours", 0) == "0 hours"


SATURDAY_8 = datetime(2026, 12, 5, 7, tzinfo=UTC)
SATURDAY_20 = datetime(2026, 12, 5, 19, tzinfo=UTC)


class TestTimes:
    def test_an_instant_is_read_where_the_product_is(self) -> None:
        assert Words("en").instant(SATURDAY_8, "Europe/Paris") == "Saturday 5 December 2026 at 08:00 (Paris, UTC+1)"
        assert Words("fr").instant(SATURDAY_8, "Europe/Paris") == "samedi 5 décembre 2026 à 08:00 (Paris, UTC+1)"

    def test_french_says_the_first_of_a_month(self) -> None:
        assert Words("fr").day(datetime(2027, 1, 1, 12, tzinfo=UTC), "UTC") == "vendredi 1er janvier 2027"
        assert Words("en").day(datetime(2027, 1, 1, 12, tzinfo=UTC), "UTC") == "Friday 1 January 2027"

    def test_an_instant_without_an_offset_is_refused(self) -> None:
        with pytest.raises(ValueError, match="offset"):
            Words("en").instant(SATURDAY_8.replace(tzinfo=None), "Europe/Paris")

    @pytest.mark.parametrize(
        ("timezone", "said"),
        [
            ("UTC", "UTC"),
            ("Asia/Kolkata", "Kolkata, UTC+5:30"),
            ("America/New_York", "New York, UTC−5"),
            ("Europe/London", "London, UTC"),
        ],
    )
    def test_a_zone_is_its_city_and_its_offset(self, timezone: str, said: str) -> None:
        assert Words("en").zone(SATURDAY_8, timezone) == said

    def test_hours_of_one_day_name_it_once(self) -> None:
        english, french = Words("en"), Words("fr")
        assert (
            english.hours(SATURDAY_8, SATURDAY_20, "Europe/Paris")
            == "Saturday 5 December 2026, 08:00 to 20:00 (Paris, UTC+1)"
        )
        assert (
            french.hours(SATURDAY_8, SATURDAY_20, "Europe/Paris")
            == "samedi 5 décembre 2026, de 08:00 à 20:00 (Paris, UTC+1)"
        )

    def test_hours_over_midnight_name_both_days(self) -> None:
        assert (
            Words("en").hours(SATURDAY_20, datetime(2026, 12, 6, 7, tzinfo=UTC), "Europe/Paris")
            == "Saturday 5 December 2026 at 20:00 to Sunday 6 December 2026 at 08:00 (Paris, UTC+1)"
        )

    def test_hours_over_a_change_of_clocks_say_the_zone_at_both_ends(self) -> None:
        before, after = datetime(2026, 10, 24, 20, tzinfo=UTC), datetime(2026, 10, 25, 7, tzinfo=UTC)
        said = Words("en").hours(before, after, "Europe/Paris")
        assert "22:00 (Paris, UTC+2)" in said
        assert "08:00 (Paris, UTC+1)" in said
        assert Words("en").duration(before, after) == "11 hours"

    @pytest.mark.parametrize(
        ("hours", "said"), [(12, "12 hours"), (1, "1 hour"), (48, "2 days"), (52, "2 days and 4 hours")]
    )
    def test_a_duration_counts_hours_then_days(self, hours: int, said: str) -> None:
        start = datetime(2026, 6, 1, tzinfo=UTC)
        assert Words("en").duration(start, datetime(2026, 6, 1 + hours // 24, hours % 24, tzinfo=UTC)) == said


class TestAmounts:
    def test_money_follows_the_language(self) -> None:
        assert Words("en").money(Money(3024, "EUR")) == "€30.24"
        assert Words("fr").money(Money(3024, "EUR")) == "30,24\xa0€"
        assert Words("fr").money(Money(10_000_000_000, "EUR")) == "100\u202f000\u202f000,00\xa0€"

    def test_short_money_leaves_out_only_cents_that_are_nought(self) -> None:
        assert Words("en").money(Money(5_000_000, "EUR"), short=True) == "€50,000"
        assert Words("fr").money(Money(5_000_000, "EUR"), short=True) == "50\u202f000\xa0€"
        assert Words("en").money(Money(3024, "EUR"), short=True) == "€30.24"

    @pytest.mark.parametrize("major", ["0.01", "92233720368547758.07", "1234567.80"])
    def test_money_is_exact(self, major: str) -> None:
        amount = int(major.replace(".", ""))
        assert re.sub(r"[^0-9.]", "", Words("en").money(Money(amount, "EUR"))) == major

    def test_a_percentage_keeps_its_digits(self) -> None:
        assert Words("en").percent("13.4") == "13.4%"
        assert Words("fr").percent("13.4") == "13,4\xa0%"
        assert Words("fr").percent("0.125") == "0,125\xa0%"

    def test_figures_on_the_way_to_a_price_keep_every_place(self) -> None:
        english, french = Words("en"), Words("fr")
        assert [english.exact(amount, "EUR") for amount in ("5.625", "4.50", "0.000001")] == [
            "€5.625", "€4.50", "€0.000001",
        ]  # fmt: skip
        assert french.exact("1234.5678", "EUR") == "1\u202f234,5678\xa0€"
        assert (english.number("1.25"), french.number("1.25"), french.number("1")) == ("1.25", "1,25", "1")

    def test_limits_and_deductibles_are_phrases(self) -> None:
        english, french = Words("en"), Words("fr")
        assert english.limit(LimitSeen("", None, "event")) == "unlimited"
        assert english.limit(LimitSeen("", Money(250_000, "EUR"), "item")) == "€2,500 per item"
        share = DeductibleSeen(share_percent="10", minimum=Money(15_000, "EUR"))
        assert english.deductible(share) == "10% of the loss, at least €150"
        assert french.deductible(share) == "10\xa0% du dommage, 150\xa0€ au moins"
        assert english.deductible(None) == "nothing"
        assert english.deductible(DeductibleSeen(Money(100_000, "EUR"))) == "€1,000"

    def test_a_deductible_says_what_it_comes_off_where_it_is_not_the_loss(self) -> None:
        seen = DeductibleSeen(Money(100_000, "EUR"), after_limit=True, against_third_parties=True)
        assert Words("en").deductible(seen) == "€1,000, taken off after the limit, also against third parties"
        assert Words("fr").deductible(seen) == "1\u202f000\xa0€, déduite après le plafond, opposable aux tiers"
        assert Words("en").deductible(DeductibleSeen(after_limit=True, against_third_parties=True)) == "nothing"

    def test_countries_are_named(self) -> None:
        assert Words("fr").countries(("FR", "DE", "BE")) == "France, Allemagne et Belgique"
        assert Words("en").country("ZZZ") == "ZZZ"


class TestBestLanguage:
    @pytest.mark.parametrize(
        ("header", "language"),
        [
            (None, "fr"),
            ("", "fr"),
            ("en", "en"),
            ("EN-gb", "en"),
            ("fr-CA", "fr"),
            ("en-US,en;q=0.9,fr;q=0.8", "en"),
            ("fr;q=0.2, en;q=0.9", "en"),
            ("de,en;q=0.5", "en"),
            ("de", "fr"),
            ("*", "fr"),
            ("fr;q=0,*", "en"),
            ("fr;q=0, en;q=0.1", "en"),
            ("en;q=2", "fr"),
            ("zz;;;,\x00,en", "en"),
            ("en" * 5_000, "fr"),
            ("x," * 5_000 + "en", "fr"),
        ],
    )
    def test_the_browsers_wish_is_weighed(self, header: str | None, language: str) -> None:
        assert best_language(header) == language

    def test_the_default_can_be_another(self) -> None:
        assert best_language("de", default="en") == "en"


class TestTerminalLanguage:
    @pytest.mark.parametrize(
        ("environment", "language"),
        [
            ({}, "en"),
            ({"LANG": "fr_FR.UTF-8"}, "fr"),
            ({"LANG": "fr"}, "fr"),
            ({"LANG": "en_GB.UTF-8"}, "en"),
            ({"LANG": "C.UTF-8"}, "en"),
            ({"LANG": "tlh_KX.UTF-8"}, "en"),
            ({"LANG": "fr_FR@euro", "LC_MESSAGES": "en_US"}, "en"),
            ({"LANG": "en_US", "LC_ALL": "fr_CA"}, "fr"),
            ({"LANG": "fr_FR", "LC_ALL": ""}, "fr"),
        ],
    )
    def test_follows_posix(self, environment: dict[str, str], language: str) -> None:
        assert terminal_language(environment) == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_time_shows_its_seconds_where_it_has_any(language: str) -> None:
    words = Words(language)
    assert words.time(datetime(2026, 12, 5, 7, 0, 0, tzinfo=UTC), "Europe/Paris") == "08:00"
    assert words.time(datetime(2026, 12, 5, 7, 0, 5, tzinfo=UTC), "Europe/Paris") == "08:00:05"
