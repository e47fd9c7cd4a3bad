"""A new product's first files: what they are made of, and what no product can begin with."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from coverage.rulebook.authoring.examples import try_all
from coverage.rulebook.authoring.starting import Start, Unstartable, start, timezone
from coverage.rulebook.editions import load
from coverage.rulebook.format import TaxFile
from tests.rulebook.rule_files import RULES, RuleFolder, copied

ON = date(2026, 12, 1)


@pytest.fixture(scope="module")
def taxes() -> dict[str, TaxFile]:
    return dict(load(RULES).taxes)


def written(folder: RuleFolder, begun: Start) -> RuleFolder:
    for name, text in begun.files.items():
        folder.write(f"{begun.folder}/{name}", text)
    return folder


class TestStart:
    @pytest.mark.parametrize(
        ("country", "warned"),
        [("FR", []), ("GB", []), ("DE", ["the rate of general is not verified; expected a source that was read"])],
    )
    @pytest.mark.parametrize("on", [ON, date(2027, 3, 21), date(2026, 10, 18)])  # the clocks change in two of the weeks
    def test_is_fit_for_sale_in_every_country_with_taxes(
        self, tmp_path: Path, taxes: dict[str, TaxFile], country: str, warned: list[str], on: date
    ) -> None:
        folder = written(copied(tmp_path, "nothing_else"), start("bike_hire", country, taxes, on))
        library = folder.load()
        assert [finding.message for finding in library.findings] == warned
        (edition,) = library.editions
        assert edition.identity == f"bike_hire/{country}/{on.isoformat()}"
        assert (set(edition.texts), edition.rules.sale) == ({"en", "fr"}, "stopped")
        tried = list(try_all(edition))
        assert len(tried) == 4
        assert [one.differences for one in tried if not one.passed] == []

    def test_is_not_sold_before_its_words_are_written(self, tmp_path: Path, taxes: dict[str, TaxFile]) -> None:
        folder = written(copied(tmp_path, "nothing_else"), start("bike_hire", "FR", taxes, ON))
        edition = "products/bike_hire/FR/2026-12-01.yaml"
        folder.write(edition, folder.text(edition).replace("sale: stopped", "sale: open"))
        library = folder.load()
        assert library.editions == ()
        files = {finding.place.file.rpartition("/")[2] for finding in library.faults if finding.code == "unwritten"}
        assert files == {"texts.en.yaml", "texts.fr.yaml"}
        for language, begun in (("en", "To be written."), ("fr", "À écrire.")):
            texts = f"products/bike_hire/FR/texts.{language}.yaml"
            folder.write(texts, folder.text(texts).replace(begun, "Words."))
        assert [found.rules.sale for found in folder.load().editions] == ["open"]

    def test_takes_the_countrys_own_money_and_time(self, taxes: dict[str, TaxFile]) -> None:
        british = start("bike_hire", "GB", taxes, ON).files["2026-12-01.yaml"]
        assert "currency: GBP" in british
        assert "timezone: Europe/London" in british
        assert "EUR" not in british

    def test_begins_with_the_general_class_and_lists_the_others(self, taxes: dict[str, TaxFile]) -> None:
        begun = start("bike_hire", "FR", taxes, ON)
        assert begun.tax_class == "other"
        assert "    # motor_compulsory, motor_compulsory_heavy_goods, " in begun.files["2026-12-01.yaml"]

    def test_begins_with_a_class_that_has_a_rate(self) -> None:
        file = {"country": "FR", "source": "a law", "premium_tax": {
            "other": [{"from": "2030-01-01", "rate": "0.09"}], "special": [{"from": "2020-01-01", "rate": "0.05"}],
        }}  # fmt: skip
        assert start("bike_hire", "FR", {"FR": TaxFile.model_validate(file)}, ON).tax_class == "special"

    @pytest.mark.parametrize(
        ("product", "country", "words"),
        [
            ("Bike-Hire", "FR", '"Bike-Hire" is no product\'s name; expected small letters, digits and _, such as bike_hire'),
            ("../up", "FR", '"../up" is no product\'s name; expected small letters, digits and _, such as bike_hire'),
            ("bike_hire", "AT", "there is no taxes/AT.yaml that can be read; expected it first, with each rate and its source in law (there are DE, FR, GB)"),
        ],
    )  # fmt: skip
    def test_says_why_a_product_cannot_begin(
        self, taxes: dict[str, TaxFile], product: str, country: str, words: str
    ) -> None:
        with pytest.raises(Unstartable) as refused:
            start(product, country, taxes, ON)
        assert str(refused.value) == words

    @pytest.mark.parametrize(
        ("country", "first_day", "words"),
        [
            ("JP", "2020-01-01", "JP pays in JPY; expected a currency sold in, one of CHF, DKK, EUR, GBP, "),
            ("ZZ", "2020-01-01", "ZZ pays in no currency; expected a currency sold in, one of "),
            ("BE", "2027-01-01", "taxes/BE.yaml has no rate on 2026-12-01; expected one from that day on or before"),
        ],
    )
    def test_a_country_may_have_taxes_and_still_be_no_start(self, country: str, first_day: str, words: str) -> None:
        rows = {"other": [{"from": first_day, "rate": "0.09"}]}
        file = TaxFile.model_validate({"country": country, "source": "a law", "premium_tax": rows})
        with pytest.raises(Unstartable) as refused:
            start("bike_hire", country, {country: file}, ON)
        assert str(refused.value).startswith(words)


class TestTimezone:
    @pytest.mark.parametrize(
        ("country", "zone"),
        [("FR", "Europe/Paris"), ("ES", "Europe/Madrid"), ("US", "America/New_York"), ("DE", "Europe/Berlin")],
    )
    def test_is_where_most_people_live(self, country: str, zone: str) -> None:
        assert timezone(country) == zone

    def test_of_no_country_is_refused(self) -> None:
        with pytest.raises(Unstartable, match="ZZ"):
            timezone("ZZ")
