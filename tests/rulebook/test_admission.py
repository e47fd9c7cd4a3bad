"""What is rated of a risk as it was given: figures of lists, optional days, prefixes; what is personal stays out."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coverage.domain.faults import Detail, Rejected
from coverage.domain.period import Period
from coverage.rulebook.admission import Admitted, admit, is_personal, read_json, read_written
from coverage.rulebook.format import Edition
from coverage.rulebook.language.reading import read_text
from coverage.rulebook.language.shape import typed
from tests.rulebook.made_editions import HEAD

START = datetime(2026, 2, 7, 7, tzinfo=UTC)
PERIOD = Period(START, START + timedelta(hours=12))
THINGS = """
inputs:
  items:    {list: {category: {one_of: [phone, drill]}, value: {money: 0 EUR..2000 EUR}, weight: {decimal: 0..30.5, default: "1.5"},
             age: {integer: 0..20, optional: yes}, bought: {date: past, optional: yes}, fragile: {yes_no: , default: no},
             note: {text: "[^\\n]{0,40}", optional: yes}}, max: 4}
  diaries:  {list: {value: {money: 0 EUR..90 EUR}, kept_by: {text: ".{1,40}", personal: yes}, pages: {integer: 1..900, personal: yes}}, max: 3, min: 0, optional: yes}
  secrets:  {list: {value: {money: 0 EUR..90 EUR}}, max: 3, personal: yes, optional: yes}
  bonus:    {decimal: 0.5..3.5, default: "1"}
  postcode: {text: "[A-Za-z0-9 -]{2,10}"}
  born:     {date: past, personal: yes}
  licence:  {date: past, optional: yes}
  returned: {date: any, optional: yes}
derived:
  age:      {years_from: born, to: start}
  driving:  {years_from: licence, to: start, otherwise: 0}
  held:     {years_from: licence, to: returned, otherwise: 7}
  dept:     {prefix: postcode, length: 2}
  double:   sum(items.value) * 2
sections:
  one: {tax: full, limit: {amount: 10 EUR, per: event}, premium: [{base: 1 EUR}]}
"""


def an_edition(text: str = THINGS) -> Edition:
    return typed(read_text(HEAD + text, "made"), Edition)


def euros(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "EUR"}


def a_risk(**changes: Any) -> dict[str, Any]:
    risk: dict[str, Any] = {
        "items": [
            {"category": "phone", "value": euros(80_000), "weight": "0.25"},
            {"category": "drill", "value": euros(9_050), "weight": 2.5, "fragile": True},
        ],
        "postcode": "75 011",
        "born": "1990-02-08",
    }
    return {key: value for key, value in (risk | changes).items() if value is not None}


def admitted(rules: Edition | None = None, **changes: Any) -> Admitted:
    return admit(rules or an_edition(), a_risk(**changes), PERIOD, START, read_json)


def refused(**changes: Any) -> tuple[Detail, ...]:
    with pytest.raises(Rejected) as caught:
        admitted(**changes)
    assert caught.value.code == "invalid_risk"
    return caught.value.errors


class TestListOfThings:
    def test_is_rated_by_its_totals(self) -> None:
        facts = admitted().facts
        assert {name: value for name, value in facts.items() if "items" in name} == {
            "count(items)": 2,
            "sum(items.value)": 890_500_000, "highest(items.value)": 800_000_000, "lowest(items.value)": 90_500_000,
            "sum(items.weight)": 2_750_000, "highest(items.weight)": 2_500_000, "lowest(items.weight)": 250_000,
        }  # fmt: skip

    def test_takes_the_default_of_a_field(self) -> None:
        facts = admitted(items=[{"category": "drill", "value": euros(0)}]).facts
        assert (facts["sum(items.weight)"], facts["lowest(items.value)"]) == (1_500_000, 0)

    def test_of_nothing_has_nothing_in_it(self) -> None:
        facts = admitted(diaries=[]).facts
        assert facts["count(diaries)"] == facts["sum(diaries.value)"] == facts["lowest(diaries.value)"] == 0

    def test_that_is_left_out_is_one_of_nothing(self) -> None:
        assert admitted().facts == admitted(diaries=[]).facts
        text = THINGS.replace("max: 4}", "max: 4, optional: yes}")
        facts = admit(an_edition(text), {"postcode": "75", "born": "1990-01-01"}, PERIOD, START, read_json).facts
        totals = an_edition(text).inputs["items"].totals("items")  # type: ignore[union-attr]
        assert len(totals) == 7
        assert all(facts[name] == 0 == kind.lowest for name, kind in totals.items())

    def test_reads_worked_prices_and_the_command_line_alike(self) -> None:
        rules = an_edition()
        other = {"postcode": "75 011", "born": "1990-02-08"}
        as_list = [{"category": "phone", "value": "800 EUR", "weight": "0.25"}, {"category": "drill", "value": "90.50 EUR", "weight": "2.5", "fragile": "yes"}]  # fmt: skip
        as_text = 'category=phone value="800 EUR" weight=0.25; category=drill value="90.50 EUR" weight=2.5 fragile=yes'
        read = [admit(rules, other | {"items": items}, PERIOD, START, read_written) for items in (as_list, as_text)]
        assert read[0] == read[1] == admitted(rules)

    def test_points_at_one_fault_of_each_thing(self) -> None:
        found = refused(
            items=[
                {"category": "phone", "value": euros(200_001)},
                {"category": "drill", "value": euros(1)},
                {"category": "drill", "value": euros(1), "colour/1": "red"},
                {"category": "drill"},
            ],
            bonus=4,
        )
        assert [(error.pointer, error.code) for error in found] == [
            ("/risk/items/0/value", "invalid_value"),
            ("/risk/items/2/colour~11", "unknown_field"),
            ("/risk/items/3/value", "missing_field"),
            ("/risk/bonus", "invalid_value"),
        ]
        assert found[0].message == "2000.01 EUR; expected an amount from 0 EUR to 2000 EUR"

    @pytest.mark.parametrize(
        ("items", "pointer", "words"),
        [
            ([], "/risk/items", "0 things; expected a list of 1 to 4 things"),
            ([{}] * 5, "/risk/items", "5 things; expected a list of 1 to 4 things"),
            ("x", "/risk/items", '"x"; expected a list of 1 to 4 things'),
            ([[]], "/risk/items/0", "an array; expected an object with category, value"),
            ([{"category": "phone", "value": 5}], "/risk/items/0/value", "the number 5; expected money as"),
        ],
    )
    def test_is_refused_as_a_whole_or_where_it_is_wrong(self, items: Any, pointer: str, words: str) -> None:
        (found,) = refused(items=items)
        assert (found.pointer, found.message[: len(words)]) == (pointer, words)

    def test_on_the_command_line_is_pointed_at_too(self) -> None:
        for text, pointer in (
            ("category=phone value=1 EUR", "/risk/items"),
            ('category=phone value="1 EUR"; category=lorry value="1 EUR"', "/risk/items/1/category"),
        ):
            risk = {"postcode": "75", "born": "1990-01-01", "items": text}
            with pytest.raises(Rejected) as caught:
                admit(an_edition(), risk, PERIOD, START, read_written)
            assert [error.pointer for error in caught.value.errors] == [pointer]


items = st.lists(
    st.fixed_dictionaries(
        {"category": st.sampled_from(["phone", "drill"]), "value": st.integers(0, 200_000).map(euros)},
        optional={
            "weight": st.integers(0, 305_000).map(lambda tenths: tenths / 10_000),
            "age": st.integers(0, 20),
            "bought": st.dates(date(1990, 1, 1), START.date()).map(date.isoformat),
            "fragile": st.booleans(),
            "note": st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=40),
        },
    ),
    min_size=1,
    max_size=4,
)


class TestGiven:
    @given(items)
    def test_is_text_that_reads_as_the_same_again(self, things: list[dict[str, Any]]) -> None:
        rules = an_edition()
        first = admitted(rules, items=things)
        again = admit(rules, first.given, PERIOD, START, read_written)
        assert again == first

    def test_of_decimals_and_lists_is_as_rule_files_write_them(self) -> None:
        given = admitted(bonus=0.6).given
        assert given["bonus"] == "0.6"
        assert given["items"] == (
            "category=phone value='800 EUR' weight=0.25 fragile=no; category=drill value='90.50 EUR' weight=2.5 fragile=yes"
        )

    def test_facts_replay_from_json(self) -> None:
        facts = admitted(diaries=[{"value": euros(5), "kept_by": "Camille", "pages": 9}]).facts
        assert json.loads(json.dumps(facts)) == facts
        assert {type(value) for value in facts.values()} <= {int, bool, str}


class TestPersonal:
    def test_is_a_list_as_soon_as_one_of_its_fields_is(self) -> None:
        inputs = an_edition().inputs
        assert {name for name, rule in inputs.items() if is_personal(rule)} == {"diaries", "secrets", "born"}

    def test_is_in_no_fact(self) -> None:
        things = [{"value": euros(500), "kept_by": "QXCANARY", "pages": 777}]
        facts = admitted(diaries=things, secrets=[{"value": euros(4_321)}]).facts
        # What isn't personal of the things may be counted; of a list that is personal itself, nothing is.
        assert {name for name in facts if "diaries" in name or "secrets" in name} == {
            "count(diaries)", "sum(diaries.value)", "highest(diaries.value)", "lowest(diaries.value)",
        }  # fmt: skip
        said = json.dumps(facts)
        assert "CANARY" not in said
        assert "777" not in said
        assert "43210000" not in said
        assert "1990" not in said


class TestDerived:
    @pytest.mark.parametrize(
        ("changes", "driving", "held"),
        [
            ({}, 0, 7),
            ({"licence": "2010-02-07"}, 16, 7),
            ({"licence": "2010-02-08"}, 15, 7),
            ({"returned": "2020-01-01"}, 0, 7),
            ({"licence": "2010-02-07", "returned": "2013-02-06"}, 16, 2),
            ({"licence": "2010-02-07", "returned": "2009-01-01"}, 16, 0),
        ],
    )
    def test_years_of_a_day_that_is_not_given_are_what_the_rules_say(
        self, changes: dict[str, Any], driving: int, held: int
    ) -> None:
        facts = admitted(**changes).facts
        assert (facts["driving"], facts["held"], facts["age"]) == (driving, held, 35)

    @pytest.mark.parametrize(
        ("postcode", "dept"),
        [("75 011", "75"), ("7-5011", "75"), ("sw1a 1aa", "SW"), ("2a004", "2A"), (" 7 ", "7"), ("- -", "")],
    )
    def test_a_prefix_is_compared_in_one_spelling(self, postcode: str, dept: str) -> None:
        assert admitted(postcode=postcode).facts["dept"] == dept

    def test_expressions_are_left_to_those_who_price(self) -> None:
        assert "double" not in admitted().facts

    def test_decimals_are_rated_in_millionths(self) -> None:
        for bonus, fact in ((0.5, 500_000), ("3.5", 3_500_000), (1, 1_000_000), (None, 1_000_000)):
            assert admitted(bonus=bonus).facts["bonus"] == fact

    def test_decimals_with_too_many_places_are_refused(self) -> None:
        wrong: tuple[Any, ...] = (0.50001, "0.50001", 0.1 + 0.2 + 0.3, True, {}, "1,5", 1e-7, 3.6)
        for bonus in wrong:
            (found,) = refused(bonus=bonus)
            assert found.pointer == "/risk/bonus"
            assert found.message.endswith("expected a decimal from 0.5 to 3.5, with up to four places")
