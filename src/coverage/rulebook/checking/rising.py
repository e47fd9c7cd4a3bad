"""What can rise in a risk, the term, a value or a number of things, while all else stays: the way to see a price fall."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from coverage.rulebook.checking.figures import Column, Layout
from coverage.rulebook.checking.risks import LENGTH, START, Risks, around, cuts_in, step_of, thinned, words_in
from coverage.rulebook.format import Edition
from coverage.rulebook.language.expressions import Expression, Kind
from coverage.rulebook.language.notation import Amount, PerTerm, RateOf, ShareOf, decimal_text
from coverage.rulebook.planning.plan import ContractMove, Lookup, Plan, PlannedSection

MOST_VALUES: Final = 400
BETWEEN: Final = 63  # values tried between the ends, beside the cuts
FEWEST_RISKS: Final = 8
MOST_ALTERNATIVES: Final = 12  # settings of a risk that are looked at, whether a fall hangs on them

Setting = Mapping[str, Column]


@dataclass(slots=True)
class Read:
    """What some rules read: facts, conditions and formulas, and tables."""

    layout: Layout
    names: set[str] = field(default_factory=set)
    conditions: list[Expression] = field(default_factory=list)
    tables: list[Lookup] = field(default_factory=list)

    def section(self, section: PlannedSection) -> None:
        """Adds what a section's price is read from, but for the sections that it has a share of."""
        self.condition(section.when)
        self.condition(section.unavailable[0] if section.unavailable is not None else None)
        for step in section.steps:
            self.condition(step.when)
            match step.charge:
                case Lookup():
                    self.table(step.charge)
                case PerTerm():
                    self.names |= {"term_hours", "term_days"}
                case RateOf(name=name, per_day=per_day):
                    self.names |= {name, "term_days"} if per_day else {name}

    def move(self, move: ContractMove) -> None:
        """Adds what a step of the contract is read from."""
        self.condition(move.when)
        if isinstance(move.charge, Lookup):
            self.table(move.charge)

    def condition(self, condition: Expression | None) -> None:
        """Adds a condition with its names."""
        if condition is not None:
            self.conditions.append(condition)
            self.names |= condition.names()

    def table(self, table: Lookup) -> None:
        """Adds a table with its keys."""
        self.tables.append(table)
        self.names |= {*table.keys, "term_days"} if table.by_day else {*table.keys}

    @property
    def facts(self) -> frozenset[str]:
        """The facts behind the names."""
        return self.layout.behind(self.names)

    @property
    def expressions(self) -> list[Expression]:
        """The conditions, and the formulas behind the names."""
        return [*self.conditions, *self.layout.formulas(self.names).values()]

    def risks(self, edition: Edition) -> Risks:
        """Risks that differ in all that is read."""
        found = self.expressions
        return Risks(edition, self.layout, self.facts, cuts_in(found, self.tables), words_in(found, self.tables))


def needed(plan: Plan, section: PlannedSection) -> list[PlannedSection]:
    """The sections that a section has a share of, and those that they have a share of, in their order; itself last."""
    wanted = {section.name}
    for other in reversed(plan.sections):
        if other.name in wanted:
            for step in other.steps:
                wanted |= set(step.charge.sections) if isinstance(step.charge, ShareOf) else set()
    return [other for other in plan.sections if other.name in wanted]


@dataclass(frozen=True, slots=True)
class Sweep:
    """What rises: the term, a money input, a field of a list's things (of all alike, or of one), or how many they are."""

    what: str  # length, input, all, one or count
    name: str = LENGTH
    field: str = ""


class Rising:
    """Risks in which one thing rises: `values` are where to look, `others` a choice of all else."""

    def __init__(self, risks: Risks, sweep: Sweep, most: int) -> None:
        self.risks, self.layout, self.sweep = risks, risks.layout, sweep
        self.kinds, self.currency = risks.kinds, risks.layout.plan.currency
        self.values = np.array(self._values(), np.int64)
        self.others = self.risks.drawn(max(most // len(self.values), FEWEST_RISKS), without=sweep.name)
        self.count = len(next(iter(self.others.values())))
        if sweep.name in self.risks.things:
            self.others[sweep.name] = np.resize(self.risks.settings[sweep.name], self.count)

    def _values(self) -> list[int]:
        sweep, things = self.sweep, self.risks.things
        if sweep.what == "length":
            return self.risks.lengths()
        if sweep.what == "count":
            return list(range(things[sweep.name].given.min, things[sweep.name].given.max + 1))
        cuts = set(self.risks.cuts.get(sweep.name, ()))
        for total in ("highest", "lowest", "sum") if sweep.field else ():
            found = self.risks.cuts.get(f"{total}({sweep.name}.{sweep.field})", set())
            counts = range(1, things[sweep.name].given.max + 1) if total == "sum" else (1,)
            cuts |= {cut // count for cut in found for count in counts}
        return thinned(around(self._kind, cuts, self.step, between=BETWEEN), MOST_VALUES)

    @property
    def _kind(self) -> Kind:
        """The kind of a value that rises."""
        if self.sweep.what == "input":
            return self.kinds[self.sweep.name]
        return self.risks.things[self.sweep.name].given.list_[self.sweep.field].kind

    @property
    def step(self) -> int:
        """The least by which it rises."""
        match self.sweep.what:
            case "length":
                return 1 if self.risks.calendar else 2
            case "count":
                return 1
        return step_of(self._kind)

    def facts(self, others: Setting, values: Column) -> dict[str, Column]:
        """The facts of risks whose other settings are given, with what rises at `values`."""
        if self.sweep.what in ("length", "input"):
            return self.risks.facts({**others, self.sweep.name: values})
        things = self.risks.things[self.sweep.name]
        count, fields = self.risks.thing_settings(self.sweep.name, others[self.sweep.name])
        rest = self.risks.facts({name: column for name, column in others.items() if name != self.sweep.name})
        if self.sweep.what == "count":
            alike = {name: (low, low, values * low) for name, (low, _, _) in fields.items()}
            return rest | things.facts(values, alike)
        count, (low, _, _) = np.maximum(count, 1), fields[self.sweep.field]
        if self.sweep.what == "all":
            fields[self.sweep.field] = (values, values, count * values)
        else:
            ends = [np.where(count == 1, values, pick(low, values)) for pick in (np.minimum, np.maximum)]
            fields[self.sweep.field] = (ends[0], ends[1], (count - 1) * low + values)
        return rest | things.facts(count, fields)

    # ------------------------------------------------------------------------------------------- words

    def called(self, value: int) -> str:
        """A value of what rises, as people say it."""
        match self.sweep.what:
            case "length":
                return self.risks.length_words(value)
            case "input":
                return f"a {self.sweep.name} of {Amount(value, self.currency)}"
            case "count":
                return f"{value} {self.sweep.name}"
            case "all":
                return f"{self.sweep.name} with a {self.sweep.field} of {Amount(value, self.currency)} each"
        return f"{self.sweep.name} of which one has a {self.sweep.field} of {Amount(value, self.currency)}"

    def alternatives(self, risk: Setting) -> Iterator[tuple[str, Setting]]:
        """For each other setting of a risk: what it is called, and the risk with every other setting in its place."""
        for name, setting in list(risk.items())[:MOST_ALTERNATIVES]:
            tried = self.risks.settings[name]
            if name != self.sweep.name and len(tried) > 1:
                like = {key: np.resize(column, len(tried)) for key, column in risk.items()}
                yield self._setting(name, int(setting)), like | {name: tried}

    def _setting(self, name: str, value: int) -> str:
        if name == START:
            return self.risks.start_words(value)
        if name == LENGTH:
            return self.risks.length_words(value)
        if name in self.risks.things:
            return self.risks.thing_words(name, value)
        match self.kinds[name].sort:
            case "choice" | "prefix":
                return f"{name} {self.layout.text(value)}"
            case "yes_no":
                return f"{name} {'yes' if value else 'no'}"
            case "money":
                return f"{name} {Amount(value, self.currency)}"
            case "decimal":
                return f"{name} {decimal_text(value, 6)}"
        return f"{name} {value}"


def sweeps(edition: Edition, risks: Risks) -> Iterator[Sweep]:
    """All that can rise of what some rules read."""
    if risks.timed:
        yield Sweep("length")
    for name in sorted(risks.names):
        if name in edition.inputs and risks.kinds[name].sort == "money":
            yield Sweep("input", name)
    for name, things in risks.things.items():
        for part in things.fields:
            read = any(f"({name}.{part})" in fact for fact in risks.names)
            if read and things.given.list_[part].kind.sort == "money":
                yield Sweep("all", name, part)
                yield Sweep("one", name, part)
        yield Sweep("count", name)
