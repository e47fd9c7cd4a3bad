"""What a section promises for one risk: limits and deductibles resolved, its window, what goes back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from coverage.domain.period import Period
from coverage.rulebook.format import Refund
from coverage.rulebook.running.scalar import Fact
from coverage.rulebook.terms import at_risk, refund_due, section_terms, window_of
from tests.rulebook.made_editions import HEAD
from tests.rulebook.rule_files import edition_of

START = datetime(2026, 5, 1, 6, tzinfo=UTC)
TERM = Period(START, START + timedelta(hours=12))
PROMISES = (
    HEAD
    + """
inputs:
  plan:    {one_of: [small, large, whole]}
  abroad:  {yes_no: , default: no}
  value:   {money: 0 EUR..5000 EUR}
  items:   {list: {value: {money: 0 EUR..2000 EUR}}, max: 5}
derived:
  part:    value * 2 // 3
  under:   value - 100 EUR
  dearest: highest(items.value)
sections:
  goods:
    tax: full
    limit: {amount: {by: plan, values: {small: 1000 EUR, large: 2500.50 EUR, whole: unlimited}}, bodily: value, per: person}
    sublimits: {each_item: dearest, glass: {by: abroad, values: {yes: 10 EUR, no: 20 EUR}}, jewels: part, least: under}
    deductible: {by: abroad, values: {yes: 350 EUR, no: 150 EUR}, owed_by: policyholder, applied: after_limit, against_third_parties: yes}
    exclusions: [war, racing]
    premium: [{base: 1 EUR}]
  totals:
    layer: excess_of goods
    tax: full
    limit: {amount: 800 EUR, other: 900 EUR, per: item}
    deductible: {share: 10% of loss, min: 20 EUR}
    average: waived
    premium: [{base: 1 EUR}]
  journey:
    period: booking_to_start
    tax: full
    limit: {amount: unlimited, per: cover}
    premium: [{base: 1 EUR}]
refund:
  - {until: 30d before start, give: 100%}
  - {until: 24h before start, give: 50%}
  - {until: start, give: none}
  - {after: start, give: 80% of unused}
"""
)


def facts(**changes: Fact) -> dict[str, Fact]:
    told: dict[str, Fact] = {
        "plan": "large", "abroad": False, "value": 100_010_000, "highest(items.value)": 750_000_000,
        "sum(items.value)": 900_000_000, "lowest(items.value)": 150_000_000, "count(items)": 2,
    }  # fmt: skip
    return told | changes


def terms(section: str, **changes: Fact) -> Any:
    return section_terms(edition_of(PROMISES), section, facts(**changes), TERM, 100)


class TestLimits:
    @pytest.mark.parametrize(("plan", "cents"), [("small", 100_000), ("large", 250_050), ("whole", None)])
    def test_are_those_of_the_choice(self, plan: str, cents: int | None) -> None:
        assert terms("goods", plan=plan).limits == {"amount": cents, "bodily": 10_001}

    def test_of_a_part_may_be_worked_out(self) -> None:
        # Two thirds of 100.01 are 66.673333, which is 66.67; 100.01 less 100.00 is a cent.
        assert terms("goods").sublimits == {"each_item": 75_000, "glass": 2_000, "jewels": 6_667, "least": 1}
        # Two thirds of 100.03 are 66.686666, which is 66.69.
        assert terms("goods", value=100_030_000).sublimits["jewels"] == 6_669

    def test_are_never_under_nothing(self) -> None:
        assert terms("goods", value=0).sublimits["least"] == 0

    def test_ask_yes_or_no(self) -> None:
        assert terms("goods", abroad=True).sublimits["glass"] == 1_000

    def test_at_risk_are_the_highest_of_a_section(self) -> None:
        edition = edition_of(PROMISES)
        assert at_risk(edition, "totals", facts()) == 90_000
        assert at_risk(edition, "goods", facts(plan="small", value=5_000_000_000)) == 500_000
        assert at_risk(edition, "goods", facts(plan="whole", value=0)) == 0


class TestDeductible:
    def test_says_how_much_off_what_and_against_whom(self) -> None:
        how = {"owed_by": "policyholder", "applied": "after_limit", "against_third_parties": True}
        assert terms("goods").deductible == {"amount": 15_000, **how}
        assert terms("goods", abroad=True).deductible == {"amount": 35_000, **how}

    def test_comes_off_the_loss_and_not_off_a_third_partys_where_nothing_is_said(self) -> None:
        assert terms("totals").deductible == {
            "share_percent": 10, "min": 2_000, "max": None, "owed_by": "insured", "applied": "before_limit",
            "against_third_parties": False,
        }  # fmt: skip

    def test_may_be_none(self) -> None:
        assert terms("journey").deductible is None


class TestTerms:
    def test_hold_what_else_was_promised(self) -> None:
        goods, totals = terms("goods"), terms("totals")
        assert (goods.exclusions, goods.layer, goods.per, goods.average, goods.net) == (
            ("war", "racing"), "primary", "person", "applies", 100,
        )  # fmt: skip
        assert (totals.exclusions, totals.layer, totals.per, totals.average) == (
            (),
            "excess_of goods",
            "item",
            "waived",
        )


class TestWindow:
    def test_is_the_term_or_the_time_until_it_begins(self) -> None:
        sections = edition_of(PROMISES).rules.sections
        booked_at = START - timedelta(days=3)
        assert window_of(sections["goods"], TERM, booked_at) == TERM
        assert window_of(sections["journey"], TERM, booked_at) == Period(booked_at, START)

    @pytest.mark.parametrize("late", [timedelta(0), timedelta(hours=1)])
    def test_is_none_where_the_term_begins_at_once(self, late: timedelta) -> None:
        sections = edition_of(PROMISES).rules.sections
        assert window_of(sections["journey"], TERM, START + late) is None
        assert window_of(sections["goods"], TERM, START + late) == TERM


class TestRefund:
    @pytest.mark.parametrize(
        ("before", "due"),
        [
            (timedelta(days=30, microseconds=1), Refund(100)), (timedelta(days=30), Refund(50)),
            (timedelta(hours=24, microseconds=1), Refund(50)), (timedelta(hours=24), Refund(0)),
            (timedelta(microseconds=1), Refund(0)), (timedelta(0), Refund(80, of_unused=True)),
            (-timedelta(days=1), Refund(80, of_unused=True)),
        ],
    )  # fmt: skip
    def test_is_that_of_the_first_tier_that_holds(self, before: timedelta, due: Refund) -> None:
        assert refund_due(edition_of(PROMISES).rules, START, START - before) == due

    def test_is_nothing_where_no_tier_holds(self) -> None:
        text = PROMISES[: PROMISES.index("refund:")]
        assert refund_due(edition_of(text).rules, START, START - timedelta(days=90)) == Refund(0)
