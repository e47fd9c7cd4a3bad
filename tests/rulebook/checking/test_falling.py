"""Prices that fall when the term grows or a value rises: told where they are, and only where they are."""

from __future__ import annotations

import random
import time
from itertools import pairwise, product

import pytest

from coverage.rulebook.checking.falling import falls
from coverage.rulebook.language.reading import Finding
from coverage.rulebook.loaded import LoadedEdition
from coverage.rulebook.running.scalar import Scalar
from tests.conftest import RULES
from tests.rulebook.made_rules import MADE, Case, Expected, made, said_of
from tests.rulebook.rule_files import RuleFolder, edition_of

NEVER = "expected a price that never falls, or allow_fall: with the reason"
SEED = 20_260_101

# fmt: off
CASES: list[Case] = [
    # At the row that is met: 3,000 EUR × 0.05 % = 1.50, × 1.1 and × 0.9 …
    (MADE, '5000 EUR: 1.1000', '5000 EUR: 0.9000', [('0.9000', f'damage falls from 6.40 EUR for a value of 4999.99 EUR to 5.90 EUR for a value of 5000.00 EUR; {NEVER}')]),
    # At the step: 1 EUR more until 2 things, or until 500 EUR.
    (MADE, '- {plus: 1 EUR, when: count(things) > 2}', '- {plus: 1 EUR, when: count(things) <= 2}', [('1 EUR', f'goods falls from 1.02 EUR for 2 things to 0.03 EUR for 3 things; {NEVER}')]),
    (MADE, '- {plus: 2 EUR, when: highest(things.worth) > 500 EUR}', '- {plus: 2 EUR, when: highest(things.worth) <= 500 EUR}', [('2 EUR', f'goods falls from 2.50 EUR for things with a worth of 500.00 EUR each to 0.50 EUR for things with a worth of 500.01 EUR each; {NEVER}')]),
    # 3 EUR, less 1 EUR from the sixth day on: after 120 hours.
    (MADE, '    allow_fall: "the base falls for a long journey"\n', '', [('^1 EUR, when: term_days > 5', f'journey falls from 3.00 EUR for 120 hours to 2.00 EUR for 121 hours; {NEVER}')]),
    # 4 + 4 × 2 = 12 EUR for five days, 14 × 0.7 = 9.80 for six; only a trailer is covered, and up to five seats.
    (MADE, '- base: days', '- base: days\n      - {times: 0.7000, when: term_days > 5}', [('^0.7000', f'buy_back falls from 12.00 EUR for 120 hours to 9.80 EUR for 121 hours (seats 1, trailer yes); {NEVER}')]),
    # What isn't priced is passed over: the row above 6,000 EUR is compared with the one under 5,000 EUR.
    (MADE, '5000 EUR: 1.1000', '5000 EUR: decline(too_young), 6000 EUR: 0.8000', [('0.8000', f'damage falls from 15.00 EUR for a value of 4999.99 EUR to 14.56 EUR for a value of 6000.00 EUR; {NEVER}')]),
    # A row that declines or refers prices nothing, so nothing falls.
    (MADE, '5000 EUR: 1.1000', '5000 EUR: decline(too_young)', []),
    (MADE, '5000 EUR: 1.1000', '5000 EUR: refer(many_seats)', []),
    # The contract's steps: 1,000 EUR × 0.05 % … for all sections but the one whose price may fall.
    (MADE, '- minus: 0.50 EUR', '- {minus: 5.00 EUR, when: value > 3000 EUR, over: [damage]}', [('5.00', 'damage falls from 16.17 EUR for a value of 3000.00 EUR to 11.17 EUR for a value of 3000.01 EUR; expected a price that never falls, or allow_fall: with the reason in each of them')]),
    (MADE, '- minus: 0.50 EUR', '- {times: 0.8000, when: term_days > 5, over: [journey]}', []),
    (MADE, '- minus: 0.50 EUR', '- {times: 0.8000, when: size == \'large\'}', []),
]
# fmt: on


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> RuleFolder:
    return made(tmp_path_factory.mktemp("made"))


class TestFalls:
    @pytest.mark.parametrize(("file", "old", "new", "expected"), CASES)
    def test_are_told_at_their_row_or_step(
        self, folder: RuleFolder, file: str, old: str, new: str, expected: list[Expected]
    ) -> None:
        said, wanted = said_of(folder, file, old, new, expected)
        assert said == wanted

    def test_are_allowed_with_a_reason(self, folder: RuleFolder) -> None:
        before = folder.text(MADE)
        folder.replace(MADE, "5000 EUR: 1.1000", "5000 EUR: 0.9000")
        folder.replace(
            MADE, "    layer: primary\n", '    layer: primary\n    allow_fall: "dear ones are kept better"\n'
        )
        try:
            assert folder.said() == []
        finally:
            folder.write(MADE, before)


HEAD = """
product: made
country: FR
effective: 2026-01-01T00:00
currency: EUR
timezone: Europe/Paris
term: {min: 1h, max: 50h, book_ahead: 30d, day: %s}
quote: {valid_for: 24h}
parties: {policyholder: member}
territory: [FR]
inputs:
  value: {money: 0 EUR..2.50 EUR}
  other: {money: 0 EUR..1 EUR, default: 0 EUR}
  kind:  {one_of: [a, b]}
  extra: {yes_no: , default: no}
derived:
  both:  value * 2 + other
tables:
%s
sections:
  only:
    tax: full
    limit: {amount: unlimited, per: event}
    premium:
%s
"""

# Steps that rise with what they read, and steps that may fall.
STEPS = [
    "plus: 0.013 EUR per hour, at most 0.11 EUR per day", "plus: 0.07 EUR per day", "times: 1.3300", "times: 0.3700",
    "plus: 7.5% of value", "plus: 1.2% of both per day", "at_least: 0.21 EUR", "at_most: 1.90 EUR", "minus: 0.04 EUR",
    "minus: 3% of value", "at_most: 40% of both", "{plus: 0.06 EUR, when: value > 1.20 EUR}",
    "{plus: 0.06 EUR, when: term_days > 1}", "{times: 0.9500, when: kind == 'a' and value >= 2 EUR}",
    "{minus: 0.02 EUR, when: extra and term_hours > 30}", "{times: 1.0300, when: both > 3.333 EUR}",
    "{times: 0.9900, when: both > 3.333 EUR}", "times: worth", "times: worth", "times: mixed", "plus: long",
]  # fmt: skip


def drawn(chance: random.Random) -> str:
    """An edition of one section, of which nobody knows whether its price falls."""

    def factors(count: int) -> list[str]:
        found = [chance.choice(["0.9000", "0.9900", "1.0000", "1.0100", "1.2000"]) for _ in range(count)]
        return sorted(found) if chance.random() < 0.6 else found

    one, two, three = factors(3), factors(2), factors(3)
    tables = [
        f"  worth: {{by: both, from: {{0 EUR: {one[0]}, 1.005 EUR: {one[1]}, 4.40 EUR: {one[2]}}}}}",
        f"  mixed: {{by: [kind, term_hours], values: {{a: {{1-20: {two[0]}, 21+: {two[1]}}}, b: {{1+: {three[0]}}}}}}}",
        f"  long: {{by: term_days, marginal: {{1: 0.10 EUR, 2+: {chance.choice(['0 EUR', '0.02 EUR'])}}}}}",
    ]
    steps = ["      - base: 0.60 EUR", *(f"      - {step}" for step in chance.sample(STEPS, chance.randint(2, 6)))]
    used = [table for table in tables if any(f": {table.split()[0].rstrip(':')}" in step for step in steps)]
    return HEAD % (chance.choice(["24h", "calendar"]), "\n".join(used) or "  {}", "\n".join(steps))


class _Judge:
    """Whether a price falls, by pricing every value and every term."""

    def __init__(self, edition: LoadedEdition) -> None:
        self.edition = edition
        self.scalar = Scalar(edition.plan, edition.taxes_on(edition.rules.effective.date()))

    def price(self, cents: int, other: int, kind: str, extra: bool, hours: int, half: int) -> int:
        days = -(-hours // 24)
        facts: dict[str, int | bool | str] = {
            "value": cents * 10_000, "other": other * 10_000, "kind": kind, "extra": extra, "term_hours": hours,
            "start_hour": half // 2, "start_weekday": 1, "lead_hours": 0, "term_days": days,
        }  # fmt: skip
        if self.edition.plan.day == "calendar":
            days = (half + 2 * hours - 1) // 48 + 1
            first = -(-(48 - half) // 2) if days > 1 else min(hours, 24)
            last = min(hours - (48 * (days - 1) - half + 1) // 2, 24) if days > 1 else 0
            facts |= {"term_days": days, "first_day_hours": first, "last_day_hours": last}
        premium = self.scalar.decide(facts).premium
        assert premium is not None
        return premium.net

    def falls(self) -> bool:
        halves = (0, 16, 47) if self.edition.plan.day == "calendar" else (0,)
        for kind, extra, half in product("ab", (False, True), halves):
            for hours in (1, 20, 21, 24, 25, 31, 50):
                for other in (0, 100):
                    if _fall([self.price(cents, other, kind, extra, hours, half) for cents in range(251)]):
                        return True
            for cents in (0, 25, 50, 100, 121, 167, 200, 220, 250):
                if _fall([self.price(cents, 0, kind, extra, hours, half) for hours in range(1, 51)]):
                    return True
        return False


def _fall(prices: list[int]) -> bool:
    return any(after < before for before, after in pairwise(prices))


class TestAgreement:
    def test_a_fall_is_told_if_and_only_if_there_is_one(self) -> None:
        chance = random.Random(SEED)
        told: dict[bool, int] = {True: 0, False: 0}
        for _ in range(20):
            text = drawn(chance)
            edition = edition_of(text)
            found: list[Finding] = list(falls(edition.document, edition.rules, edition.plan))
            judged = _Judge(edition).falls()
            assert bool(found) == judged, "\n".join([text, *map(str, found)])
            told[judged] += 1
        print(f"seed {SEED}: {told}")  # noqa: T201 — what was provoked, for whoever reads the run
        assert min(told.values()) > 5


class TestBounds:
    def test_what_is_too_much_to_try_is_said(self) -> None:
        inputs = "".join(f"  v{number}: {{money: 0 EUR..9 EUR}}\n" for number in range(80))
        steps = "".join(f"      - plus: 1% of v{number}\n" for number in range(80))
        text = (HEAD % ("24h", "  {}", "      - base: 1 EUR")).replace("inputs:\n", f"inputs:\n{inputs}")
        text += f"  two:\n    tax: full\n    limit: {{amount: unlimited, per: event}}\n    premium:\n      - base: 1 EUR\n{steps}"
        edition = edition_of(text)
        (found,) = falls(edition.document, edition.rules, edition.plan)
        assert found.warning
        assert found.message == ("too many steps and values to try every price from two on; expected a smaller edition")
        assert text.split("\n")[found.place.line - 1] == "  two:"


class TestTime:
    def test_a_whole_edition_is_looked_at_in_no_time(self) -> None:
        text = (RULES / "products/goods_carried/FR/2026-01-01.yaml").read_text(encoding="utf-8")
        edition = edition_of(text)
        began = time.perf_counter()
        assert list(falls(edition.document, edition.rules, edition.plan)) == []
        assert time.perf_counter() - began < 0.5
