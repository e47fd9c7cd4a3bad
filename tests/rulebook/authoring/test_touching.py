"""What no worked price touches is listed where it stands, with what would; what one touches isn't."""

from __future__ import annotations

from pathlib import Path

import pytest

from coverage.rulebook.authoring.examples import try_all, untouched_by
from coverage.rulebook.editions import load
from coverage.rulebook.loaded import LoadedEdition
from tests.rulebook.rule_files import RULES, RuleFolder, copied

EDITION = """product: made
country: FR
effective: 2026-01-01T00:00
currency: EUR
timezone: Europe/Paris
term:   {min: 1h, max: 30d, book_ahead: 90d}
quote:  {valid_for: 24h}
parties: {policyholder: member}
inputs:
  size:     {one_of: [small, large]}
  colour:   {one_of: [red, blue, none]}
  fragile:  {yes_no: , default: no}
  claims:   {integer: 0..20, default: 0}
  value:    {money: 0 EUR..5000 EUR, default: 100 EUR}
  born:     {date: past, personal: true}
derived:
  age:      {years_from: born, to: start}
  dear:     value > 1000 EUR
eligibility:
  - decline: claims > 10
    code: too_many
tables:
  ages:     {by: age, bands: {18-24: 1.6000, 25-69: 1.0000, 70-80: decline(too_old)}}
  sizes:    {by: size, values: {small: 1.0000}, otherwise: 1.3000}
  worth:    {by: value, from: {0 EUR: 1.0000, 1000 EUR: 1.1000}}
  both:     {by: [size, claims], values: {small: {0-4: 1.0000, 5-20: 1.2000}, large: {0-20: 1.2000}}}
  days:     {by: term_days, marginal: {1: 9 EUR, 2-7: 3 EUR, 8+: 1.50 EUR}}
  colours:  {by: colour, file: colours.csv}
sections:
  main:
    allow_fall: the contract's discount from the eighth day on
    tax: {by: size, values: {small: other, large: other}}
    limit: {amount: 5000 EUR, per: event}
    premium:
      - base: days
      - times: ages
      - times: sizes
      - times: worth
      - times: both
      - times: colours
      - {plus: 1 EUR, when: claims > 2}
  extra:
    when: fragile
    unavailable: {when: value > 2000 EUR, code: too_dear_to_cover}
    tax: other
    limit: {amount: value, per: cover}
    premium:
      - {base: 0 EUR}
      - {plus: 1 EUR, when: dear}
contract:
  - {times: 1.1000, when: term_days > 7}
territory: [FR]
"""
COLOURS = "colour,cell\nred,1.1000\nblue,1.2000\nnone,decline(no_colour)\n"

FIRST = {"size": "small", "colour": "red", "born": "1990-05-01"}
FILE = "rules/products/made/FR/2026-01-01"


def example(days: int, **given: str) -> str:
    risk = ", ".join(f"{name}: {value}" for name, value in (FIRST | given).items())
    return (
        f"- name: one\n  start: 2026-02-07T08:00+01:00\n  end:   2026-02-{7 + days:02}T08:00+01:00\n"
        f"  given: {{{risk}}}\n  expect: {{net: 0 EUR}}\n"
    )


class Desk:
    """The made edition with worked prices, and what they leave untouched."""

    def __init__(self, folder: RuleFolder) -> None:
        self.folder = folder
        folder.write("products/made/FR/2026-01-01.yaml", EDITION)
        folder.write("products/made/FR/colours.csv", COLOURS)

    def edition(self, *examples: str) -> LoadedEdition:
        self.folder.write("products/made/FR/2026-01-01.examples.yaml", "".join(examples))
        library = self.folder.load()
        assert [str(fault) for fault in library.faults] == []
        (edition,) = library.editions
        return edition

    def untouched(self, *examples: str) -> list[str]:
        edition = self.edition(*examples)
        return [str(finding) for finding in untouched_by(edition, try_all(edition))]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(copied(tmp_path, "none_of_them"))


def at(anchor: str, of: str = "") -> str:
    """Where `anchor` stands in the edition, in the line of `of`."""
    begin = EDITION.index(of) if of else 0
    position = EDITION.index(anchor, begin)
    return f"{FILE}.yaml:{EDITION.count(chr(10), 0, position) + 1}:{position - EDITION.rfind(chr(10), 0, position)}"


# One price that touches little, and for each thing that it leaves what is said of it and the price that touches it.
LEFT = {
    "an eligibility rule": (
        f"{at('claims > 10')}: `claims > 10` (too_many) never holds in a worked price; expected one where it does",
        example(1, claims="11"),
    ),
    "a band": (
        f"{at('1.6000')}: no worked price meets 18-24 of the table ages; expected one with age 18-24",
        example(1, born="2003-05-01"),
    ),
    "a band that declines": (
        (
            f"{at('decline(too_old)')}: no worked price meets 70-80 of the table ages; expected one with age 70-80, which "
            "it declines"
        ),
        example(1, born="1950-05-01"),
    ),
    "otherwise": (
        f"{at('1.3000')}: no worked price meets otherwise of the table sizes; expected one whose size no row names",
        example(1, size="large"),
    ),
    "a bound": (
        f"{at('1.1000')}: no worked price meets 1000 EUR of the table worth; expected one with value from 1000 EUR",
        example(1, value="1000 EUR"),
    ),
    "a pair": (
        (
            f"{at('1.2000}')}: no worked price meets small / 5-20 of the table both; expected one with size small and "
            "claims 5-20"
        ),
        example(1, claims="5"),
    ),
    "a marginal band": (
        f"{at('3 EUR', 'days:')}: no worked price meets 2-7 of the table days; expected one with term_days 2-7",
        example(2),
    ),
    "a file's code": (
        (
            "rules/products/made/FR/colours.csv:4:6: no worked price meets a row of the table colours that says "
            "decline(no_colour); expected one such as colour none, which it declines"
        ),
        example(1, colour="none"),
    ),
    "a step's condition": (
        (
            f"{at('claims > 2}')}: `claims > 2` (section main, plus) never holds in a worked price; expected one where it "
            "does"
        ),
        example(1, claims="3"),
    ),
    "a section's condition": (
        (
            f"{at('fragile', 'when: fragile')}: `fragile` (section extra) never holds in a worked price; expected one "
            "where it does"
        ),
        example(1, fragile="yes"),
    ),
    "a condition of what can't be had": (
        (
            f"{at('value > 2000 EUR')}: no worked price comes to `value > 2000 EUR` (section extra); expected one where it "
            "holds, and one where it doesn't"
        ),
        example(1, fragile="yes") + example(1, fragile="yes", value="3000 EUR"),
    ),
    "a condition of a section that nobody has": (
        (
            f"{at('dear}', 'when: dear')}: no worked price comes to `dear` (section extra, plus); expected one where it "
            "holds, and one where it doesn't"
        ),
        example(1, fragile="yes") + example(1, fragile="yes", value="1500 EUR"),
    ),
    "a contract's condition": (
        (
            f"{at('term_days > 7')}: `term_days > 7` (contract, times) never holds in a worked price; expected one where "
            "it does"
        ),
        example(9),
    ),
}


class TestUntouched:
    def test_lists_everything_that_one_price_leaves_in_the_files_order(self, desk: Desk) -> None:
        found = desk.untouched(example(1))
        assert set(found) - {said for said, _ in LEFT.values()} == {
            f"{at('1.50 EUR', 'days:')}: no worked price meets 8+ of the table days; expected one with term_days 8+",
            (
                f"{at('1.2000}', 'large: {0-20')}: no worked price meets large / 0-20 of the table both; expected one with "
                "size large and claims 0-20"
            ),
        }
        assert [int(line.split(":")[1]) for line in found[:-1]] == sorted(
            int(line.split(":")[1]) for line in found[:-1]
        )

    @pytest.mark.parametrize("thing", LEFT)
    def test_is_told_until_a_price_touches_it(self, desk: Desk, thing: str) -> None:
        said, touching = LEFT[thing]
        assert said in desk.untouched(example(1))
        assert said not in desk.untouched(example(1), touching)

    def test_nothing_is_left_by_prices_that_touch_everything(self, desk: Desk) -> None:
        assert desk.untouched(example(1), *(touching for _, touching in LEFT.values())) == []

    def test_a_condition_that_always_holds_is_told(self, desk: Desk) -> None:
        assert (
            f"{at('claims > 2}')}: `claims > 2` (section main, plus) always holds in the worked prices; expected one "
            "where it doesn't"
        ) in desk.untouched(example(1, claims="3"))

    def test_a_declined_price_touches_what_declined_it_and_no_other_row(self, desk: Desk) -> None:
        old_and_large = example(1, born="1950-05-01", size="large", fragile="yes")
        found = "\n".join(desk.untouched(example(1), old_and_large))
        assert "70-80" not in found
        assert "otherwise of the table sizes" in found
        assert "`fragile`" in found

    def test_a_row_of_a_section_that_is_not_covered_is_not_touched(self, desk: Desk) -> None:
        text = EDITION.replace("      - {base: 0 EUR}\n", "      - {base: 1 EUR}\n      - times: coats\n")
        text = text.replace(
            "  days:     {by", "  coats:    {by: fragile, values: {yes: 1.0000, no: 1.0000}}\n  days:     {by"
        )
        desk.folder.write("products/made/FR/2026-01-01.yaml", text)
        assert sum("table coats" in line for line in desk.untouched(example(1))) == 2
        assert sum("table coats" in line for line in desk.untouched(example(1, fragile="yes"))) == 1

    def test_a_choice_that_only_a_condition_reads_is_told(self, desk: Desk) -> None:
        text = EDITION.replace("{by: colour, file: colours.csv}", "{by: size, values: {small: 1.0000, large: 1.0000}}")
        text = text.replace("- decline: claims > 10", "- decline: claims > 10 and colour != 'blue'")
        desk.folder.write("products/made/FR/2026-01-01.yaml", text)
        (desk.folder.path / "products/made/FR/colours.csv").unlink()
        found = [line for line in desk.untouched(example(1)) if "colour:" in line]
        place = f"{FILE}.yaml:11:3"
        assert found == [
            f"{place}: no worked price has colour: blue; expected one",
            f"{place}: no worked price has colour: none; expected one",
        ]
        assert "colour:" not in "\n".join(desk.untouched(*(example(1, colour=one) for one in ("red", "blue", "none"))))

    def test_an_age_outside_of_all_rows_need_not_be_touched(self, desk: Desk) -> None:
        assert "age_not_covered" in {verdict.code for verdict in desk.edition(example(1)).plan.verdicts}
        assert not [line for line in desk.untouched(example(1)) if "otherwise of the table ages" in line]

    def test_a_price_that_cannot_be_rated_touches_nothing(self, desk: Desk) -> None:
        assert len(desk.untouched(example(1, size="huge"))) > len(desk.untouched(example(1)))

    def test_the_projects_own_editions_leave_nothing(self) -> None:
        editions = load(RULES).editions
        assert len(editions) >= 2
        for edition in editions:
            assert [str(finding) for finding in untouched_by(edition, try_all(edition))] == []
