"""What rules come to for many risks at once: the checker's own arithmetic, which nothing that prices shares.

A fact is a column over the risks, or one value for all of them: whole numbers, truth values, and for each word a number
of its own. Columns of several shapes meet by NumPy's broadcasting. Whatever is worked out here fits 64 bits, as
`bounds` has seen to before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final

import numpy as np

from coverage.rulebook.language.expressions import Expression
from coverage.rulebook.language.notation import (
    FACTOR_ONE,
    MICRO_PER_CENT,
    RATE_ONE,
    Factor,
    Flat,
    Outcome,
    PerTerm,
    RateOf,
    ShareOf,
)
from coverage.rulebook.planning.plan import (
    FIRST_DAY_HOURS,
    LAST_DAY_HOURS,
    Axis,
    Charge,
    Lookup,
    Plan,
    PlannedSection,
    Row,
    days_in,
)

Column = Any  # a NumPy array, or one value for every risk

_MEANING: Final = {
    "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "==": np.equal, "!=": np.not_equal,
    "+": np.add, "-": np.subtract, "*": np.multiply, "//": np.floor_divide, "min": np.minimum, "max": np.maximum,
    "and": np.logical_and, "or": np.logical_or,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Priced:
    """A section over many risks: its premium in cents, the running amount after each step in micro-units, whether it is
    covered, whether a cell was met that doesn't price, and a number for the way through tables and conditions.
    """

    cents: Column
    running: tuple[Column, ...]
    covered: Column
    unpriced: Column
    way: Column


class Layout:
    """What is laid out once for a plan: a number for each word, and each table's cells as columns."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.words: dict[str, int] = {}
        self._behind: dict[str, frozenset[str]] = {}
        self._order = {name: number for number, name in enumerate(plan.formulas)}
        for name, formula in plan.formulas.items():
            self._behind[name] = self.behind(formula.names())
        self._cells: dict[str, tuple[Column, Column]] = {}
        self._rows: dict[str, tuple[list[Row], Column]] = {}
        self._declining: dict[str, Column] = {}
        self._starts: dict[int, Column] = {}

    def word(self, text: str) -> int:
        """The number of a word; a word that no rule knows may be 0."""
        return self.words.setdefault(text, len(self.words) + 1)

    def text(self, number: int) -> str:
        """The word of a number."""
        return next((text for text, known in self.words.items() if known == number), "any other")

    def behind(self, names: Iterable[str]) -> frozenset[str]:
        """The facts that names are read from: formulas taken apart."""
        return frozenset().union(*(self._behind.get(name, {name}) for name in names))

    def formulas(self, names: Iterable[str]) -> dict[str, Expression]:
        """The formulas that names are read from, each before those that read it."""
        wanted: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name in self.plan.formulas and name not in wanted:
                wanted.add(name)
                waiting += self.plan.formulas[name].names()
        return {name: self.plan.formulas[name] for name in sorted(wanted, key=self._order.__getitem__)}

    def declining(self, table: Lookup) -> Column:
        """Which cells of a table's grid decline whoever meets them; of a marginal table also those behind them."""
        if table.name not in self._declining:
            found = np.array(
                [isinstance(row.cell, Outcome) and row.cell.decision == "decline" for row in self.rows(table)[0]]
                + [False]
            )
            cells = found[self.rows(table)[1]]
            self._declining[table.name] = np.logical_or.accumulate(cells) if table.marginal else cells
        return self._declining[table.name]

    def starts(self, axis: Axis) -> Column:
        """The first value of each stretch of an axis of numbers."""
        if id(axis) not in self._starts:
            self._starts[id(axis)] = np.array(axis.starts, np.int64)
        return self._starts[id(axis)]

    def rows(self, table: Lookup) -> tuple[list[Row], Column]:
        """A table's rows, and for each cell of its grid the number of its row (−1: none)."""
        if table.name not in self._rows:
            rows = list(table.all_rows)
            numbers = {id(row): number for number, row in enumerate(rows)}
            self._rows[table.name] = rows, np.array([numbers.get(id(row), -1) for row in table.grid])
        return self._rows[table.name]

    def cells(self, table: Lookup) -> tuple[Column, Column]:
        """The weight of each cell of a table's grid, and whether it doesn't price."""
        if table.name not in self._cells:
            rows, numbers = self.rows(table)
            # The last stands for cells without a row, whose number is −1.
            weights = np.array([*map(table.weight, rows), 0], np.int64)
            self._cells[table.name] = weights[numbers], np.array([*map(doesnt_price, rows), True])[numbers]
        return self._cells[table.name]


class Figures:
    """Works a plan's expressions, tables and sections on columns of facts."""

    def __init__(self, layout: Layout, facts: Mapping[str, Column]) -> None:
        self.layout, self.plan = layout, layout.plan
        self.facts = dict(facts)
        self.priced: dict[str, Priced] = {}

    def value(self, expression: Expression) -> Column:
        """What an expression comes to."""
        match expression.op:
            case "name":
                return self.fact(expression.name)
            case "value" if isinstance(expression.value, str):
                return self.layout.word(expression.value)
            case "value":
                return expression.value
            case "in" | "not in":
                words = [self.layout.word(word) for word in expression.arguments[1].kind.options]
                return np.isin(self.value(expression.arguments[0]), words, invert=expression.op == "not in")
            case "not":
                return np.logical_not(self.value(expression.arguments[0]))
            case op:
                return reduce(_MEANING[op], map(self.value, expression.arguments))

    def fact(self, name: str) -> Column:
        """A fact, or a derived value that is a formula."""
        if name not in self.facts:
            # A formula reads formulas above it, which may be many: each is worked out before it is read.
            for key, formula in self.layout.formulas([name]).items():
                if key not in self.facts:
                    self.facts[key] = self.value(formula)
        return self.facts[name]

    # --------------------------------------------------------------------------------------- tables

    def positions(self, axis: Axis) -> Column:
        """In which stretch of a table's axis each risk falls."""
        values = self.fact(axis.key)
        if axis.starts:
            return np.maximum(np.searchsorted(self.layout.starts(axis), values, side="right") - 1, 0)
        if axis.sort == "yes_no":
            return np.where(values, axis.positions[True], axis.positions[False])
        numbers = [self.layout.word(option) for option in axis.options]
        translated = np.full(len(self.layout.words) + 1, len(axis.options))
        translated[numbers] = np.arange(len(numbers))
        return translated[values]

    def meetings(self, table: Lookup) -> Column:
        """Which cell of its grid each risk falls in."""
        cell: Column = 0
        for axis in table.axes:
            cell = cell * axis.size + self.positions(axis)
        return cell

    def _marginal(self, table: Lookup) -> tuple[Column, Column]:
        """What all units until the key's value cost together, and whether one of them has no price."""
        weights, unpriced = self.layout.cells(table)
        starts = self.layout.starts(table.axes[0])
        lengths = np.diff(starts)
        before = np.concatenate([[0], np.cumsum(weights[:-1] * lengths)])
        units, cells = self.fact(table.key), self.positions(table.axes[0])
        total = before[cells] + weights[cells] * (units - starts[cells] + 1)
        return np.where(units > 0, total, 0), np.logical_or.accumulate(unpriced)[cells] & (units > 0)

    def looked_up(self, table: Lookup) -> tuple[Column, Column]:
        """What a table charges, or multiplies by, and whether it doesn't price; by the day factors are rounded."""
        if table.marginal:
            return self._marginal(table)
        if table.by_day:
            return self._by_day(table, FACTOR_ONE)
        cells, (weights, unpriced) = self.meetings(table), self.layout.cells(table)
        return weights[cells], unpriced[cells]

    def _by_day(self, table: Lookup, running: Column) -> tuple[Column, Column]:
        """A table over the seasons of the term's days: amounts added up, factors averaged over the days."""
        weights, unpriced = self.layout.cells(table)
        days = [self.fact(days_in(table.key, option)) for option in table.axes[0].options]
        total = sum(count * weight for count, weight in zip(days, weights, strict=True))
        gaps = reduce(np.logical_or, [(count > 0) & gap for count, gap in zip(days, unpriced, strict=True)])
        if table.sort == "amount":
            return total, gaps
        divisor = FACTOR_ONE * self.fact("term_days")
        return (running * total + divisor // 2) // divisor, gaps

    # --------------------------------------------------------------------------------------- sections

    def section(self, section: PlannedSection) -> Priced:
        """The section's premium, step by step; the sections that it has a share of must have been priced before."""
        running: Column = np.int64(0)
        unpriced: Column = np.bool_(False)
        way: Column = np.int64(0)
        each: list[Column] = []
        for step in section.steps:
            after, gaps, cell = self._stepped(step.op, step.charge, running)
            if step.when is not None:
                taken = self.value(step.when)
                after, gaps, cell = np.where(taken, after, running), gaps & taken, np.where(taken, cell + 1, 0)
            running, unpriced, way = after, unpriced | gaps, way * 8191 + cell
            each.append(running)
        covered: Column = np.bool_(True)
        if section.when is not None:
            covered = covered & self.value(section.when)
        if section.unavailable is not None:
            covered = covered & ~self.value(section.unavailable[0])
        cents = np.where(covered, (running + MICRO_PER_CENT // 2) // MICRO_PER_CENT, 0)
        self.priced[section.name] = Priced(cents, tuple(each), covered, unpriced & covered, way * 2 + covered)
        return self.priced[section.name]

    def _stepped(self, op: str, charge: Charge, running: Column) -> tuple[Column, Column, Column]:
        """The running amount after a step, where it isn't priced, and which of a table's cells were met."""
        never = np.bool_(False)
        match charge:
            case Factor(value=factor):
                return times(running, factor), never, 0
            case Lookup() if charge.by_day:
                figure, gaps = self._by_day(charge, running)
                return (figure if op == "times" else joined(op, running, figure)), gaps, 0
            case Lookup():
                figure, gaps = self.looked_up(charge)
                after = times(running, figure) if op == "times" else joined(op, running, figure)
                return after, gaps, self.meetings(charge)
        return joined(op, running, self._figure(charge)), never, 0

    def _figure(self, charge: Flat | PerTerm | RateOf | ShareOf) -> Column:
        match charge:
            case Flat(amount):
                return amount.micros
            case PerTerm(amount=amount, unit="day", day_cap=cap):
                return self.fact("term_days") * min(amount.micros, cap.micros if cap else amount.micros)
            case PerTerm(amount=amount, day_cap=None):
                return self.fact("term_hours") * amount.micros
            case PerTerm(amount=amount, day_cap=cap):
                return self._capped(amount.micros, cap.micros if cap else 0)
            case RateOf(rate=rate, name=name, per_day=per_day):
                base = self.fact(name) * rate * (self.fact("term_days") if per_day else 1)
                return (base + RATE_ONE // 2) // RATE_ONE
        nets = sum(self.priced[name].cents for name in charge.sections)
        return (nets * MICRO_PER_CENT * charge.rate + RATE_ONE // 2) // RATE_ONE

    def _capped(self, hourly: int, cap: int) -> Column:
        """An amount per hour with a cap for each day: days of 24 hours from the start, or of the calendar."""
        whole = min(24 * hourly, cap)
        if self.plan.day == "24h":
            hours = self.fact("term_hours")
            return hours // 24 * whole + np.minimum(hours % 24 * hourly, cap)
        ends = [np.minimum(self.fact(name) * hourly, cap) for name in (FIRST_DAY_HOURS, LAST_DAY_HOURS)]
        return ends[0] + ends[1] + np.maximum(self.fact("term_days") - 2, 0) * whole


@dataclass(frozen=True, slots=True)
class Declining:
    """What declines whoever meets it: a rule's condition, or the cells of a table that is always consulted."""

    names: frozenset[str]  # the facts behind it
    condition: Expression | None = None
    table: Lookup | None = None


def declining(layout: Layout) -> list[Declining]:
    """Everything that declines a risk whatever sections it has."""
    plan = layout.plan
    found = [
        Declining(layout.behind(check.condition.names()), condition=check.condition)
        for check in plan.checks
        if plan.verdicts[check.outcome].decision == "decline"
    ]
    found += [
        Declining(layout.behind(step.charge.keys), table=step.charge)
        for section in plan.sections
        for step in (section.steps if not section.conditional else ())
        if isinstance(step.charge, Lookup) and step.when is None and not step.charge.by_day
    ]
    return found


def times(running: Column, factor: Column) -> Column:
    """A factor × 10⁴ on micro-units, half up."""
    return (running * factor + FACTOR_ONE // 2) // FACTOR_ONE


def joined(op: str, running: Column, figure: Column) -> Column:
    """The running amount after an operation with an amount."""
    match op:
        case "plus":
            return running + figure
        case "minus":
            return np.maximum(running - figure, 0)
        case "at_least":
            return np.maximum(running, figure)
        case "at_most":
            return np.minimum(running, figure)
    return running * 0 + figure  # base


def doesnt_price(row: Row | None) -> bool:
    """Whether a table's row doesn't price: it declines or refers, or isn't there."""
    return row is None or isinstance(row.cell, Outcome)
