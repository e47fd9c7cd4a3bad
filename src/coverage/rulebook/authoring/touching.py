"""What no worked price touches: rows of tables, conditions that held or didn't, choices. Whatever nobody has worked by
hand could be wrong without anybody seeing it.

A row is touched when a priced risk's covered section consults it; a row that declines, by a risk that it declines. A
condition is touched when it held for one risk and didn't for another, of those that come to it. Of a table in a file,
which may have thousands of rows, one row that prices is enough, and one for each code that it declines or refers with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from coverage.rulebook.language.expressions import Expression, evaluate
from coverage.rulebook.language.notation import Outcome
from coverage.rulebook.language.reading import Finding, Loc, Place
from coverage.rulebook.loaded import LoadedEdition
from coverage.rulebook.planning.plan import Lookup, PlannedSection, Row, days_in
from coverage.rulebook.running.scalar import Facts

CODE: Final = "untouched"


@dataclass(slots=True)
class _Condition:
    """A condition of the edition, with what it came to so far."""

    place: Place
    text: str
    of: str  # whose condition it is: `section theft`
    expression: Expression
    came_to: set[bool] = field(default_factory=set)

    def meets(self, facts: Mapping[str, object]) -> bool:
        """What it comes to for `facts`, which is noted."""
        held = bool(evaluate(self.expression, facts))
        self.came_to.add(held)
        return held

    def findings(self) -> Iterator[Finding]:
        of = f"`{self.text}` ({self.of})"
        if not self.came_to:
            words = f"no worked price comes to {of}; expected one where it holds, and one where it doesn't"
        elif self.came_to == {False}:
            words = f"{of} never holds in a worked price; expected one where it does"
        elif self.came_to == {True}:
            words = f"{of} always holds in the worked prices; expected one where it doesn't"
        else:
            return
        yield Finding(self.place, words, CODE)


def untouched(edition: LoadedEdition, priced: Iterable[tuple[Facts, str]]) -> list[Finding]:
    """What none of the risks touches, each with what would, in the file's order.

    `priced` is each worked price's facts with its outcome: quoted, referred or declined.
    """
    touching = _Touching(edition)
    for facts, outcome in priced:
        touching.take(facts, outcome)
    return sorted(touching.findings())


class _Touching:
    def __init__(self, edition: LoadedEdition) -> None:
        self.edition, self.plan = edition, edition.plan
        rules = edition.rules
        self.checks = [
            self._condition(("eligibility", index, rule.decision), rule.condition, rule.code, check.condition)
            for index, (rule, check) in enumerate(zip(rules.eligibility, self.plan.checks, strict=True))
        ]
        self.wanted: dict[str, _Condition] = {}
        self.refused: dict[str, _Condition] = {}
        self.steps: dict[Place, _Condition] = {}
        for section in self.plan.sections:
            written, loc = rules.sections[section.name], ("sections", section.name)
            of = f"section {section.name}"
            if section.when is not None:
                self.wanted[section.name] = self._condition((*loc, "when"), written.when, of, section.when)
            if section.unavailable is not None and written.unavailable is not None:
                self.refused[section.name] = self._condition(
                    (*loc, "unavailable", "when"), written.unavailable.when, of, section.unavailable[0]
                )
            for index, (step, planned) in enumerate(zip(written.premium, section.steps, strict=True)):
                if planned.when is not None:
                    self.steps[planned.place] = self._condition(
                        (*loc, "premium", index, "when"), step.when, f"{of}, {step.op}", planned.when
                    )
        for index, (move, taken) in enumerate(zip(rules.contract, self.plan.moves, strict=True)):
            if taken.when is not None:
                of = f"contract, {move.op}"
                self.steps[taken.place] = self._condition(("contract", index, "when"), move.when, of, taken.when)
        self.rows: set[Place] = set()
        self.chosen: dict[str, set[object]] = {name: set() for name in self.plan.used}

    def _condition(self, loc: Loc, text: str | None, of: str, expression: Expression) -> _Condition:
        return _Condition(self.edition.document.place(loc), text or "", of, expression)

    # ------------------------------------------------------------------------------------------ what is touched

    def take(self, facts: Facts, outcome: str) -> None:
        """Notes what a risk touches."""
        known: dict[str, Any] = dict(facts)
        for name, formula in self.plan.formulas.items():
            known[name] = evaluate(formula, known)
        for name, seen in self.chosen.items():
            if name in known:
                seen.add(known[name])
        for check in self.checks:
            check.meets(known)
        priced = outcome != "declined"
        for section in self.plan.sections:
            if self._covered(section, known, priced=priced):
                for step in section.steps:
                    if self._taken(step.place, known, priced=priced) and isinstance(step.charge, Lookup):
                        self._consult(step.charge, known, priced=priced)
        for move in self.plan.moves if priced else ():
            if self._taken(move.place, known, priced=priced) and isinstance(move.charge, Lookup):
                self._consult(move.charge, known, priced=priced)

    def _covered(self, section: PlannedSection, facts: Mapping[str, object], *, priced: bool) -> bool:
        """Whether a section is covered. Of a declined risk nothing is: it touches what declined it alone."""
        wanted, refused = self.wanted.get(section.name), self.refused.get(section.name)
        if not priced:
            return all(bool(evaluate(condition, facts)) is holds for condition, holds in _coverage(section))
        return (wanted is None or wanted.meets(facts)) and not (refused is not None and refused.meets(facts))

    def _taken(self, place: Place, facts: Mapping[str, object], *, priced: bool) -> bool:
        condition = self.steps.get(place)
        if condition is None:
            return True
        return condition.meets(facts) if priced else bool(evaluate(condition.expression, facts))

    def _consult(self, table: Lookup, facts: Mapping[str, object], *, priced: bool) -> None:
        for row in _consulted(table, facts):
            if priced or (isinstance(row.cell, Outcome) and row.cell.decision == "decline"):
                self.rows.add(row.place)

    # ---------------------------------------------------------------------------------------- what is not

    def findings(self) -> Iterator[Finding]:
        for condition in (*self.checks, *self.wanted.values(), *self.refused.values(), *self.steps.values()):
            yield from condition.findings()
        for table in self.plan.tables.values():
            yield from self._rows_of(table)
        yield from self._choices()

    def _rows_of(self, table: Lookup) -> Iterator[Finding]:
        # An age outside of all rows declines of itself: nobody wrote that row.
        written = [row for row in table.all_rows if row.place != table.place]
        if table.form == "file":
            written = [*_one_of_each(written, self.rows)]
        for row in written:
            if row.place not in self.rows:
                words = f"no worked price meets {_called(table, row)}; expected one {_with(table, row)}"
                yield Finding(row.place, words, CODE)

    def _choices(self) -> Iterator[Finding]:
        """Choices that neither a row nor a condition of their own stands for."""
        told = {axis.key for table in self.plan.tables.values() for axis in table.axes if axis.options}
        conditions = (*self.checks, *self.wanted.values(), *self.refused.values(), *self.steps.values())
        told |= {condition.expression.name for condition in conditions if condition.expression.op == "name"}
        for name, seen in sorted(self.chosen.items()):
            kind = self.plan.kinds.get(name)
            options: Sequence[object] = kind.options if kind is not None and kind.sort == "choice" else ()
            if kind is not None and kind.sort == "yes_no":
                options = (True, False)
            for option in options if name not in told else ():
                if option not in seen:
                    label = {True: "yes", False: "no"}.get(option, option) if isinstance(option, bool) else option
                    words = f"no worked price has {name}: {label}; expected one"
                    yield Finding(self._place_of(name), words, CODE)

    def _place_of(self, name: str) -> Place:
        part = "inputs" if name in self.edition.rules.inputs else "derived"
        return self.edition.document.place((part, name), key=True)


def _coverage(section: PlannedSection) -> Iterator[tuple[Expression, bool]]:
    if section.when is not None:
        yield section.when, True
    if section.unavailable is not None:
        yield section.unavailable[0], False


def _consulted(table: Lookup, facts: Mapping[str, object]) -> Iterator[Row]:
    """The rows that `facts` meet: each unit's of a marginal table, each day's of one by season."""
    axis = table.axes[0]
    found: Iterable[Row | None]
    if table.by_day:
        seasons = (option for option in axis.options if facts[days_in(axis.key, option)])
        found = (table.row_of(season) for season in seasons)
    elif table.marginal:
        found = (table.row_of(unit) for unit in range(1, int(str(facts[axis.key])) + 1))
    else:
        found = (table.row_for(facts),)
    return (row for row in found if row is not None)


def _one_of_each(rows: Sequence[Row], touched: set[Place]) -> Iterator[Row]:
    """A row for each thing that a file's cells can say: a figure, or a code. The one that was touched, where one was."""
    kinds: dict[object, Row] = {}
    for row in rows:
        kind = (row.cell if isinstance(row.cell, Outcome) else "figure") if row.matches else "otherwise"
        if kind not in kinds or row.place in touched:
            kinds[kind] = row
    return iter(kinds.values())


def _called(table: Lookup, row: Row) -> str:
    if table.form != "file" or not row.matches:
        return f"{row.label} of the table {table.name}"
    cell = f"says {row.cell.decision}({row.cell.code})" if isinstance(row.cell, Outcome) else "has a figure"
    return f"a row of the table {table.name} that {cell}"


def _with(table: Lookup, row: Row) -> str:
    """What a worked price would have to be, to meet a row."""
    if not row.matches:
        return f"whose {' and '.join(table.keys)} no row names"
    parts = []
    for axis, match in zip(table.axes, row.matches, strict=True):
        ranged = bool(axis.starts) and axis.sort != "integer"
        parts.append(f"{axis.key} {'from ' if ranged else ''}{match.label}")
    told = f"{'such as' if table.form == 'file' else 'with'} {' and '.join(parts)}"
    return f"{told}, which it declines" if isinstance(row.cell, Outcome) and row.cell.decision == "decline" else told
