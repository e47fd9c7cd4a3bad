"""The plan emitted as Python: one function that prices a risk, and one that also keeps every running amount.

The functions see whole numbers only. A table is a dense tuple, a dict or a bisect over its bounds; a cell that
doesn't price is a negative number that names its verdict.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from coverage.domain.premium import FeeLine, Premium, SectionPremium, TaxLine, spread_pro_rata
from coverage.rulebook.expressions import Expression, python_source
from coverage.rulebook.notation import FACTOR_ONE, MICRO_PER_CENT, RATE_ONE, Factor, Flat, PerTerm, RateOf, ShareOf
from coverage.rulebook.plan import Charge, Lookup, Plan, PlannedSection, PlannedStep
from coverage.rulebook.taxes import TaxesInForce

DENSE_ROWS: Final = 4096

Fact = int | bool | str
Facts = Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules say of a risk. A declined risk has no premium; a referred one has."""

    outcome: str  # quoted, referred or declined
    reasons: tuple[str, ...]
    premium: Premium | None


@dataclass(frozen=True, slots=True)
class Trace:
    """Each step's amount after it (micro-units; None where it was passed over), in the plan's order; the verdicts
    that were met; the sections' cents before the contract's steps, and after each of them.
    """

    decision: Decision
    met: tuple[int, ...]
    amounts: tuple[int | None, ...]
    contract: tuple[tuple[int, ...], ...]


# One row for each operation: the running amount `p` and the charge `c` to the new running amount.
OPERATIONS: Final[dict[str, str]] = {
    "base": "p = {c}",
    "times": f"p = (p * {{c}} + {FACTOR_ONE // 2}) // {FACTOR_ONE}",
    "plus": "p = p + {c}",
    "minus": "p = max(p - {c}, 0)",
    "at_least": "p = max(p, {c})",
    "at_most": "p = min(p, {c})",
}


class Scalar:
    """An edition's plan compiled with the taxes in force on a day."""

    def __init__(self, plan: Plan, taxes: TaxesInForce) -> None:
        self.plan, self.taxes = plan, taxes
        self._rate = _Emitter(plan, taxes, traced=False).function()
        self._trace: Callable[[Facts], Any] | None = None

    def decide(self, facts: Facts) -> Decision:
        """Prices `facts`: every name that the plan rates on, canonical (money in micro-units)."""
        verdicts, sections, taxes, _, _ = self._rate(facts)
        return self._decision(verdicts, sections, taxes)

    def trace(self, facts: Facts) -> Trace:
        """The same decision with every running amount, for `explaining`."""
        if self._trace is None:
            self._trace = _Emitter(self.plan, self.taxes, traced=True).function()
        verdicts, sections, taxes, amounts, contract = self._trace(facts)
        met = tuple(sorted(set(verdicts)))
        return Trace(self._decision(verdicts, sections, taxes), met, amounts, contract)

    def _decision(
        self, verdicts: Sequence[int], sections: Sequence[int | None], taxes: Sequence[tuple[int, int]]
    ) -> Decision:
        met = [self.plan.verdicts[index] for index in sorted(set(verdicts))]
        declined = tuple(dict.fromkeys(verdict.code for verdict in met if verdict.decision == "decline"))
        if declined:
            return Decision("declined", declined, None)
        referred = tuple(dict.fromkeys(verdict.code for verdict in met))
        return Decision("referred" if referred else "quoted", referred, self._premium(sections, taxes))

    def _premium(self, sections: Sequence[int | None], taxes: Sequence[tuple[int, int]]) -> Premium:
        plan = self.plan
        covered = [
            (section, cents) for section, cents in zip(plan.sections, sections, strict=True) if cents is not None
        ]
        lines = [
            TaxLine(rate.name, rate.kind, rate.tax_class, rate.rate, base, amount)
            for rate, (base, amount) in zip(self.taxes.rates, taxes, strict=True)
            if base >= 0
        ]
        fees = tuple(FeeLine(fee.name, fee.cents) for fee in plan.fees)
        return Premium.of(
            plan.currency, tuple(SectionPremium(s.name, cents) for s, cents in covered), tuple(lines), fees
        )


class _Emitter:
    """Writes the function's source. Tables and other constants are its globals, never text."""

    def __init__(self, plan: Plan, taxes: TaxesInForce, *, traced: bool) -> None:
        self.plan, self.taxes, self.traced = plan, taxes, traced
        self.lines: list[str] = []
        self.constants: dict[str, Any] = {"bisect_right": bisect_right, "raised_to": raised_to}
        self.slots = 0

    def function(self) -> Callable[[Facts], Any]:
        self.emit(0, "def rate(facts):")
        for name in sorted(self._names_read()):
            self.emit(1, f"{_local(name)} = facts[{name!r}]")
        for name, formula in self.plan.formulas.items():
            self.emit(1, f"{_local(name)} = {self._source(formula)}")
        self.emit(1, "verdicts = []")
        for check in self.plan.checks:
            self.emit(1, f"if {self._source(check.condition)}: verdicts.append({check.outcome})")
        for index, section in enumerate(self.plan.sections):
            self._section(index, section)
        nets = [f"s{index}" for index in range(len(self.plan.sections))]
        all_nets = f"({', '.join(nets)},)"
        if self.traced:
            self.emit(1, f"contract = [{all_nets}]")
        for minimum in self.plan.minimums:
            over = "".join(f"s{index}, " for index in minimum.over)
            covered = "".join(f"{self._covered(index, self.plan.sections[index])}, " for index in minimum.over)
            self.emit(1, f"if {' + '.join(f's{index}' for index in minimum.over)} < {minimum.cents}:")
            self.emit(2, f"{over}= raised_to({minimum.cents}, ({covered}))")
            if self.traced:
                self.emit(1, f"contract.append({all_nets})")
        self._taxes()
        found = ", ".join(self._covered(index, section) for index, section in enumerate(self.plan.sections))
        amounts = ", ".join(f"r{slot}" for slot in range(self.slots))
        trace = f"({amounts},), tuple(contract)" if self.traced else "(), ()"
        self.emit(1, f"return verdicts, ({found},), taxes, {trace}")
        source = "\n".join(self.lines)
        # The source was written here from typed parts: no text of a rule file stands in it but names in quotes.
        exec(compile(source, f"<{self.plan.product}>", "exec"), self.constants)  # noqa: S102
        function: Callable[[Facts], Any] = self.constants["rate"]
        return function

    def emit(self, depth: int, line: str) -> None:
        self.lines.append("    " * depth + line)

    def _names_read(self) -> frozenset[str]:
        return frozenset(
            name for name in self.plan.used if name in self.plan.kinds and name not in self.plan.formulas
        ) | {
            "term_hours",
            "term_days",
        }

    def _source(self, expression: Expression) -> str:
        return python_source(expression, _local)

    @staticmethod
    def _covered(index: int, section: PlannedSection) -> str:
        return f"s{index} if in{index} else None" if section.when else f"s{index}"

    # --------------------------------------------------------------------------------------- sections

    def _section(self, index: int, section: PlannedSection) -> None:
        depth = 1
        if section.when:
            if self.traced:
                for slot in range(self.slots, self.slots + len(section.steps)):
                    self.emit(1, f"r{slot} = None")
            self.emit(1, f"s{index} = 0")
            self.emit(1, f"in{index} = {self._source(section.when)}")
            self.emit(1, f"if in{index}:")
            depth = 2
        for step in section.steps:
            self._step(depth, step)
        self.emit(depth, f"s{index} = (p + {MICRO_PER_CENT // 2}) // {MICRO_PER_CENT}")

    def _step(self, depth: int, step: PlannedStep) -> None:
        slot, self.slots = self.slots, self.slots + 1
        if step.when:
            if self.traced:
                self.emit(depth, f"r{slot} = None")
            if step.op == "base":
                self.emit(depth, "p = 0")
            self.emit(depth, f"if {self._source(step.when)}:")
            depth += 1
        self.emit(depth, OPERATIONS[step.op].format(c=self._charge(depth, step.charge)))
        if self.traced:
            self.emit(depth, f"r{slot} = p")

    def _charge(self, depth: int, charge: Charge) -> str:
        """The charge as an expression in micro-units, or as a factor × 10⁴."""
        match charge:
            case Flat(amount):
                return str(amount.micros)
            case Factor(value):
                return str(value)
            case PerTerm(amount=amount, unit=unit, day_cap=cap):
                return per_term_source(amount.micros, unit, cap.micros if cap else None)
            case RateOf(rate=rate, name=name, per_day=per_day):
                days = f" * {_local('term_days')}" if per_day else ""
                return f"({_local(name)} * {rate}{days} + {RATE_ONE // 2}) // {RATE_ONE}"
            case ShareOf(rate=rate, sections=names):
                order = [section.name for section in self.plan.sections]
                nets = " + ".join(f"s{order.index(name)}" for name in names)
                return f"(({nets}) * {MICRO_PER_CENT} * {rate} + {RATE_ONE // 2}) // {RATE_ONE}"
            case Lookup():
                return self._lookup(depth, charge)

    def _lookup(self, depth: int, table: Lookup) -> str:
        name, cells = self._table(table)
        self.emit(depth, f"c = {name}")
        if any(cell < 0 for cell in cells):
            self.emit(depth, f"if c < 0: verdicts.append(~c); c = {FACTOR_ONE if table.sort == 'factor' else 0}")
        return "c"

    def _table(self, table: Lookup) -> tuple[str, Sequence[int]]:
        """The look-up as source, and every cell that it can give."""
        kind, constant, key = self.plan.kinds[table.key], f"T_{table.name}", _local(table.key)
        if table.form == "values":
            options: Sequence[str | bool] = kind.options or (True, False)
            by_option = {option: self._cell(table, option) for option in options}
            self.constants[constant] = by_option
            return f"{constant}[{key}]", tuple(by_option.values())
        if kind.highest - kind.lowest < DENSE_ROWS:
            dense = tuple(self._cell(table, value) for value in range(kind.lowest, kind.highest + 1))
            self.constants[constant] = dense
            return f"{constant}[{key} - {kind.lowest}]" if kind.lowest else f"{constant}[{key}]", dense
        starts = sorted(
            {kind.lowest, *(row.lowest for row in table.rows)}
            | {row.highest + 1 for row in table.rows if row.highest is not None}
        )
        starts = [start for start in starts if kind.lowest <= start <= kind.highest]
        cells = tuple(self._cell(table, start) for start in starts)
        self.constants[constant], self.constants[f"B_{table.name}"] = cells, tuple(starts)
        return f"{constant}[bisect_right(B_{table.name}, {key}) - 1]", cells

    @staticmethod
    def _cell(table: Lookup, value: object) -> int:
        row = table.row_of(value)
        if row is None:
            raise AssertionError(f"{table.name} has no row for {value!r}")
        return ~row.outcome if row.outcome >= 0 else table.weight(row)

    # ------------------------------------------------------------------------------------------ taxes

    def _taxes(self) -> None:
        """Each class's base in cents (−1 when nothing falls in it), then each rate's amount."""
        for number, tax_class in enumerate(self.taxes.classes):
            self.emit(1, f"b{number} = -1")
            for index, section in enumerate(self.plan.sections):
                condition = self._falls_in(index, section, tax_class)
                if condition is not None:
                    add = f"b{number} = (b{number} if b{number} > 0 else 0) + s{index}"
                    self.emit(1, f"if {condition}: {add}" if condition else add)
            fees = [fee.cents for fee in self.plan.fees if fee.tax_class == tax_class]
            if fees:
                self.emit(1, f"b{number} = (b{number} if b{number} > 0 else 0) + {sum(fees)}")
        lines = []
        for rate in self.taxes.rates:
            if not rate.tax_class:
                lines.append(f"(0, {rate.flat_cents})")
                continue
            base, half = f"b{self.taxes.classes.index(rate.tax_class)}", rate.denominator // 2
            lines.append(f"({base}, ({base} * {rate.numerator} + {half}) // {rate.denominator})")
        self.emit(1, f"taxes = ({', '.join(lines)},)" if lines else "taxes = ()")

    def _falls_in(self, index: int, section: PlannedSection, tax_class: str) -> str | None:
        """When the section is taxed in the class: a condition, "" for always, None for never."""
        conditions = [f"in{index}"] if section.when else []
        if section.tax_key is None:
            if section.tax_classes[""] != tax_class:
                return None
        else:
            options = [option for option, found in section.tax_classes.items() if found == tax_class]
            if not options:
                return None
            if len(options) < len(section.tax_classes):
                kind = self.plan.kinds[section.tax_key]
                values = tuple(options) if kind.sort == "choice" else tuple(option == "yes" for option in options)
                conditions.append(f"{_local(section.tax_key)} in {values!r}")
        return " and ".join(conditions)


def raised_to(least: int, nets: Sequence[int | None]) -> tuple[int, ...]:
    """The covered sections' cents (None: not covered) raised to `least` together; what isn't covered gets nothing."""
    covered = tuple(net for net in nets if net is not None)
    parts = iter(spread_pro_rata(least, covered) if covered else ())
    return tuple(0 if net is None else next(parts) for net in nets)


def per_term_source(micros: int, unit: str, cap: int | None) -> str:
    """An amount per charged hour or day. With a cap no day costs more: full days and the rest are capped apart."""
    days, hours = _local("term_days"), _local("term_hours")
    if unit == "day":
        return f"{micros if cap is None else min(micros, cap)} * {days}"
    if cap is None:
        return f"{micros} * {hours}"
    return f"({hours} // 24 * {min(24 * micros, cap)} + min({hours} % 24 * {micros}, {cap}))"


def _local(name: str) -> str:
    """A name of the rule file as a local: prefixed, so that it can't meet one of ours or Python's."""
    return f"f_{name}"
