"""Two editions compared: each kind of thing that can change is told by its name, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from coverage.rulebook.authoring.comparing import Change, Compared, changes, counted, read_compared
from coverage.rulebook.language.reading import Unreadable
from tests.rulebook.authoring.test_examples import figures, stepped
from tests.rulebook.rule_files import GOODS, RULES, VEHICLE

EDITION = """
product: made
country: FR
effective: 2026-01-01T00:00
currency: EUR
timezone: Europe/Paris
term:   {min: 1h, max: 30d, book_ahead: 20d}
quote:  {valid_for: 24h}
parties: {policyholder: member, insured: [member]}
inputs:
  size:     {one_of: [small, large]}
  fragile:  {yes_no: , default: no}
  claims:   {integer: 0..20}
  value:    {money: 0 EUR..5000 EUR}
  bonus:    {decimal: 0.5..3.5}
  born:     {date: past, personal: true}
  postcode: {text: "[0-9]{5}"}
derived:
  age:    {years_from: born, to: start}
  zone:   {prefix: postcode, length: 2}
  season: {season: {dates: {high: 07-01..08-31}, otherwise: low, by: each_day}}
eligibility:
  - decline: claims > 10
    code: too_many
  - refer: fragile and value > 100 EUR
    code: fragile
tables:
  ages:    {by: age, bands: {18-24: 1.6000, 25-69: 1.0000, 70+: 1.2500}}
  sizes:   {by: size, values: {small: 1.0000, large: 1.3000}}
  worth:   {by: value, from: {0 EUR: 1.0000, 1000 EUR: 1.1000, 3000 EUR: refer(valuable)}}
  merit:   {by: bonus, from: {0.5: 0.8000, 1: 1.0000, 2.5: 1.4000}}
  both:    {by: [size, claims], values: {small: {0-4: 1.0000, 5-20: 1.5000}, large: {0-9: 1.2000, 10-20: 1.8000}}}
  days:    {by: term_days, marginal: {1: 9 EUR, 2-7: 3 EUR, 8+: 1.50 EUR}}
  zones:   {by: zone, file: zones.csv, otherwise: 1.0000}
  seasons: {by: season, values: {high: 1.2000, low: 1.0000}}
sections:
  main:
    tax: other
    limit: {amount: 5000 EUR, per: event}
    deductible: {by: size, values: {small: 50 EUR, large: 90 EUR}}
    exclusions: [war, racing]
    premium:
      - base: days
      - times: ages
      - times: sizes
      - {times: worth, when: value > 10 EUR}
      - times: merit
      - times: both
      - times: zones
      - times: seasons
  extra:
    when: fragile
    tax: {split: {other: 60%, motor_other: 40%}}
    limit: {amount: value, per: cover}
    premium:
      - base: 0.1500% of value per day
      - at_least: 1.50 EUR
contract:
  - at_least: {net: 2.50 EUR, over: [main, extra]}
fees:
  - {name: service, amount: 1 EUR}
refund:
  - {until: start, give: 100%}
territory: [FR, BE]
"""
ZONES = "zone,cell\n75,1.4000\n92,1.2000\n13,decline(zone_not_covered)\n"


def read(folder: Path, text: str, zones: str = ZONES, name: str = "2026-01-01") -> Compared:
    folder.mkdir(exist_ok=True)
    (folder / "zones.csv").write_text(zones, encoding="utf-8")
    path = folder / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return read_compared(path, f"{folder.name}/{name}.yaml")


def told(change: Change) -> tuple[str, str, str | None, str | None]:
    return " ".join(change.path), change.kind, change.old, change.new


class Desk:
    """The made edition beside one in which some snippets were replaced."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def changes(self, *replaced: tuple[str, str], zones: str = ZONES) -> list[Change]:
        text = EDITION
        for old, new in replaced:
            if text.count(old) != 1:
                raise ValueError(f"{old!r} stands {text.count(old)} times")
            text = text.replace(old, new)
        return changes(read(self.folder / "old", EDITION), read(self.folder / "new", text, zones))

    def told(self, *replaced: tuple[str, str], zones: str = ZONES) -> list[tuple[str, str, str | None, str | None]]:
        return [told(change) for change in self.changes(*replaced, zones=zones)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


class TestNothing:
    def test_an_edition_is_no_different_from_itself(self, desk: Desk) -> None:
        assert desk.told() == []

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("currency: EUR", "# what we sell in\ncurrency: EUR"),
            ("18-24: 1.6000", "18-24: 1.6"),
            ("valid_for: 24h", "valid_for: 1d"),
            ("claims > 10", "claims>10"),
            ("0.1500% of value", "0.15% of value"),
            ("fees:", "sale: open\nfees:"),
            ("[war, racing]", "[racing, war]"),
            ("small: 1.0000, large: 1.3000", "large: 1.3000, small: 1.0000"),
            ("18-24: 1.6000, 25-69: 1.0000", "18-24: 1.6000, 25-69: 1"),
            ("limit: {amount: 5000 EUR, per: event}", "limit:\n      per: event\n      amount: 5000.00 EUR"),
        ],
    )
    def test_what_means_the_same_is_no_change(self, desk: Desk, old: str, new: str) -> None:
        assert desk.told((old, new)) == []


class TestTables:
    @pytest.mark.parametrize(
        ("old", "new", "expected"),
        [
            ("18-24: 1.6000", "18-24: 1.2000", [("tables ages 18-24", "changed", "1.6000", "1.2000")]),
            ("18-24: 1.6000", "18-20: decline(too_young), 21-24: 1.6000", [
                ("tables ages 18-20", "changed", "1.6000", "decline(too_young)"),
                ("tables ages 21-24", "same", "1.6000", "1.6000"),
            ]),
            ("18-24: 1.6000, 25-69: 1.0000", "18-69: 1.0000", [
                ("tables ages 18-24", "changed", "1.6000", "1.0000"),
                ("tables ages 25-69", "same", "1.0000", "1.0000"),
            ]),
            ("25-69: 1.0000, 70+: 1.2500", "25-64: 1.0000, 65+: 1.2500", [
                ("tables ages 25-64", "same", "1.0000", "1.0000"),
                ("tables ages 65-69", "changed", "1.0000", "1.2500"),
                ("tables ages 70+", "same", "1.2500", "1.2500"),
            ]),
            ("25-69: 1.0000, 70+: 1.2500", "25-69: 1.0000", [
                ("tables ages 70+", "changed", "1.2500", "decline(age_not_covered)"),
            ]),
            ("small: 1.0000, large: 1.3000", "small: 1.0000, large: refer(large)", [
                ("tables sizes large", "changed", "1.3000", "refer(large)"),
            ]),
            ("1000 EUR: 1.1000", "500 EUR: 1.0500, 1000 EUR: 1.1000", [
                ("tables worth 0 EUR", "same", "1.0000", "1.0000"),
                ("tables worth 500 EUR", "changed", "1.0000", "1.0500"),
            ]),
            ("1000 EUR: 1.1000", "2000 EUR: 1.1000", [
                ("tables worth 0 EUR", "same", "1.0000", "1.0000"),
                ("tables worth 1000 EUR to under 2000 EUR", "changed", "1.1000", "1.0000"),
                ("tables worth 2000 EUR", "same", "1.1000", "1.1000"),
            ]),
            ("1: 1.0000, 2.5: 1.4000", "1: 1.0000, 2.5: 1.5000", [("tables merit 2.5", "changed", "1.4000", "1.5000")]),
            ("5-20: 1.5000", "5-20: 1.7000", [("tables both small / 5-20", "changed", "1.5000", "1.7000")]),
            ("small: {0-4: 1.0000, 5-20: 1.5000}", "small: {0-20: 1.5000}", [
                ("tables both small / 0-4", "changed", "1.0000", "1.5000"),
                ("tables both small / 5-20", "same", "1.5000", "1.5000"),
            ]),
            ("2-7: 3 EUR", "2-7: 3.50 EUR", [("tables days 2-7", "changed", "3.00 EUR", "3.50 EUR")]),
            ("high: 1.2000, low: 1.0000", "high: 1.5000, low: 1.0000", [
                ("tables seasons high", "changed", "1.2000", "1.5000"),
            ]),
            ("file: zones.csv, otherwise: 1.0000", "file: zones.csv, otherwise: 1.1000", [
                ("tables zones otherwise", "changed", "1.0000", "1.1000"),
            ]),
        ],
    )  # fmt: skip
    def test_a_changed_cell_is_told_by_its_stretch_of_values(
        self, desk: Desk, old: str, new: str, expected: list[tuple[str, str, str, str]]
    ) -> None:
        assert desk.told((old, new)) == expected

    def test_a_files_rows_are_told_as_any_others(self, desk: Desk) -> None:
        zones = "zone,cell\n75,1.5000\n13,decline(zone_not_covered)\n69,1.1000\n"
        found = desk.changes(zones=zones)
        assert [told(change) for change in found] == [
            ("tables zones 75", "changed", "1.4000", "1.5000"),
            ("tables zones 92", "changed", "1.2000", "1.0000"),
            ("tables zones 69", "changed", "1.0000", "1.1000"),
        ]
        assert [str(found[0].old_at), str(found[0].new_at)] == ["old/zones.csv:2:4", "new/zones.csv:2:4"]
        assert (
            str(found[1].new_at) == f"new/2026-01-01.yaml:{EDITION[: EDITION.index('zones.csv')].count(chr(10)) + 1}:51"
        )

    def test_a_new_choice_is_a_row_more(self, desk: Desk) -> None:
        found = desk.told(
            ("one_of: [small, large]", "one_of: [small, large, huge]"),
            ("small: 1.0000, large: 1.3000", "small: 1.0000, large: 1.3000, huge: 2.0000"),
            ("large: {0-9: 1.2000, 10-20: 1.8000}", "large: {0-9: 1.2000, 10-20: 1.8000}, huge: {0-20: 2.0000}"),
            ("small: 50 EUR, large: 90 EUR", "small: 50 EUR, large: 90 EUR, huge: 200 EUR"),
        )
        assert found == [
            ("inputs size one_of huge", "added", None, "huge"),
            ("tables sizes huge", "added", None, "2.0000"),
            ("tables both huge / 0-20", "added", None, "2.0000"),
            ("sections main deductible values huge", "added", None, "200 EUR"),
        ]

    def test_a_wider_range_is_told_of_the_input_and_not_of_its_rows(self, desk: Desk) -> None:
        assert desk.told(("0 EUR..5000 EUR", "0 EUR..9000 EUR")) == [
            ("inputs value money", "changed", "0 EUR..5000 EUR", "0 EUR..9000 EUR"),
        ]

    def test_a_row_for_new_values_is_told(self, desk: Desk) -> None:
        found = desk.told(
            ("0 EUR..5000 EUR", "0 EUR..9000 EUR"),
            ("3000 EUR: refer(valuable)}", "3000 EUR: refer(valuable), 6000 EUR: decline(too_much)}"),
        )
        assert found[1:] == [("tables worth 6000 EUR", "added", None, "decline(too_much)")]

    def test_a_table_over_another_key_is_told_whole(self, desk: Desk) -> None:
        (found,) = desk.told(
            ("{by: size, values: {small: 1.0000, large: 1.3000}}", "{by: fragile, values: {yes: 1.3000, no: 1.0000}}")
        )
        assert found == (
            "tables sizes", "changed", "{by: size, values: {small: 1.0000, large: 1.3000}}",
            "{by: fragile, values: {yes: 1.3000, no: 1.0000}}",
        )  # fmt: skip

    def test_a_table_less_and_one_more(self, desk: Desk) -> None:
        found = desk.told(("  merit:   {by: bonus", "  merits:  {by: bonus"), ("times: merit", "times: merits"))
        assert [one[:2] for one in found] == [
            ("tables merit", "removed"), ("tables merits", "added"), ("sections main premium times merits", "changed"),
        ]  # fmt: skip


class TestRest:
    @pytest.mark.parametrize(
        ("old", "new", "expected"),
        [
            ("max: 30d", "max: 14d", [("term max", "changed", "30d", "14d")]),
            ("book_ahead: 20d}", "book_ahead: 20d, grace: 30m}", [("term grace", "changed", "0", "30m")]),
            ("effective: 2026-01-01T00:00", "effective: 2026-01-01T00:00\nsale: stopped", [
                ("sale", "changed", "open", "stopped"),
            ]),
            ("insured: [member]", "insured: [member, partner]", [("parties insured partner", "added", None, "partner")]),
            ("claims:   {integer: 0..20}", "claims:   {integer: 0..20, default: 0}", [
                ("inputs claims default", "added", None, "0"),
            ]),
            ("personal: true", "personal: no", [("inputs born personal", "changed", "true", "no")]),
            ("claims > 10", "claims > 5", [("eligibility too_many decline", "changed", "claims > 10", "claims > 5")]),
            ("  - decline: claims > 10\n    code: too_many\n", "", [
                ("eligibility too_many", "removed", "{decline: claims > 10, code: too_many}", None),
            ]),
            ("tables:\n", "  - decline: fragile and size == 'large'\n    code: both\ntables:\n", [
                ("eligibility both", "added", None, "{decline: fragile and size == 'large', code: both}"),
            ]),
            ("limit: {amount: 5000 EUR", "limit: {amount: 4000 EUR", [
                ("sections main limit amount", "changed", "5000 EUR", "4000 EUR"),
            ]),
            ("small: 50 EUR, large: 90 EUR", "small: 50 EUR, large: 60 EUR", [
                ("sections main deductible values large", "changed", "90 EUR", "60 EUR"),
            ]),
            ("deductible: {by: size, values: {small: 50 EUR, large: 90 EUR}}", "deductible: {share: 10% of loss}", [
                ("sections main deductible", "changed", "{by: size, values: {small: 50 EUR, large: 90 EUR}}",
                 "{share: 10% of loss}"),
            ]),
            ("tax: other", "tax: motor_other", [("sections main tax", "changed", "other", "motor_other")]),
            ("other: 60%, motor_other: 40%", "other: 70%, motor_other: 30%", [
                ("sections extra tax split other", "changed", "60%", "70%"),
                ("sections extra tax split motor_other", "changed", "40%", "30%"),
            ]),
            ("[war, racing]", "[war]", [("sections main exclusions racing", "removed", "racing", None)]),
            ("when: fragile\n", "when: fragile and claims < 3\n", [
                ("sections extra when", "changed", "fragile", "fragile and claims < 3"),
            ]),
            ("when: value > 10 EUR", "when: value > 20 EUR", [
                ("sections main premium times worth when", "changed", "value > 10 EUR", "value > 20 EUR"),
            ]),
            ("0.1500% of value per day", "0.2000% of value per day", [
                ("sections extra premium base", "changed", "0.1500% of value per day", "0.2000% of value per day"),
            ]),
            ("      - at_least: 1.50 EUR\n", "", [
                ("sections extra premium at_least", "removed", "{at_least: 1.50 EUR}", None),
            ]),
            ("      - times: ages\n      - times: sizes\n", "      - times: sizes\n      - times: ages\n", [
                ("sections main premium times sizes", "moved", "{times: sizes}", "{times: sizes}"),
            ]),
            ("net: 2.50 EUR, over: [main, extra]", "net: 3 EUR, over: [main]", [
                ("contract at_least net", "changed", "2.50 EUR", "3 EUR"),
                ("contract at_least over extra", "removed", "extra", None),
            ]),
            ("contract:\n", "contract:\n  - {times: 0.9000, when: claims == 0}\n", [
                ("contract times", "added", None, "{times: 0.9000, when: claims == 0}"),
            ]),
            ("{name: service, amount: 1 EUR}", "{name: service, amount: 1.50 EUR, refundable: yes}", [
                ("fees service amount", "changed", "1 EUR", "1.50 EUR"),
                ("fees service refundable", "changed", "no", "yes"),
            ]),
            ("give: 100%", "give: 50%", [("refund before start give", "changed", "100%", "50%")]),
            ("territory: [FR, BE]", "territory: [FR, LU]", [
                ("territory BE", "removed", "BE", None), ("territory LU", "added", None, "LU"),
            ]),
            ("high: 07-01..08-31", "high: 07-01..09-15", [
                ("derived season season dates high", "changed", "07-01..08-31", "07-01..09-15"),
            ]),
            ("length: 2", "length: 3", None),
        ],
    )  # fmt: skip
    def test_a_change_is_told_by_its_name(
        self, desk: Desk, old: str, new: str, expected: list[tuple[str, str, str | None, str | None]] | None
    ) -> None:
        if expected is None:  # the file's rows are of another length then, and the edition can't run
            with pytest.raises(Unreadable):
                desk.told((old, new))
            return
        assert desk.told((old, new)) == expected

    def test_a_whole_section_is_told_key_by_key(self, desk: Desk) -> None:
        start, end = EDITION.index("  extra:\n"), EDITION.index("contract:\n")
        found = desk.told((EDITION[start:end], ""), ("[main, extra]", "[main]"))
        assert [one[:2] for one in found] == [
            ("sections extra when", "removed"), ("sections extra tax", "removed"), ("sections extra limit", "removed"),
            ("sections extra premium", "removed"), ("contract at_least over extra", "removed"),
        ]  # fmt: skip

    def test_sections_that_change_places_are_told(self, desk: Desk) -> None:
        start, middle, end = (EDITION.index(text) for text in ("  main:\n", "  extra:\n", "contract:\n"))
        main, extra = EDITION[start:middle], EDITION[middle:end]
        assert desk.told((main + extra, extra + main)) == [("sections", "moved", "main, extra", "extra, main")]

    def test_tells_where_it_stands_in_each(self, desk: Desk) -> None:
        (found,) = desk.changes(("quote:  {valid_for: 24h}", "\n\nquote:  {valid_for: 12h}"))
        assert (str(found.old_at), str(found.new_at)) == ("old/2026-01-01.yaml:8:21", "new/2026-01-01.yaml:10:21")


class TestFigures:
    @pytest.mark.parametrize(
        ("old", "new", "percent"),
        [
            ("18-24: 1.6000", "18-24: 1.2000", "-25.00"),
            ("1: 9 EUR", "1: 10 EUR", "11.11"),
            ("0.1500% of value per day", "0.2000% of value per day", "33.33"),
            ("0.1500% of value per day", "0.2000% of value", "None"),
            ("at_least: 1.50 EUR", "at_least: 3.00 EUR", "100.00"),
            ("18-24: 1.6000", "18-24: decline(young)", "None"),
            ("{name: service, amount: 1 EUR}", "{name: service, amount: 0.99 EUR}", "-1.00"),
        ],
    )
    def test_a_figure_tells_by_how_much(self, desk: Desk, old: str, new: str, percent: str) -> None:
        assert [str(change.percent) for change in desk.changes((old, new))] == [percent]

    def test_nothing_has_no_percentage(self, desk: Desk) -> None:
        first = desk.changes(("amount: 1 EUR}", "amount: 0 EUR}"))
        assert [str(change.percent) for change in first] == ["-100.00"]

    def test_counts_what_went_up_and_down(self, desk: Desk) -> None:
        found = desk.changes(
            ("18-24: 1.6000", "18-20: 1.7000, 21-24: 1.6000"), ("1: 9 EUR", "1: 8 EUR"), ("max: 30d", "max: 31d"),
            ("[war, racing]", "[war, wear]"), ("claims > 10", "claims > 9"),
        )  # fmt: skip
        assert counted(found) == {"raised": 2, "lowered": 1, "changed": 1, "added": 1, "removed": 1}


class TestOwnEditions:
    def test_every_figure_that_changes_is_told(self, tmp_path: Path) -> None:
        tried = 0
        for file in (VEHICLE, GOODS):
            text = (RULES / file).read_text(encoding="utf-8")
            old = read(tmp_path / "old", text)
            for line, at, figure in figures(text):
                changed = stepped(figure, 1)
                new_text = text[:at] + str(changed) + text[at + len(figure) :]
                try:
                    new = read(tmp_path / "new", new_text)
                except Unreadable:
                    continue  # a gap or an overlap: the checker tells it
                if (figure, changed) == ("3000", "3001") and line.startswith("journey:"):
                    continue  # no journey is that long: the row means what it meant
                tried += 1
                # A day may be written two ways: 90d and 2160h; a step of one never is.
                assert changes(old, new), (line, figure, changed)
        assert tried > 60

    def test_is_read_without_worked_prices_texts_or_taxes(self, tmp_path: Path) -> None:
        compared = read(tmp_path, re.sub(r"#.*", "", (RULES / VEHICLE).read_text(encoding="utf-8")))
        assert compared.identity == "off_duty_vehicle/FR/2026-01-01"
        assert changes(read_compared(RULES / VEHICLE, "x.yaml"), compared) == []
