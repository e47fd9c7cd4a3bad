"""The quick way in against `admission`: it never reads what that refuses, and never reads it otherwise."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice, product
from typing import Any

import pytest

from coverage.domain.faults import Rejected
from coverage.domain.period import Period, local_day
from coverage.rulebook.admission import admit, read_json
from coverage.rulebook.calendar import calendar_facts
from coverage.rulebook.intake import Intake, day_of, decimal_of
from coverage.rulebook.language.inputs import DateIn, DecimalIn, Input, MoneyIn
from coverage.rulebook.language.lists import ListOf
from coverage.rulebook.language.notation import MICRO_PER_CENT, decimal_text
from coverage.rulebook.loaded import LoadedEdition
from coverage.rulebook.running.scalar import Fact
from tests.rulebook.made_editions import HEAD, made_edition
from tests.rulebook.risks import Risk, Risks
from tests.rulebook.rule_files import edition_of, real

ON = date(2026, 2, 1)
START = datetime(2026, 2, 7, 7, tzinfo=UTC)
PERIOD = Period(START, START + timedelta(hours=12))
# Every kind of input: required, with a default, left out, personal; the object's name, and lists within bounds.
ASKED = (
    HEAD
    + """
object: {input: plate, kind: vehicle_registration, exclusive_for: [cover]}
inputs:
  plate:   {text: "[A-Za-z0-9 -]{2,12}", personal: true}
  kind:    {one_of: [car, van]}
  extra:   {one_of: [none, some], default: none}
  trailer: {yes_no: }
  winter:  {yes_no: , default: no}
  seats:   {integer: -2..9}
  doors:   {integer: 0..5, default: 4}
  spare:   {integer: 0..5, optional: yes}
  value:   {money: 0.50 EUR..900 EUR}
  load:    {money: 0 EUR..90 EUR, default: 12.34 EUR}
  coat:    {money: 0 EUR..90 EUR, optional: yes}
  bonus:   {decimal: -0.5..3.5}
  tread:   {decimal: 0..9.9999, default: "1.5"}
  born:    {date: past, personal: true}
  due:     {date: future, optional: yes}
  since:   {date: past, default: 2020-02-29}
  note:    {text: "[a-zé \\n]{0,20}", optional: yes}
  zip:     {text: "[0-9]{2}[ -]?[0-9]{3}", default: "75 011"}
  things:  {list: {sort: {one_of: [x, y], default: x}, value: {money: 1 EUR..3000 EUR}, count: {integer: -3..9, default: 1}, mark: {decimal: 0..2, optional: yes}, bought: {date: past, default: 2020-02-29}, owner: {integer: 0..9, personal: true}}, max: 3}
  bits:    {list: {size: {integer: 1..9, default: 3}}, max: 4, min: 0, optional: yes}
  secrets: {list: {size: {integer: 1..9}}, max: 2, personal: true, optional: yes}
derived:
  age:    {years_from: born, to: start}
  held:   {years_from: since, to: due, otherwise: 3}
  total:  sum(things.value) + value
  size:   sum(bits.size)
tables:
  ages:   {by: age, bands: {0-24: 1.5000, 25-90: 1.0000}}
  sizes:  {by: size, bands: {0-9: 1.0000, 10+: 1.1000}}
sections:
  cover:
    tax: full
    limit: {amount: 1 EUR, per: event}
    premium:
      - base: 1.5000% of total
      - times: ages
      - {times: sizes, when: count(bits) > 0 and held > 1 and kind == 'car'}
      - {plus: 1 EUR, when: bonus > 1.25 or tread < 1.5 or winter or trailer}
      - {plus: 5% of load, when: highest(things.count) > 3 or seats * doors > 4 or extra == 'some'}
"""
)

Given = dict[str, Any]


class Ways:
    """Both ways in to one edition."""

    def __init__(self, edition: LoadedEdition) -> None:
        self.edition, self.zone = edition, edition.rules.timezone
        self.compiled = edition.compiled(edition.taxes_on(ON))
        self.intake = Intake(edition.rules, self.compiled)

    def quick(self, given: Given, period: Period, asked_at: datetime) -> tuple[Any, Any]:
        """The facts and the figures of the quick way."""
        term = calendar_facts(self.edition.rules, period, asked_at)
        days = local_day(period.start, self.zone), local_day(asked_at, self.zone)
        return self.intake.read(given, term, *days), self.intake.price(given, term, *days)

    def slow(self, given: Given, period: Period, asked_at: datetime) -> dict[str, Fact] | None:
        """The facts of `admission`; None where it refuses the risk."""
        try:
            return admit(self.edition.rules, given, period, asked_at, read_json).facts
        except Rejected:
            return None


@pytest.fixture(scope="module")
def asked() -> Ways:
    return Ways(edition_of(ASKED))


def as_json(rule: Input, value: Any, chance: random.Random) -> Any:
    """A canonical value as JSON carries it."""
    match rule:
        case ListOf(list_=fields):
            return [{name: as_json(fields[name], found, chance) for name, found in thing.items()} for thing in value]
        case MoneyIn(money=span):
            return {"amount": value // MICRO_PER_CENT, "currency": span.currency}
        case DecimalIn():
            text = decimal_text(value, 6)
            return chance.choice([text, float(text), *([int(text)] if "." not in text else [])])
        case DateIn():
            return value.isoformat()
    return value


def json_of(edition: LoadedEdition, risk: Risk, chance: random.Random) -> Given:
    return {name: as_json(edition.rules.inputs[name], value, chance) for name, value in risk.values.items()}


JUNK: list[Any] = [
    None, True, False, 0, 1, -1, 2, 10**15, 1.0, 0.5, 0.25, 1.23456, float("nan"), float("inf"), 1e300, -0.0, "", "x", "1",
    "1.5", "-0", "01", " 1", "1e3", "yes", "car", "2020-01-01", "20200101", "2020-W01-1", "2020-1-1", "2020-02-30",
    "1889-12-31", "2201-01-01", "\uff12\uff10\uff12\uff10-01-01", "75-011", "--", "é", "a\n", [], [1], [[]], [None] * 2, {}, {"amount": 100},
    {"amount": 100, "currency": "EUR"}, {"amount": True, "currency": "EUR"}, {"amount": 1.0, "currency": "EUR"},
    {"amount": 100, "currency": "USD"}, {"amount": 100, "currency": "EUR", "more": 1}, {"currency": "EUR", "amont": 5},
    ["amount", "currency"], [{}], [{"size": 1}], [{"size": 1}, {"size": 2, "sise": 3}], [{"value": 1}], "ab",
]  # fmt: skip


def spoilt(given: Given, chance: random.Random) -> Given:
    """A risk with something in it that is as nobody asked for it."""
    given = copy.deepcopy(given)
    for _ in range(chance.choice((1, 1, 1, 2))):
        holder: Any = given
        while True:
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not keys:
                break
            key = chance.choice(keys)
            if isinstance(holder[key], dict | list) and chance.random() < 0.6:
                holder = holder[key]
                continue
            _spoil(holder, key, chance)
            break
    return given


def _spoil(holder: Any, key: Any, chance: random.Random) -> None:
    value = holder[key]
    match chance.randrange(5):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder[chance.choice(["other", "kind", "size", "value", "currency", str(key).upper()])] = value
        case 2 if isinstance(value, int) and not isinstance(value, bool):
            holder[key] = value + chance.choice([-1, 1, -(10**9), 10**9])
        case 3 if isinstance(value, str):
            holder[key] = chance.choice([value + " ", value[:-1], value.upper(), value + value])
        case _:
            holder[key] = copy.deepcopy(chance.choice(JUNK))


def risks_of(edition: LoadedEdition, seed: str, count: int) -> Iterator[Risk]:
    return islice(Risks(edition, seed).risks(), count)


EDITIONS: dict[str, Callable[[], LoadedEdition]] = {
    "asked": lambda: edition_of(ASKED),
    "forms": lambda: made_edition("forms"),
    "calendar": lambda: made_edition("calendar"),
    "off_duty_vehicle": lambda: real("off_duty_vehicle"),
    "goods_carried": lambda: real("goods_carried"),
}


class TestIntake:
    @pytest.mark.parametrize("name", EDITIONS)
    def test_reads_what_admission_reads_to_the_same_facts_and_price(self, name: str) -> None:
        ways, chance = Ways(EDITIONS[name]()), random.Random(name)
        for risk in risks_of(ways.edition, name, 300):
            given = json_of(ways.edition, risk, chance)
            facts, figures = ways.quick(given, risk.period, risk.asked_at)
            assert facts == ways.slow(given, risk.period, risk.asked_at), given
            assert facts is not None
            assert figures == ways.compiled.figures(facts), given
            # One is no yes, and a yes no one: equal as they are to Python.
            assert {name: type(fact) for name, fact in facts.items()} == {
                name: type(fact) for name, fact in (ways.slow(given, risk.period, risk.asked_at) or {}).items()
            }

    @pytest.mark.parametrize("name", EDITIONS)
    def test_never_reads_what_admission_refuses(self, name: str) -> None:
        ways, chance = Ways(EDITIONS[name]()), random.Random(name)
        refused = read = 0
        for risk in risks_of(ways.edition, f"{name} spoilt", 300):
            for _ in range(4):
                given = spoilt(json_of(ways.edition, risk, chance), chance)
                slow = ways.slow(given, risk.period, risk.asked_at)
                facts, figures = ways.quick(given, risk.period, risk.asked_at)
                assert facts is None or facts == slow, given
                assert figures == (None if facts is None else ways.compiled.figures(facts)), given
                refused += slow is None
                read += facts is not None
        assert refused > 500
        assert read > 25

    def test_never_reads_junk_in_any_place(self, asked: Ways) -> None:
        chance = random.Random("junk")
        risk = next(risks_of(asked.edition, "junk", 1))
        for name, junk in product(asked.edition.rules.inputs, JUNK):
            given = {**json_of(asked.edition, risk, chance), name: junk}
            facts, _ = asked.quick(given, risk.period, risk.asked_at)
            assert facts is None or facts == asked.slow(given, risk.period, risk.asked_at), (name, junk)

    def test_reads_a_risk_by_its_defaults(self, asked: Ways) -> None:
        given: Given = {
            "plate": "ab-123", "kind": "car", "trailer": False, "seats": 4, "value": {"amount": 50, "currency": "EUR"},
            "bonus": 0.5, "born": "1996-02-08", "things": [{"value": {"amount": 100, "currency": "EUR"}, "owner": 1}],
        }  # fmt: skip
        facts, figures = asked.quick(given, PERIOD, START - timedelta(hours=2))
        assert facts == {
            "term_hours": 12, "term_days": 1, "start_hour": 8, "start_weekday": 6, "lead_hours": 2, "kind": "car",
            "extra": "none", "trailer": False, "winter": False, "seats": 4, "doors": 4, "value": 500_000,
            "load": 12_340_000, "bonus": 500_000, "tread": 1_500_000, "count(things)": 1, "sum(things.value)": 1_000_000,
            "highest(things.value)": 1_000_000, "lowest(things.value)": 1_000_000, "sum(things.count)": 1,
            "highest(things.count)": 1, "lowest(things.count)": 1, "count(bits)": 0, "sum(bits.size)": 0,
            "highest(bits.size)": 0, "lowest(bits.size)": 0, "age": 29, "held": 3,
        }  # fmt: skip
        # 1.5 % of 1.50 EUR and 5 % of 12.34 EUR: 0.0225 + 0.617 = 0.6395; 20 % and 1.2 % of 0.64, 0.65 flat.
        assert figures is not None
        assert (figures[1], figures[-1]) == ((64,), 64 + 13 + 1 + 65)

    def test_leaves_a_day_that_is_no_longer_to_come_to_admission(self, asked: Ways) -> None:
        risk = next(risks_of(asked.edition, "due", 1))
        given = json_of(asked.edition, risk, random.Random("due"))
        for ahead, there in ((0, True), (-1, False)):
            due = local_day(START, "Europe/Paris") + timedelta(days=ahead)
            facts, _ = asked.quick(given | {"due": due.isoformat()}, PERIOD, START)
            assert (facts is not None) == there

    def test_leaves_an_object_without_a_name_to_admission(self, asked: Ways) -> None:
        risk = next(risks_of(asked.edition, "plate", 1))
        given = json_of(asked.edition, risk, random.Random("plate"))
        assert asked.quick(given | {"plate": "- -"}, risk.period, risk.asked_at) == (None, None)
        assert asked.quick(given | {"plate": "- 1"}, risk.period, risk.asked_at)[0] is not None


class TestDecimals:
    @pytest.mark.parametrize(
        ("value", "millionths"),
        [("1.25", 1_250_000), (1.25, 1_250_000), (0.1, 100_000), (3, 3_000_000), (-0.5, -500_000), ("-2.5", -2_500_000),
         (1234567.8901, 1_234_567_890_100)],
    )  # fmt: skip
    def test_are_read_from_text_and_numbers(self, value: object, millionths: int) -> None:
        assert decimal_of(value) == millionths

    @pytest.mark.parametrize("value", [True, None, 0.12345, float("nan"), 1e20, "1,5", "0.12345", []])
    def test_are_nothing_else(self, value: object) -> None:
        with pytest.raises((ValueError, OverflowError)):
            decimal_of(value)


class TestDays:
    @pytest.mark.parametrize("text", ["2020-W01-1", "20200101", "2020-001", "2020-01-1 ", "2020-13-01", "2020", ""])
    def test_are_written_one_way(self, text: str) -> None:
        with pytest.raises(ValueError):
            day_of(text)
