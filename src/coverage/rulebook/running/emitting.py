"""The plan written down as the source of a function: one walk over it, in the words of a dialect.

What a step means stands here once, for one risk and for columns of them. In the source `f_…` are facts, `p` is a
section's running amount in micro-units, `s0`, `s1`, … are the sections' whole cents (0 where not covered) and `in0`, …
whether they are covered, `w0`, … the ways in which they are taxed, `u0`, … surcharges, `n0`, … what falls in each tax
class and `t0`, … the taxes. A cell that doesn't price is the complement of its verdict's number, and so under zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from coverage.rulebook.language.expressions import Expression
from coverage.rulebook.language.notation import (
    FACTOR_ONE,
    MICRO_PER_CENT,
    RATE_ONE,
    Factor,
    Flat,
    PerTerm,
    RateOf,
    ShareOf,
)
from coverage.rulebook.planning.plan import (
    FIRST_DAY_HOURS,
    LAST_DAY_HOURS,
    Axis,
    Charge,
    ContractMove,
    Lookup,
    Plan,
    PlannedSection,
    PlannedStep,
    Row,
    days_in,
)
from coverage.rulebook.planning.taxes import TaxesInForce
from coverage.rulebook.running.dialect import Dialect, Look, local
from coverage.rulebook.running.emitting_taxes import TaxEmitter

DENSE_VALUES: Final = 4096  # a key of no more values has a figure laid down for each of them
HOURS_A_DAY: Final = 24


class Emitter:
    """Writes a plan's function down in a dialect."""

    def __init__(self, plan: Plan, taxes: TaxesInForce, write: Dialect) -> None:
        self.plan, self.write = plan, write
        self.tax = TaxEmitter(plan, taxes, write)

    def body(self) -> list[str]:
        """The lines that price a risk from the locals of its facts, the last of them the answer."""
        lines = self.write.apart(self._rate)
        return self.write.apart(self._derived) + lines

    @property
    def facts(self) -> list[str]:
        """The facts that the body asks for."""
        return sorted(self.write.reads - set(self.plan.formulas))

    def _derived(self) -> None:
        """Derived values that are expressions, as far as something asks for them."""
        for name, formula in reversed(self.plan.formulas.items()):
            if name in self.write.reads:
                self.write.reads |= formula.names()
        for name, formula in self.plan.formulas.items():
            if name in self.write.reads:
                self.write.let(local(name), self.write.expression(formula))

    def _rate(self) -> None:
        for check in self.plan.checks:
            with self.write.when(self._condition(check.condition)):
                self.write.meet(check.outcome)
        slots = iter(range(sum(len(section.steps) for section in self.plan.sections)))
        for index, section in enumerate(self.plan.sections):
            self._section(index, section, slots)
        self.tax.ways()
        if self.plan.rounds_gross:
            self._gross_function()
        nets = ", ".join(f"s{index}" for index in range(len(self.plan.sections)))
        self.write.keep("k0", f"({nets},)")
        for number, move in enumerate(self.plan.moves, start=1):
            with self.write.when(self._condition(move.when)):
                self._move(move)
                self.write.keep(f"k{number}", f"({nets},)")
        self.write.let("gross", self.tax.amounts())
        self.write.answer(self.tax.answer("gross"))

    def _gross_function(self) -> None:
        """What the gross premium would be with other cents for the sections: `gross_of`, a function beside."""
        lines = self.write.apart(lambda: self.write.emit(f"return {self.tax.amounts()}"))
        nets = [f"s{index}" for index in range(len(self.plan.sections))]
        self.write.function("gross_of", [*nets, *self.tax.decided_by], lines)

    def _condition(self, expression: Expression | None) -> str:
        return self.write.expression(expression) if expression else ""

    # ------------------------------------------------------------------------------------------ sections

    def _section(self, index: int, section: PlannedSection, slots: Iterator[int]) -> None:
        self._coverage(index, section)
        with self.write.section(index, self.tax.covered(index)):
            for step in section.steps:
                self._step(step, next(slots))
            self.write.let(f"s{index}", f"(p + {MICRO_PER_CENT // 2}) // {MICRO_PER_CENT}")

    def _coverage(self, index: int, section: PlannedSection) -> None:
        wanted = self._condition(section.when)
        if section.unavailable is not None:
            condition, verdict = section.unavailable
            self.write.let(f"no{index}", self.write.both(wanted, self.write.expression(condition)))
            with self.write.when(f"no{index}"):
                self.write.meet(verdict)
            wanted = self.write.both(wanted, self.write.negated(f"no{index}"))
        if wanted:
            self.write.let(f"in{index}", wanted)

    def _step(self, step: PlannedStep, slot: int) -> None:
        if step.when and step.op == "base":
            self.write.let("p", "0")
        with self.write.when(self._condition(step.when)):
            self.write.let("p", self._operation(step.op, "p", self._charge(step.charge), step.charge))
            self.write.keep(f"r{slot}", "p")

    def _operation(self, op: str, running: str, figure: str, charge: Charge) -> str:
        if op == "times" and isinstance(charge, Lookup) and charge.by_day:
            return self.write.operation("times_by_day", running, figure, self.write.read("term_days"))
        return self.write.operation(op, running, figure)

    def _charge(self, charge: Charge) -> str:
        """The charge as an expression in micro-units, or as a factor × 10⁴."""
        match charge:
            case Flat(amount):
                return str(amount.micros)
            case Factor(value):
                return str(value)
            case PerTerm():
                return self._per_term(charge)
            case RateOf(rate=rate, name=name, per_day=per_day):
                days = f" * {self.write.read('term_days')}" if per_day else ""
                return f"({self.write.read(name)} * {rate}{days} + {RATE_ONE // 2}) // {RATE_ONE}"
            case ShareOf(rate=rate, sections=names):
                order = [section.name for section in self.plan.sections]
                nets = " + ".join(f"s{order.index(name)}" for name in names)
                return f"(({nets}) * {MICRO_PER_CENT} * {rate} + {RATE_ONE // 2}) // {RATE_ONE}"
            case Lookup():
                return self._looked_up(charge)

    def _per_term(self, charge: PerTerm) -> str:
        """An amount for each charged hour or day. With a cap no day costs more: each day is capped by itself."""
        micros, cap = charge.amount.micros, charge.day_cap.micros if charge.day_cap else None
        if charge.unit == "day":
            return f"{micros if cap is None else min(micros, cap)} * {self.write.read('term_days')}"
        if cap is None:
            return f"{micros} * {self.write.read('term_hours')}"
        name, day = f"D_{micros}_{cap}", [min(hours * micros, cap) for hours in range(HOURS_A_DAY + 1)]
        if self.plan.day == "calendar":
            days = self.write.read("term_days")
            ends = [self.write.pick(name, day, self.write.read(end)) for end in (FIRST_DAY_HOURS, LAST_DAY_HOURS)]
            between = self.write.either(f"{days} > 2", f"({days} - 2) * {day[-1]}", "0")
            return f"({' + '.join(ends)} + {between})"
        hours, most = self.write.read("term_hours"), self.plan.kinds["term_hours"].highest
        if most < DENSE_VALUES:
            dense = [count // HOURS_A_DAY * day[-1] + day[count % HOURS_A_DAY] for count in range(most + 1)]
            return self.write.pick(f"H_{micros}_{cap}", dense, hours)
        return f"({hours} // {HOURS_A_DAY} * {day[-1]} + {self.write.pick(name, day, f'{hours} % {HOURS_A_DAY}')})"

    # ------------------------------------------------------------------------------------------ tables

    def _looked_up(self, table: Lookup) -> str:
        if table.by_day:
            return self._by_day(table)
        if table.marginal:
            return self._marginal(table)
        cells, look = [_cell(table, row) for row in table.grid], self._look(table)
        if min(cells) >= 0:
            return look(f"T_{table.name}", cells)
        return self.write.settled(table.name, cells, FACTOR_ONE if table.sort == "factor" else 0, look)

    def _look(self, table: Lookup) -> Look:
        """How figures that are laid out as the table's cells are looked up."""
        if len(table.axes) == 1:
            return lambda name, figures: self._mapped(name, table.axes[0], figures)
        width = table.axes[1].size
        first = self._mapped(f"A_{table.name}", table.axes[0], range(0, table.cells, width))
        second = self._mapped(f"B_{table.name}", table.axes[1], range(width))
        return lambda name, figures: self.write.pick(name, figures, f"{first} + {second}")

    def _mapped(self, name: str, axis: Axis, figures: Sequence[int]) -> str:
        """The figure of the stretch of a key that its fact falls in; `figures` are those of all its stretches."""
        if not axis.starts:
            return self.write.by_choice(name, axis, figures)
        key, kind = self.write.read(axis.key), self.plan.kinds[axis.key]
        if kind.highest - kind.lowest >= DENSE_VALUES:
            return self.write.pick(name, figures, self.write.stretch(name, axis.starts[1:], key))
        dense = [figures[axis.position(value)] for value in range(kind.lowest, kind.highest + 1)]
        if 0 <= kind.lowest < DENSE_VALUES:  # figures for values that never come spare a subtraction
            return self.write.pick(name, [dense[0]] * kind.lowest + dense, key)
        return self.write.pick(name, dense, f"{key} - {kind.lowest}" if kind.lowest > 0 else f"{key} + {-kind.lowest}")

    def _by_day(self, table: Lookup) -> str:
        """The sum over the days of the term, each in its own season; a season's verdict is met by a day in it."""
        terms = []
        for season in table.axes[0].options:
            row, days = _filled(table, table.row_of(season)), self.write.read(days_in(table.key, season))
            terms.append(f"{days} * {table.weight(row)}")
            if row.outcome >= 0:
                with self.write.when(f"{days} > 0"):
                    self.write.meet(row.outcome)
        return f"({' + '.join(terms)})"

    def _marginal(self, table: Lookup) -> str:
        """What the units 1 to the key's value cost together; where that value lies decides whether it is declined."""
        axis, key, highest = table.axes[0], self.write.read(table.key), self.plan.kinds[table.key].highest
        rows = [_filled(table, row) for row in table.grid]
        verdicts = [~row.outcome if row.outcome >= 0 else 0 for row in rows]
        if any(verdicts):
            with self.write.when(f"{key} > 0"):
                self.write.spoken(table.name, verdicts, self._look(table))
        totals, weights = (
            [0],
            [table.weight(row) for row in rows],
        )  # what the units before each stretch cost, and each in it
        for index in range(1, len(rows)):
            totals.append(totals[-1] + (axis.starts[index] - axis.starts[index - 1]) * weights[index - 1])
        if highest < DENSE_VALUES:
            at = [axis.position(count) for count in range(highest + 1)]
            dense = [totals[i] + (count - axis.starts[i] + 1) * weights[i] for count, i in enumerate(at)]
            return self.write.pick(f"T_{table.name}", dense, key)
        stretch = self.write.stretch(f"T_{table.name}", axis.starts[1:], key)
        until = [start - 1 for start in axis.starts]
        total, start, weight = (
            self.write.pick(f"{letter}_{table.name}", figures, stretch)
            for letter, figures in (("T", totals), ("U", until), ("W", weights))
        )
        return f"({total} + ({key} - {start}) * {weight})"

    # ------------------------------------------------------------------------------------------ the contract's moves

    def _move(self, move: ContractMove) -> None:
        over = move.over
        nets = " + ".join(f"s{index}" for index in over)
        covered = [self.tax.covered(index) for index in over]
        flags = f"({', '.join(found or 'True' for found in covered)},)"
        with self.write.when(self.write.any_of(covered)):
            match move.op, move.charge:
                case "times", Factor() | Lookup() as charge:
                    self.write.hold("c", self._charge(charge))
                    for index in over:
                        self.write.let(f"s{index}", self._operation("times", f"s{index}", "c", charge))
                case "minus", Flat() | Lookup() as charge:
                    self.write.hold("c", f"({self._charge(charge)}) // {MICRO_PER_CENT}")
                    with self.write.when(f"{nets} > 0"):
                        self.write.respread("lowered", over, "c")
                case "at_least", int() as least:
                    with self.write.when(f"{nets} < {least}"):
                        self.write.respread("raised", over, flags, str(least))
                case "round_gross", int() as multiple:
                    decided_by = "".join(f"{name}, " for name in self.tax.decided_by)
                    self.write.respread("rounded", over, flags, f"gross_of, ({decided_by}), {multiple}")
                case _:
                    raise TypeError(f"{move.op} of {move.charge!r}")


def _filled(table: Lookup, row: Row | None) -> Row:
    if row is None:
        raise AssertionError(f"{table.name} has a gap")
    return row


def _cell(table: Lookup, row: Row | None) -> int:
    found = _filled(table, row)
    return ~found.outcome if found.outcome >= 0 else table.weight(found)
