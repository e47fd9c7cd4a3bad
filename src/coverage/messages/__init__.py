"""The service's own words, by language: sentences from `<language>/*.po`, amounts and instants by CLDR.

Products' words (a section's name, a tax's) stand in the editions and never here.
"""

from __future__ import annotations

import gettext
import io
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, negotiate_locale
from babel.dates import format_date, format_datetime, get_timezone_location
from babel.lists import format_list
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent

from coverage.domain.certificate import DeductibleSeen, LimitSeen
from coverage.domain.money import Money

_FOLDER = Path(__file__).parent
LANGUAGES = tuple(sorted(path.name for path in _FOLDER.iterdir() if any(path.glob("*.po"))))

# Whose habits a language follows where CLDR's default for it isn't Europe's: 24 hours, day before month.
_REGIONS = {"en": "en_GB"}

# A browser sends a handful of languages. Longer is not a browser.
_LONGEST_HEADER = 1_000
_QUALITY = r"(?:;\s*[qQ]\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?"
_RANGE = re.compile(r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)\s*" + _QUALITY)


class UnknownKey(LookupError):
    """A sentence was asked for that no .po file of the language has."""


class UnknownLanguage(LookupError):
    """The service has no words in this language."""


class Words:
    """Everything the service says in one language.

    `key` names a sentence; its `{names}` are filled with plain text. Nothing is escaped here: the
    templates do that.
    """

    def __init__(self, language: str) -> None:
        if language not in LANGUAGES:
            raise UnknownLanguage(language)
        self.language = language
        self._locale = Locale.parse(_REGIONS.get(language, language))
        self._sentences = _sentences(language)

    def text(self, key: str, **values: object) -> str:
        """The sentence named `key`. Raises UnknownKey."""
        return self._sentences.gettext(key).format_map(values)

    def plural(self, key: str, count: int, **values: object) -> str:
        """The sentence named `key` in the form that `count` takes, with `{count}` filled in."""
        return self._sentences.ngettext(key, key, count).format_map({"count": count, **values})

    def money(self, money: Money, *, short: bool = False) -> str:
        """An amount as people write it: "€30.24", "30,24 €". `short` leaves out cents that are zero."""
        pattern = self._locale.currency_formats["standard"].pattern
        if short and money.major == money.major.to_integral_value():
            pattern = pattern.replace("0.00", "0")
        return str(
            format_currency(money.major, money.currency, format=pattern, locale=self._locale, currency_digits=False)
        )

    def exact(self, amount: str, currency: str) -> str:
        """An amount on the way to a price, in units of the currency, with every place it has: "€5.625", "5,625 €"."""
        return str(format_currency(Decimal(amount), currency, locale=self._locale, decimal_quantization=False))

    def number(self, number: str) -> str:
        """A figure kept exactly as it was written: "1.25", "1,25"."""
        return str(format_decimal(Decimal(number), locale=self._locale, decimal_quantization=False))

    def percent(self, percent: str) -> str:
        """A rate kept exactly as it was written: "13.4" is "13.4%" or "13,4 %"."""
        share = Decimal(percent).scaleb(-2)
        return str(format_percent(share, locale=self._locale, decimal_quantization=False))

    def day(self, instant: datetime, timezone: str) -> str:
        """The day an instant falls on there: "Saturday 5 December 2026"."""
        first = _local(instant, timezone).day == 1
        # CLDR has no pattern for French's "1er".
        return self._format(instant, timezone, self.text("time.day_first" if first else "time.day"))

    def short_day(self, instant: datetime, timezone: str) -> str:
        """The day an instant falls on there, for a column: "5 Dec 2026"."""
        return self._format(instant, timezone, self.text("time.short_day"))

    def month(self, month: date) -> str:
        """A month by any of its days: "December 2026"."""
        return str(format_date(month, self.text("time.month"), locale=self._locale))

    def time(self, instant: datetime, timezone: str) -> str:
        """The time of day there: "08:00", or "08:00:05" where it isn't a whole minute: no second is promised too much."""
        pattern = self.text("time.time") + (":ss" if _local(instant, timezone).second else "")
        return self._format(instant, timezone, pattern)

    def zone(self, instant: datetime, timezone: str) -> str:
        """A zone by its city and what its clocks show at that instant: "Paris, UTC+1"."""
        offset = _offset(_local(instant, timezone))
        city = get_timezone_location(timezone, locale=self._locale, return_city=True)
        return offset if city == "UTC" else self.text("time.zone", city=city, offset=offset)

    def instant(self, instant: datetime, timezone: str) -> str:
        """An instant with the zone it is read in: "Saturday 5 December 2026 at 08:00 (Paris, UTC+1)"."""
        return self.text(
            "time.instant",
            day=self.day(instant, timezone),
            time=self.time(instant, timezone),
            zone=self.zone(instant, timezone),
        )

    def hours(self, starts_at: datetime, ends_at: datetime, timezone: str) -> str:
        """A window in plain words. The zone is said once, or at both ends when the clocks change between."""
        start_zone, end_zone = self.zone(starts_at, timezone), self.zone(ends_at, timezone)
        if start_zone != end_zone:
            return self.text(
                "time.hours_clock_change",
                start=self.instant(starts_at, timezone),
                end=self.instant(ends_at, timezone),
            )
        day, end_day = self.day(starts_at, timezone), self.day(ends_at, timezone)
        times = {"start": self.time(starts_at, timezone), "end": self.time(ends_at, timezone)}
        if day == end_day:
            return self.text("time.hours_one_day", day=day, zone=start_zone, **times)
        return self.text("time.hours_days", start_day=day, end_day=end_day, zone=start_zone, **times)

    def duration(self, starts_at: datetime, ends_at: datetime) -> str:
        """How long a window lasts in elapsed time: "12 hours", "3 days", "2 days and 4 hours"."""
        minutes = (ends_at - starts_at) // timedelta(minutes=1)
        hours, minutes = divmod(minutes, 60)
        # Up to two days people count in hours: "24 hours" is also what an hourly product sells.
        days, hours = divmod(hours, 24) if hours > 48 or (hours, minutes) == (48, 0) else (0, hours)
        parts = [
            self.plural(key, count)
            for key, count in (("time.days", days), ("time.hours", hours), ("time.minutes", minutes))
            if count
        ]
        return self.list(parts or [self.plural("time.minutes", 0)])

    def country(self, code: str) -> str:
        """A country's name by its ISO 3166 alpha-2 code. The code itself where CLDR has no name for it."""
        return str(self._locale.territories.get(code, code))

    def countries(self, codes: Iterable[str]) -> str:
        """Names of countries as one phrase, in the order given."""
        return self.list(self.country(code) for code in codes)

    def list(self, items: Iterable[str]) -> str:
        """Items as one phrase: "a, b and c"."""
        return str(format_list([*items], locale=self._locale))

    def limit(self, limit: LimitSeen) -> str:
        """What a limit lets pay, without its label: "€50,000 per event", "unlimited"."""
        if limit.amount is None:
            return self.text("limit.unlimited")
        amount = self.money(limit.amount, short=True)
        return self._limits[limit.per].format_map({"amount": amount})

    def deductible(self, deductible: DeductibleSeen | None) -> str:
        """What the insured bears: "€1,000", "10% of the loss, at least €150", "€350, taken off after the limit", "none"."""
        if deductible is None:
            return self.text("deductible.none")
        parts = []
        if deductible.amount is not None:
            parts.append(self.money(deductible.amount, short=True))
        if deductible.share_percent is not None:
            parts.append(self.text("deductible.share", share=self.percent(deductible.share_percent)))
        if deductible.minimum is not None:
            parts.append(self.text("deductible.minimum", amount=self.money(deductible.minimum, short=True)))
        if deductible.maximum is not None:
            parts.append(self.text("deductible.maximum", amount=self.money(deductible.maximum, short=True)))
        if parts and deductible.after_limit:
            parts.append(self.text("deductible.after_limit"))
        if parts and deductible.against_third_parties:
            parts.append(self.text("deductible.third_parties"))
        return ", ".join(parts) or self.text("deductible.none")

    @cached_property
    def _limits(self) -> dict[str, str]:
        sentences = self._sentences
        return {
            "event": sentences.gettext("limit.per_event"),
            "cover": sentences.gettext("limit.per_cover"),
            "person": sentences.gettext("limit.per_person"),
            "item": sentences.gettext("limit.per_item"),
        }

    def _format(self, instant: datetime, timezone: str, pattern: str) -> str:
        return str(format_datetime(_local(instant, timezone), pattern, locale=self._locale))


def best_language(accept_language_header: str | None, default: str = "fr") -> str:
    """The language of ours that a browser likes best, by RFC 9110 §12.5.4. Nonsense counts for nothing."""
    wanted: list[tuple[float, str]] = []
    for part in (accept_language_header or "")[:_LONGEST_HEADER].split(","):
        if match := _RANGE.fullmatch(part):
            tag, quality = match.groups()
            wanted.append((float(quality or 1), tag.lower()))
    # "fr;q=0" says: anything but French.
    refused = {tag for quality, tag in wanted if quality == 0}
    offered = [language for language in (default, *LANGUAGES) if language not in refused]
    for quality, tag in sorted(wanted, key=lambda one: -one[0]):
        found = offered[0] if tag == "*" and offered else negotiate_locale([tag], offered, sep="-")
        if quality and found:
            return found
    return default


def terminal_language(environment: Mapping[str, str], default: str = "en") -> str:
    """The language of ours that a terminal is set to, by POSIX's order: LC_ALL, LC_MESSAGES, LANG, the first that
    says anything. `default` where it says one that we haven't, such as C.
    """
    said = next((found for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (found := environment.get(name))), "")
    language = re.split(r"[_.@]", said)[0].lower()
    return language if language in LANGUAGES else default


class _NoFallback(gettext.NullTranslations):
    """Refuses what gettext would otherwise answer with the key itself."""

    def gettext(self, message: str) -> str:
        raise UnknownKey(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        raise UnknownKey(msgid1)


@cache
def _sentences(language: str) -> gettext.GNUTranslations:
    catalog = Catalog(locale=language)
    for path in sorted((_FOLDER / language).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language, abort_invalid=True):
                if message.id and message.id in catalog:
                    raise ValueError(f"{path.name} repeats {message.id!r}")
                if message.id:
                    catalog[message.id] = message
    binary = io.BytesIO()
    write_mo(binary, catalog)
    binary.seek(0)
    translations = gettext.GNUTranslations(binary)
    translations.add_fallback(_NoFallback())
    return translations


def _local(instant: datetime, timezone: str) -> datetime:
    if instant.tzinfo is None:
        raise ValueError(f"an instant needs its offset: {instant!r}")
    return instant.astimezone(ZoneInfo(timezone))


def _offset(local: datetime) -> str:
    minutes = (local.utcoffset() or timedelta()) // timedelta(minutes=1)
    if not minutes:
        return "UTC"
    sign = "+" if minutes > 0 else "\N{MINUS SIGN}"
    hours, minutes = divmod(abs(minutes), 60)
    return f"UTC{sign}{hours}" + (f":{minutes:02}" if minutes else "")
