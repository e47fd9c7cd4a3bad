"""Risks for any edition: half of each on an edge of the rules (a band, a bound, a birthday, a started hour) ± 1."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from coverage.domain.period import Period, local_day
from coverage.rulebook.admission import Admitted, admit, read_written
from coverage.rulebook.editions import LoadedEdition
from coverage.rulebook.explaining import explain
from coverage.rulebook.format import YearsFrom
from coverage.rulebook.inputs import DateIn, Input, IntegerIn, MoneyIn, OneOf, TextIn, YesNo
from coverage.rulebook.notation import MICRO_PER_CENT, amount, band
from coverage.rulebook.oracle import Oracle, Told
from coverage.rulebook.plan import Lookup
from coverage.rulebook.scalar import Decision, Scalar
from coverage.rulebook.taxes import TaxesInForce

FIRST = datetime(2026, 2, 1, tzinfo=UTC)
WORDS = {"registration": "AB-123-CD", "goods_description": "a grey laptop"}


class Risks:
    """Risks of one edition, as its worked prices would write them."""

    def __init__(self, edition: LoadedEdition, seed: str) -> None:
        self.edition, self.chance = edition, random.Random(seed)
        rules = edition.rules
        text = edition.document.text
        self.numbers = sorted({int(n) for n in re.findall(r"(?<![\d.])\d{1,4}(?![\d.])", text)})
        for table in rules.tables.values():
            if table.form == "bands":
                spans = [band(label) for label in table.rows]
                self.numbers += [n for span in spans for n in (span.lowest, span.highest) if n is not None]
        bounds = [amount(label) for table in rules.tables.values() if table.form == "from" for label in table.rows]
        written = [amount(found) for found in re.findall(r"\d[\d.]* [A-Z]{3}\b", text)]
        self.cents = sorted({found.micros // MICRO_PER_CENT for found in [*bounds, *written]})

    def __iter__(self) -> Iterator[Admitted]:
        while True:
            period, asked_at = self._term()
            given = {name: self._value(name, rule, period) for name, rule in self.edition.rules.inputs.items()}
            given = {name: value for name, value in given.items() if value is not None}
            yield admit(self.edition.rules, given, period, asked_at, read_written)

    def _edge(self) -> bool:
        return self.chance.random() < 0.5

    def _term(self) -> tuple[Period, datetime]:
        term, chance = self.edition.rules.term, self.chance
        seconds = chance.randint(term.min, term.max)
        if self._edge():
            unit = chance.choice([3600, 86_400])
            seconds = (
                chance.randint(0, term.max // unit) * unit + chance.choice([0, term.grace]) + chance.choice([-1, 0, 1])
            )
        seconds = min(max(seconds, term.min), term.max)
        start = FIRST + timedelta(seconds=chance.randrange(300 * 86_400))
        ahead = chance.choice([0, 3599, 3600, term.book_ahead, chance.randint(0, term.book_ahead)])
        return Period(start, start + timedelta(seconds=seconds)), start - timedelta(seconds=ahead)

    def _value(self, name: str, rule: Input, period: Period) -> str | None:
        chance = self.chance
        if not rule.required and chance.random() < 0.4:
            return None
        match rule:
            case OneOf(one_of=choices):
                return chance.choice(choices)
            case YesNo():
                return chance.choice(["yes", "no"])
            case IntegerIn(integer=span):
                return str(self._near(self.numbers, span.lowest, span.highest))
            case MoneyIn(money=span):
                return f"{self._money(span.lowest, span.highest)} {span.currency}"
            case DateIn():
                return self._day(name, period).isoformat()
            case TextIn():
                return WORDS.get(name, "x")
        raise TypeError(f"no values of {rule.key}")

    def _near(self, edges: list[int], lowest: int, highest: int) -> int:
        value = self.chance.randint(lowest, highest)
        if self._edge():
            value = self.chance.choice([lowest, highest, *edges]) + self.chance.choice([-1, 0, 1])
        return min(max(value, lowest), highest)

    def _money(self, lowest: int, highest: int) -> Decimal:
        low, high = lowest // MICRO_PER_CENT, highest // MICRO_PER_CENT
        cents = self._near(self.cents, low, high)
        if self.chance.random() < 0.4:
            # Round figures of a hundred cents and more meet exact halves of a cent: 10 EUR × 0.15 % = 0.015.
            cents = min(max(cents // 500 * 500, low), high)
        return Decimal(cents) / 100

    def _day(self, name: str, period: Period) -> date:
        """A day on which a number of years is reached when the cover starts, or the day before or after."""
        day = local_day(period.start, self.edition.rules.timezone)
        derived = self.edition.rules.derived.values()
        read = any(isinstance(rule, YearsFrom) and rule.years_from == name for rule in derived)
        years = self._near([n for n in self.numbers if n <= 110], 0, 110) if read else self.chance.randint(0, 60)
        try:
            then = day.replace(year=day.year - years)
        except ValueError:
            then = date(day.year - years, 3, 1)
        then += timedelta(days=self.chance.choice([-1, 0, 1]) if self._edge() else self.chance.randint(-400, 400))
        return min(then, day - timedelta(days=200))


@dataclass
class Compared:
    """How much was compared, so that a run that met nothing can fail."""

    risks: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    ties: Counter[str] = field(default_factory=Counter)
    minimums: int = 0


def compare(edition: LoadedEdition, taxes: TaxesInForce, seed: str, count: int) -> Compared:
    """Holds the compiled edition to the oracle, risk by risk, to the cent and to the code."""
    compiled, oracle, compared = Scalar(edition.plan, taxes), Oracle(edition.rules, taxes), Compared()
    for _, admitted in zip(range(count), Risks(edition, seed), strict=False):
        decision, told = compiled.decide(admitted.facts), oracle.tell(admitted.facts)
        assert same(decision) == same_told(told), (seed, admitted.given, admitted.facts)
        trace = compiled.trace(admitted.facts)
        assert trace.decision == decision
        # To the millionth in between, since the explanation tells it.
        steps = tuple(Decimal(micros) / 1_000_000 for micros in trace.amounts if micros is not None)
        assert steps == told.steps, (seed, admitted.given, admitted.facts)
        compared.risks += 1
        compared.outcomes[decision.outcome] += 1
        compared.codes.update(decision.reasons)
        if decision.premium is not None:
            _count(compared, compiled, admitted.facts)
        if compared.risks % 10 == 0:
            assert_chained(explain(compiled, admitted.facts), decision)
    return compared


def same(decision: Decision) -> tuple[Any, ...]:
    premium = decision.premium
    if premium is None:
        return decision.outcome, decision.reasons
    nets = {section.name: Decimal(section.net) / 100 for section in premium.sections}
    taxes = {(tax.name, tax.tax_class): Decimal(tax.amount) / 100 for tax in premium.taxes}
    fees, gross = Decimal(premium.fee_total) / 100, Decimal(premium.gross) / 100
    return decision.outcome, decision.reasons, nets, taxes, fees, gross


def same_told(told: Told) -> tuple[Any, ...]:
    if told.outcome == "declined":
        return told.outcome, told.reasons
    return told.outcome, told.reasons, told.sections, told.taxes, told.fees, told.gross


def _count(compared: Compared, compiled: Scalar, facts: Any) -> None:
    """Counts the exact halves that were rounded: in a step, at a section's end, in a tax."""
    trace = compiled.trace(facts)
    slots = iter(trace.amounts)
    for section in compiled.plan.sections:
        running = None
        for step in section.steps:
            after = next(slots)
            if after is None:
                continue
            if step.op == "times" and running is not None and isinstance(step.charge, Lookup):
                row = step.charge.row_of(facts.get(step.charge.key))
                compared.ties["step"] += row is not None and running * step.charge.weight(row) % 10_000 == 5_000
            running = after
        compared.ties["section"] += running is not None and running % MICRO_PER_CENT == MICRO_PER_CENT // 2
    premium = trace.decision.premium
    assert premium is not None
    rates = {(rate.name, rate.tax_class): rate for rate in compiled.taxes.rates}
    for tax in premium.taxes:
        rate = rates[tax.name, tax.tax_class]
        compared.ties["tax"] += tax.base * rate.numerator % rate.denominator == rate.denominator // 2
    compared.minimums += len(set(trace.contract)) > 1


def assert_chained(lines: list[dict[str, Any]], decision: Decision) -> None:
    """Each section's steps hand their amount on, to its net; the nets, taxes and fees end in the gross."""
    premium = decision.premium
    if premium is None:
        assert [line["code"] for line in lines if line["step"] == "decline"]
        return
    running: dict[str, str] = {}
    for line in lines:
        if "section" in line:
            assert line["step"] == "base" or Decimal(line["before"]) == Decimal(running.get(line["section"], "0"))
            running[line["section"]] = line["after"]
    assert {name: Decimal(after) for name, after in running.items() if name in {s.name for s in premium.sections}} == {
        section.name: Decimal(section.net) / 100 for section in premium.sections
    }
    parts = [Decimal(line["after"]) for line in lines if line["step"] in ("premium_tax", "levy", "fee")]
    assert lines[-1]["step"] == "gross"
    assert sum((Decimal(net) for net in running.values()), sum(parts, Decimal(0))) == Decimal(lines[-1]["after"])
    assert Decimal(lines[-1]["after"]) * 100 == premium.gross
