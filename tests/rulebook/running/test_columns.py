"""Columns: how facts become columns and decisions come back, blocks, and cents spread over many contracts at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coverage.domain.premium import spread_pro_rata
from coverage.rulebook.running import scalar, spreading
from coverage.rulebook.running.columns import BLOCK, FEW_STRETCHES, OUTCOMES, stretch_of
from coverage.rulebook.running.scalar import Fact, Unavailable
from tests.rulebook.compiled import DAY, Both, section

# How long an example takes tells how busy the machine is, not whether it is right.
unhurried = settings(deadline=None, max_examples=200, derandomize=True, database=None)
CODES = [f"code_{number}" for number in range(20)]
# Twenty rules, a table that refers and a section that can't be had: more verdicts than a byte or two have bits.
MANY = (
    "inputs: {n: {integer: 0..99}, kind: {one_of: [a, b]}, flag: {yes_no: }}\n"
    "eligibility:\n"
    + "".join(f"  - {'decline' if n % 3 == 0 else 'refer'}: n == {n} or n == {n + 20}\n    code: {code}\n" for n, code in enumerate(CODES))
    + "tables: {t: {by: kind, values: {a: 1.5000, b: refer(seen)}}}\n"
    "sections:\n"
    + section("base: 1 EUR\ntimes: t", name="one")
    + section("base: 2 EUR per hour", name="two", more="when: flag\nunavailable: {when: n > 90, code: late}")
)  # fmt: skip
RISK: dict[str, Fact] = {**DAY, "n": 60, "kind": "a", "flag": True}


@pytest.fixture(scope="module")
def many() -> Both:
    return Both(MANY)


class TestColumns:
    def test_price_risks_beyond_a_block_and_tell_which_is_which(self, many: Both) -> None:
        count = 2 * BLOCK + 7
        hours = np.arange(count) % 168 + 1
        columns: dict[str, Any] = {
            "n": np.full(count, 60), "kind": np.zeros(count, np.int64), "flag": np.arange(count) % 2 == 0, "term_hours": hours
        }  # fmt: skip
        batch = many.columns.decide(columns)
        assert len(batch) == count
        assert (batch.nets[0] == 150).all()
        assert (batch.nets[1] == np.where(columns["flag"], 200 * hours, -1)).all()
        assert (batch.gross == batch.nets[0] + np.maximum(batch.nets[1], 0) + batch.taxes[0]).all()

    def test_take_yes_and_no_as_one_and_nothing_and_smaller_numbers(self, many: Both) -> None:
        columns: dict[str, Any] = {
            "n": np.array([60, 60], np.int32), "kind": np.array([0, 1], np.int8), "flag": np.array([1, 0]),
            "term_hours": np.array([2, 2], np.int16),
        }  # fmt: skip
        batch = many.columns.decide(columns)
        assert batch.nets.tolist() == [[150, 100], [400, -1]]
        assert [OUTCOMES[outcome] for outcome in batch.outcome] == ["quoted", "referred"]

    def test_tell_each_verdict_that_was_met(self, many: Both) -> None:
        rows = [{**RISK, "n": n, "kind": kind} for n in range(100) for kind in ("a", "b")]
        batch = many.columns.decide(many.columns.encode(rows))
        for risk, facts in enumerate(rows):
            decision = many.scalar.decide(facts)
            assert batch.reasons(risk) == decision.reasons
            assert batch.unavailable(risk) == decision.unavailable
        seen = [verdict.code for verdict in many.plan.verdicts].index("seen")
        assert batch.verdicts[seen].tolist() == [row["kind"] == "b" for row in rows]

    def test_have_no_amount_for_what_is_declined(self, many: Both) -> None:
        batch = many.columns.decide(many.columns.encode([{**RISK, "n": 0}, {**RISK, "n": 1}, {**RISK, "n": 95}]))
        assert [OUTCOMES[outcome] for outcome in batch.outcome] == ["declined", "referred", "quoted"]
        assert (batch.nets[:, 0].tolist(), batch.taxes[:, 0].tolist(), batch.gross[0]) == ([-1, -1], [-1], -1)
        assert batch.nets[:, 1:].tolist() == [[150, 150], [4800, -1]]
        assert batch.unavailable(2) == (Unavailable("two", "late"),)

    def test_price_a_premium_that_asks_for_nothing(self) -> None:
        both = Both(
            "inputs: {kind: {one_of: [a]}}\nsections:\n"
            + section("base: 1 EUR", name="one")
            + section("base: 2 EUR", name="two")
            + "contract: [{at_least: {net: 4 EUR, over: [one, two]}}, {times: 0.5000}, {minus: 0.10 EUR}, {round_gross: 0.05 EUR up}]\n"
            + "fees: [{name: stamp, amount: 0.33 EUR}]\n"
        )  # fmt: skip
        batch = both.columns.decide({"term_days": np.ones(3, np.int64)})
        # 1.33 and 2.67; half, 0.67 and 1.34; less 0.10 of 2.01, 0.64 and 1.27: 1.91, 0.38 and 0.33 are 2.62; 1.93 is 2.65.
        assert batch.nets.tolist() == [[64] * 3, [129] * 3]
        assert batch.gross.tolist() == [265] * 3 == [both.gross()] * 3
        assert batch.fees == 33

    def test_tell_beginnings_of_texts_apart_that_no_row_names(self) -> None:
        both = Both(
            'inputs: {from: {text: ".{1,9}"}, to: {text: ".{1,9}"}, kind: {one_of: [a, b]}}\n'
            "derived: {first: {prefix: from, length: 2}, second: {prefix: to, length: 2}}\n"
            "tables: {t: {by: first, values: {AB: 2.0000, ZZ: 3.0000}, otherwise: 1.0000}}\n"
            "sections:\n"
            + section(
                "base: 1 EUR\ntimes: t\n{plus: 10 EUR, when: first == second}\n{plus: 20 EUR, when: \"second in ['QQ', 'AB']\"}"
            )
        ).columns  # fmt: skip
        pairs = [("AB", "AB"), ("XY", "XY"), ("XY", "YX"), ("ZZ", "QQ"), ("AB", "XY"), ("", "")]
        batch = both.decide(both.encode([{**DAY, "first": first, "second": second} for first, second in pairs]))
        assert batch.nets[0].tolist() == [3200, 1100, 100, 2300, 200, 1100]


class TestStretches:
    @pytest.mark.parametrize("count", [0, 1, FEW_STRETCHES, FEW_STRETCHES + 1, 300])
    def test_are_found_by_comparing_and_by_searching_alike(self, count: int) -> None:
        starts = np.arange(count) * 10 + 5
        values = np.arange(-20, count * 10 + 20)
        expected = [sum(value >= start for start in starts.tolist()) for value in values.tolist()]
        assert stretch_of(starts, values).tolist() == expected


cents = st.integers(0, 50) | st.integers(0, 10**7)


@st.composite
def contracts(draw: st.DrawFn) -> tuple[list[list[int]], list[list[bool]], list[bool]]:
    """Contracts of a few sections each: their cents, which of them are covered (one at least), and which are changed."""
    sections, count = draw(st.integers(1, 5)), draw(st.integers(1, 6))
    covered = [draw(st.lists(st.booleans(), min_size=sections, max_size=sections).filter(any)) for _ in range(count)]
    nets = [[draw(cents) if there else 0 for there in flags] for flags in covered]
    return nets, covered, draw(st.lists(st.booleans(), min_size=count, max_size=count))


def sides(rows: Sequence[Sequence[int]]) -> list[np.ndarray[tuple[int, ...], np.dtype[np.int64]]]:
    """Rows as columns."""
    return [np.array(column) for column in zip(*rows, strict=True)]


class TestSpreading:
    @unhurried
    @given(contracts(), st.integers(0, 10**6))
    def test_takes_off_as_from_one_contract(
        self, found: tuple[list[list[int]], list[list[bool]], list[bool]], by: int
    ) -> None:
        nets, _, changed = found
        where = np.array([flag and any(row) for flag, row in zip(changed, nets, strict=True)])
        expected = [scalar.lowered(row, by) if flag else tuple(row) for row, flag in zip(nets, where, strict=True)]
        assert list(zip(*spreading.lowered(sides(nets), where, by), strict=True)) == expected

    @unhurried
    @given(contracts(), st.integers(1, 10**6))
    def test_raises_as_it_raises_one_contract(
        self, found: tuple[list[list[int]], list[list[bool]], list[bool]], least: int
    ) -> None:
        nets, covered, changed = found
        where = np.array([flag and sum(row) < least for flag, row in zip(changed, nets, strict=True)])
        expected = [
            scalar.raised(row, flags, least) if flag else tuple(row)
            for row, flags, flag in zip(nets, covered, where, strict=True)
        ]
        assert list(zip(*spreading.raised(sides(nets), where, sides(covered), least), strict=True)) == expected

    @unhurried
    @given(contracts(), st.integers(1, 60), st.integers(0, 99))
    def test_rounds_the_gross_as_of_one_contract(
        self, found: tuple[list[list[int]], list[list[bool]], list[bool]], multiple: int, rate: int
    ) -> None:
        nets, covered, changed = found
        where, stamps = np.array(changed), list(range(len(nets)))

        def gross_of(*given: int) -> int:
            *found, stamp = given
            return sum(found) + (sum(found) * rate + 50) // 100 + stamp

        expected = [
            scalar.rounded(row, flags, gross_of, (stamp,), multiple) if flag else tuple(row)
            for row, flags, stamp, flag in zip(nets, covered, stamps, changed, strict=True)
        ]
        rounded = spreading.rounded(sides(nets), where, sides(covered), gross_of, (np.array(stamps),), multiple)
        assert list(zip(*rounded, strict=True)) == expected

    def test_gives_what_is_left_over_to_the_largest_remainders_the_first_of_equals(self) -> None:
        # 1210 over 1:10:1 are 100.83, 1008.33 and 100.83; 10 over three equals 3.33 each.
        found = spreading.raised(
            [np.array([100, 1]), np.array([1000, 1]), np.array([100, 1])], np.array([True, True]), (True, True, True), 1210
        )  # fmt: skip
        assert [column.tolist() for column in found] == [[101, 404], [1008, 403], [101, 403]]
        assert spread_pro_rata(1210, (1, 1, 1)) == (404, 403, 403)

    def test_leaves_what_is_not_meant_as_it_was(self) -> None:
        nets = [np.array([5, 7]), 3]
        none = np.array([False, False])
        assert spreading.lowered(nets, none, 1)[0] is nets[0]
        changed = spreading.lowered(nets, np.array([False, True]), np.array([9, 2]))
        assert [column.tolist() for column in changed] == [[5, 6], [3, 2]]
        assert nets[0].tolist() == [5, 7]
