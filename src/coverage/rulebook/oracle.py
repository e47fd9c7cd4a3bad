"""The oracle: a slow, obvious Decimal reading of the typed edition, against which the compiled forms are held.

It shares neither the plan nor the emitter, so that it can't share their mistakes. Nothing in production asks it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

from coverage.rulebook.expressions import Expression, Kind, evaluate, parse
from coverage.rulebook.format import Edition, Section, Step, Table, TaxTable
from coverage.rulebook.notation import (
    Amount,
    Factor,
    Flat,
    Misread,
    Named,
    Outcome,
    PerTerm,
    RateOf,
    ShareOf,
    amount,
    band,
)
from coverage.rulebook.plan import always_there
from coverage.rulebook.taxes import TaxesInForce

MICRO = Decimal("0.000001")
CENT = Decimal("0.01")


def _half_up(value: Decimal, unit: Decimal) -> Decimal:
    return value.quantize(unit, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Told:
    """What the oracle says: the outcome, its codes in the file's order, and amounts in units of the currency; `steps`
    are the running amounts after each premium step that applied.
    """

    outcome: str
    reasons: tuple[str, ...]
    sections: dict[str, Decimal]
    taxes: dict[tuple[str, str], Decimal]
    fees: Decimal
    gross: Decimal
    steps: tuple[Decimal, ...]


class Oracle:
    """Reads one edition with the taxes in force."""

    def __init__(self, edition: Edition, taxes: TaxesInForce) -> None:
        self.edition, self.taxes = edition, taxes
        self.parsed: dict[str, Expression] = {}
        self.file_order = {code: position for position, code in enumerate(self._codes())}

    def _codes(self) -> list[str]:
        codes = [rule.code for rule in self.edition.eligibility]
        for name, table in self.edition.tables.items():
            cells = [*table.rows.values(), *([table.otherwise] if table.otherwise is not None else [])]
            codes += [cell.code for cell in cells if isinstance(cell, Outcome)]
            codes.append(f"{self.edition.tables[name].by}_not_covered")
        return list(dict.fromkeys(codes))

    def tell(self, facts: Mapping[str, object]) -> Told:
        """Decides `facts` (canonical, money in micro-units)."""
        self.kinds = self._kinds()
        self.values: dict[str, object] = {
            name: Decimal(value) / 1_000_000 if self.kinds.get(name, Kind("text")).sort == "money" else value  # type: ignore[arg-type]
            for name, value in facts.items()
        }
        for name, rule in self.edition.derived.items():
            if isinstance(rule, str):
                formula = self._parse(rule)
                self.kinds[name], self.values[name] = formula.kind, evaluate(formula, self.values)
        self.met: dict[str, str] = {}
        for rule_ in self.edition.eligibility:
            if self._holds(rule_.condition):
                self.met[rule_.code] = rule_.decision
        self.nets: dict[str, Decimal] = {}
        self.steps: list[Decimal] = []
        for name, section in self.edition.sections.items():
            if section.when is None or self._holds(section.when):
                self.nets[name] = self._section(section)
        self._minimums()
        return self._told()

    def _kinds(self) -> dict[str, Kind]:
        kinds = dict(always_there(self.edition))
        kinds |= {name: given.kind for name, given in self.edition.inputs.items()}
        return kinds | {
            name: Kind("integer", 0, 130) for name, rule in self.edition.derived.items() if not isinstance(rule, str)
        }

    def _parse(self, text: str) -> Expression:
        if text not in self.parsed:
            self.parsed[text] = _in_units(parse(text, self.kinds))
        return self.parsed[text]

    def _holds(self, text: str) -> bool:
        return bool(evaluate(self._parse(text), self.values))

    def _section(self, section: Section) -> Decimal:
        running = Decimal(0)
        for step in section.premium:
            if step.when is None or self._holds(step.when):
                running = self._step(step, running)
                self.steps.append(running)
        return _half_up(running, CENT)

    def _step(self, step: Step, running: Decimal) -> Decimal:
        if step.op == "times":
            return _half_up(running * self._factor(step.quantity), MICRO)
        charge = self._charge(step.quantity)
        match step.op:
            case "base":
                return charge
            case "plus":
                return running + charge
            case "minus":
                return max(running - charge, Decimal(0))
            case "at_least":
                return max(running, charge)
        return min(running, charge)

    def _factor(self, quantity: Any) -> Decimal:
        if isinstance(quantity, Factor):
            return Decimal(quantity.value) / 10_000
        cell = self._cell(self.edition.tables[quantity.name])
        return Decimal(1) if cell is None else Decimal(cell) / 10_000

    def _charge(self, quantity: Any) -> Decimal:
        match quantity:
            case Flat(found):
                return _units(found)
            case PerTerm(amount=found, unit=unit, day_cap=cap):
                return self._per_term(_units(found), unit, _units(cap) if cap else None)
            case RateOf(rate=rate, name=name, per_day=per_day):
                share = self.values[name] * Decimal(rate) / 1_000_000  # type: ignore[operator]
                return _half_up(share * self._whole("term_days") if per_day else share, MICRO)
            case ShareOf(rate=rate, sections=names):
                shared = sum((self.nets.get(name, Decimal(0)) for name in names), Decimal(0))
                return _half_up(shared * Decimal(rate) / 1_000_000, MICRO)
            case Named(name):
                cell = self._cell(self.edition.tables[name])
                return Decimal(0) if cell is None else Decimal(cell) / 1_000_000
        raise AssertionError(f"{quantity!r} charges nothing")

    def _whole(self, name: str) -> int:
        value = self.values[name]
        if not isinstance(value, int):
            raise TypeError(f"{name} is no whole number")
        return value

    def _per_term(self, each: Decimal, unit: str, cap: Decimal | None) -> Decimal:
        """Day by day: no day costs more than the cap."""
        if unit == "day":
            return (each if cap is None else min(each, cap)) * self._whole("term_days")
        total, left = Decimal(0), self._whole("term_hours")
        while left > 0:
            day = each * min(left, 24)
            total += day if cap is None else min(day, cap)
            left -= 24
        return total

    def _cell(self, table: Table) -> int | None:
        """The factor × 10⁴ or micro-units of the row that holds; None where it refers or declines, which is noted."""
        value = self.values[table.by]
        chosen: Any = table.otherwise if table.otherwise is not None else Outcome("decline", f"{table.by}_not_covered")
        for label, cell in table.rows.items():
            if self._matches(table, label, value):
                chosen = cell  # in a `from` table the last bound that is reached holds
        if isinstance(chosen, Outcome):
            self.met[chosen.code] = chosen.decision
            return None
        return chosen.micros if isinstance(chosen, Amount) else int(chosen)

    @staticmethod
    def _matches(table: Table, label: str, value: Any) -> bool:
        if table.form == "values":
            return label == ({True: "yes", False: "no"}[value] if isinstance(value, bool) else value)
        if table.form == "from":
            return bool(value >= _units(amount(label)))
        try:
            span = band(label)
        except Misread:
            return False
        return span.lowest <= value and (span.highest is None or value <= span.highest)

    def _minimums(self) -> None:
        for step in self.edition.contract:
            rule = step.at_least
            target, over = _units(rule.net), [name for name in rule.over if name in self.nets]
            before = sum((self.nets[name] for name in over), Decimal(0))
            if not over or before >= target:
                continue
            weights = {name: self.nets[name] if before else Decimal(1) for name in over}
            whole = sum(weights.values())
            exact = {name: target * weight / whole for name, weight in weights.items()}
            floored = {name: share.quantize(CENT, rounding=ROUND_FLOOR) for name, share in exact.items()}
            left = int((target - sum(floored.values())) / CENT)
            ranked = sorted(over, key=lambda name: -(exact[name] - floored[name]))
            for name in ranked[:left]:
                floored[name] += CENT
            self.nets |= floored

    def _tax_class(self, name: str) -> str:
        tax = self.edition.sections[name].tax
        if not isinstance(tax, TaxTable):
            return tax
        value = self.values[tax.by]
        return tax.values[{True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)]

    def _told(self) -> Told:
        decisions = self.met.values()
        outcome = "declined" if "decline" in decisions else "referred" if "refer" in decisions else "quoted"
        wanted = {"declined": "decline", "referred": "refer"}.get(outcome)
        codes = sorted(
            (code for code, decision in self.met.items() if decision == wanted), key=self.file_order.__getitem__
        )
        bases: dict[str, Decimal] = {}
        for name, net in self.nets.items():
            tax_class = self._tax_class(name)
            bases[tax_class] = bases.get(tax_class, Decimal(0)) + net
        fees = Decimal(0)
        for fee in self.edition.fees:
            fees += _units(fee.amount)
            if fee.taxed_as:
                bases[fee.taxed_as] = bases.get(fee.taxed_as, Decimal(0)) + _units(fee.amount)
        taxes: dict[tuple[str, str], Decimal] = {}
        for rate in self.taxes.rates:
            if not rate.tax_class:
                taxes[rate.name, ""] = Decimal(rate.flat_cents) / 100
            elif rate.tax_class in bases:
                share = Decimal(rate.rate) / 1_000_000 * Decimal(rate.on_share) / 1_000_000
                taxes[rate.name, rate.tax_class] = _half_up(bases[rate.tax_class] * share, CENT)
        gross = sum(self.nets.values(), Decimal(0)) + sum(taxes.values(), Decimal(0)) + fees
        return Told(outcome, tuple(codes), dict(self.nets), taxes, fees, gross, tuple(self.steps))


def _units(found: Amount) -> Decimal:
    return Decimal(found.micros) / 1_000_000


def _in_units(expression: Expression) -> Expression:
    """Money constants as Decimal units, as the oracle's values are."""
    if expression.op == "value" and expression.kind.sort == "money":
        return Expression("value", expression.kind, value=Decimal(expression.value) / 1_000_000)  # type: ignore[arg-type]
    return Expression(
        expression.op, expression.kind, tuple(map(_in_units, expression.arguments)), expression.name, expression.value
    )
