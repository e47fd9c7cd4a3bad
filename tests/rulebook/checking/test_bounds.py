"""Figures that could pass 64 bits are refused; and whatever isn't refused is priced in columns without wrapping."""

from __future__ import annotations

import pytest

from coverage.rulebook.checking.bounds import overflows, taxes_overflow
from coverage.rulebook.language.reading import read_text
from coverage.rulebook.loaded import LoadedEdition
from coverage.rulebook.running.columns import Columns
from coverage.rulebook.running.scalar import Fact, Scalar
from tests.rulebook.made_rules import FRANCE, MADE, MADE_FRANCE, Case, Expected, made, said_of
from tests.rulebook.rule_files import TAXES, RuleFolder, edition_of

SECTION = "its premium could pass 2^63 micro-units on the way; expected smaller ranges, factors or amounts"
FIGURE = "it could pass 2^63 on the way; expected smaller ranges or figures"
STEP = "it could pass 2^63 on the way; expected smaller ranges, factors or amounts"
WHOLE = "the sections together could pass 2^63; expected smaller ranges"

# fmt: off
CASES: list[Case] = [
    (MADE, 'value:    {money: 100 EUR..20000 EUR}', 'value:    {money: 100 EUR..900000000000 EUR}', [('^damage:', SECTION)]),
    (MADE, '- base: 0.0500% of value per day', '- base: 900% of value per day\n      - times: 999\n      - times: 999\n      - times: 999', [('^damage:', SECTION)]),
    (MADE, '- base: days', '- base: 3000000000 EUR\n      - times: 999', [('^buy_back:', SECTION)]),
    (MADE, 'season:  {by: daily, values: {high: 0.60 EUR', 'season:  {by: daily, values: {high: 9000000000000 EUR', [('^damage:', SECTION)]),
    # What has a share of it isn't blamed again.
    (MADE, 'worth: {money: 10 EUR..2000 EUR}', 'worth: {money: 10 EUR..900000000000 EUR}', [('^goods:\n', SECTION)]),
    (MADE, 'rising:   value + total', 'rising:   value * 1000000 * 1000000 + total', [('rising', FIGURE)]),
    (MADE, '- refer: seats > 7', '- refer: value * 1000000 * 1000000 > 5 EUR', [('value', FIGURE)]),
    (MADE, 'when: driving < 3}', 'when: value * 1000000 * 1000000 > 5 EUR}', [('0.50', FIGURE)]),
    (MADE, 'days:    {by: term_days, marginal: {1: 4 EUR', 'days:    {by: term_days, marginal: {1: 4000000000000 EUR', [('^0.50 EUR\n', STEP)]),
    (MADE, '- minus: 0.50 EUR', '- times: 1000.0000\n  - times: 1000.0000\n  - times: 1000.0000\n  - minus: 0.50 EUR', [('^0.50 EUR\n', STEP)]),
    (MADE, 'net: 3 EUR', 'net: 900000000000 EUR', [('at_least', STEP)]),
    (MADE, 'amount: 0.30 EUR, taxed_as', 'amount: 900000000000 EUR, taxed_as', [('^sections:', WHOLE)]),
    (MADE, '- round_gross: 0.05 EUR up', '- round_gross: 10.01 EUR up', [('10.01', 'a premium that is raised to a multiple of 10.01 EUR; expected one up to 10 EUR')]),
    (MADE, '- round_gross: 0.05 EUR up', '- round_gross: 10 EUR up', []),
]
# fmt: on


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> RuleFolder:
    return made(tmp_path_factory.mktemp("made"))


class TestOverflow:
    @pytest.mark.parametrize(("file", "old", "new", "expected"), CASES)
    def test_is_told_at_its_place(
        self, folder: RuleFolder, file: str, old: str, new: str, expected: list[Expected]
    ) -> None:
        said, wanted = said_of(folder, file, old, new, expected)
        # Sums of that size are past what the steps between neighbours and the rest of the rules were made for.
        unrelated = ("falls from", "fall from", "no risk ever meets")
        assert [one for one in said if not any(words in one for words in unrelated)] == wanted


HEAD = """
product: made
country: FR
effective: 2026-01-01T00:00
currency: EUR
timezone: Europe/Paris
term: {min: 1h, max: 100d, book_ahead: 30d, day: %s}
quote: {valid_for: 24h}
parties: {policyholder: member}
territory: [FR]
"""
PLAIN = "inputs: {n: {integer: 0..9}}\n"
COVER = "    limit: {amount: unlimited, per: event}\n    premium:\n"
ONE = f"sections:\n  one:\n    tax: full\n{COVER}"
# Editions whose figures grow with X, in the unit of the currency; all of them priced where they are greatest.
# fmt: off
GROWING = {
    "a rate of money": "inputs: {value: {money: 0 EUR..X EUR}}\n" + ONE + "      - base: 900% of value per day\n",
    "factors": PLAIN + ONE + "      - base: X EUR\n      - times: 999\n      - times: 0.9999\n      - times: 333.3333\n",
    "an amount for each hour": PLAIN + ONE + "      - base: X EUR per hour\n      - times: 1.0001\n",
    "an amount for each hour, capped": PLAIN + ONE + "      - base: X EUR per hour, at most X EUR per day\n      - plus: X EUR\n",
    "each day at its own amount": PLAIN + "tables: {days: {by: term_days, marginal: {1-9: X EUR, 10+: 1 EUR}}}\n" + ONE + "      - base: days\n      - times: 3\n",
    "amounts by season": "inputs: {n: {integer: 0..9}}\nderived: {part: {season: {dates: {high: 01-01..06-30}, otherwise: low, by: each_day}}}\ntables: {seasons: {by: part, values: {high: X EUR, low: 1 EUR}}}\n" + ONE + "      - base: seasons\n",
    "factors by season": "inputs: {n: {integer: 0..9}}\nderived: {part: {season: {dates: {high: 01-01..06-30}, otherwise: low, by: each_day}}}\ntables: {seasons: {by: part, values: {high: 900, low: 1}}}\n" + ONE + "      - base: X EUR\n      - times: seasons\n",
    "a share of sections": PLAIN + ONE + "      - base: X EUR\n" + f"  two:\n    tax: half\n{COVER}      - base: 1000% of [one]\n  three:\n    tax: half\n{COVER}      - base: 999% of [one, two]\n",
    "a split premium": PLAIN + f"sections:\n  one:\n    tax: {{split: {{full: 33.3333%, half: 66.6667%}}}}\n{COVER}      - base: X EUR\n",
    "a discount": PLAIN + ONE + "      - base: X EUR\ncontract:\n  - times: 999.9999\n",
    "an amount taken off": PLAIN + ONE + "      - base: X EUR\n" + f"  two:\n    tax: half\n{COVER}      - base: X EUR\ncontract:\n  - minus: 0.01 EUR\n",
    "a minimum": PLAIN + ONE + "      - base: 0.01 EUR\n" + f"  two:\n    tax: half\n{COVER}      - base: 0.07 EUR\ncontract:\n  - at_least: {{net: X EUR, over: [one, two]}}\n",
    "a fee": PLAIN + ONE + "      - base: 1 EUR\nfees:\n  - {name: card, amount: X EUR, taxed_as: full}\n",
    "a formula": "inputs: {value: {money: 0 EUR..X EUR}}\nderived: {more: value * 1000}\n" + ONE + "      - base: 1 EUR\n      - {plus: 1 EUR, when: more > 5 EUR}\n",
}
# fmt: on


class TestTaxes:
    def test_are_told_where_their_own_fraction_is_too_fine_for_the_premium(self, folder: RuleFolder) -> None:
        # 0.123457 × 0.654321 is 80,780,507,697 in 10¹²: of a premium of 2 million it fits no more.
        before = folder.text(MADE)
        folder.replace(MADE, "- base: days", "- base: 2000000 EUR")
        folder.replace(MADE, "  days:    {by: term_days, marginal: {1: 4 EUR, 2-7: 2 EUR, 8+: 1 EUR}}\n", "")
        try:
            assert folder.said() == []
            folder.replace(MADE_FRANCE, 'rate: "0.18"', 'rate: "0.123457", on_share: "0.654321"')
            (said,) = folder.said()
        finally:
            folder.write(MADE, before)
            folder.write(MADE_FRANCE, FRANCE)
        assert said.endswith(": a tax of FR on the sections together could pass 2^63; expected smaller ranges")


def grown(text: str, units: int, day: str) -> LoadedEdition | None:
    """The edition with X in it, or None where it is refused."""
    edition = edition_of(HEAD % day + text.replace("X", str(units)))
    document, plan = edition.document, edition.plan
    refused = [*overflows(document, plan)]
    refused += [] if refused else taxes_overflow(document, plan, {"FR": (read_text(TAXES, "taxes"), edition.taxes)})
    return None if refused else edition


class TestWhatIsNotRefused:
    @pytest.mark.parametrize("day", ["24h", "calendar"])
    @pytest.mark.parametrize("form", GROWING)
    def test_is_priced_without_wrapping_even_at_its_greatest(self, form: str, day: str) -> None:
        low, high = 1, 10**12
        assert grown(GROWING[form], low, day) is not None
        assert grown(GROWING[form], high, day) is None
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if grown(GROWING[form], middle, day) is not None else (low, middle)
        edition = grown(GROWING[form], low, day)
        assert edition is not None
        kinds = edition.plan.kinds
        facts: dict[str, Fact] = {name: kind.highest for name, kind in kinds.items() if kind.number}
        facts |= {"first_day_hours": 24, "last_day_hours": 24, "part.high": kinds["term_days"].highest, "part.low": 0}
        taxes = edition.taxes_on(edition.rules.effective.date())
        premium = Scalar(edition.plan, taxes).decide(facts).premium
        columns = Columns(edition.plan, taxes)
        batch = columns.decide(columns.encode([facts]))
        assert premium is not None
        assert batch.gross.tolist() == [premium.gross]
        assert batch.nets[:, 0].tolist() == [section.net for section in premium.sections]
        # So near the bound that a thousand times as much would wrap: else the test would prove nothing.
        greatest = kinds["more"].highest if "more" in kinds else premium.gross * 10**6 * 10**4
        assert greatest * 1000 > 2**63
