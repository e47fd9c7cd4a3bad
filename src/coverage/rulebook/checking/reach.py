"""What nobody can reach: sections, rules, steps and rows that no risk ever meets, and conditions that always hold.

Only what is sure is told. A condition is tried at both sides of whatever it compares a fact with; what it works out
before it compares counts as open, unless its bounds alone decide it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from math import prod
from typing import Final

import numpy as np

from coverage.rulebook.checking.figures import Column, Declining, Figures, Layout, declining, doesnt_price
from coverage.rulebook.checking.risks import around, cuts_in, step_of, words_in
from coverage.rulebook.format import Edition, Prefix
from coverage.rulebook.language.expressions import Expression, Kind
from coverage.rulebook.language.reading import Document, Finding, Loc, Place
from coverage.rulebook.planning.plan import Lookup, Plan, PlannedSection

MOST_POINTS: Final = 100_000  # tried of one condition
EACH: Final = 2_000  # points in whose time a condition is made ready
ALL_POINTS: Final = 5_000_000  # tried of an edition: what lies beyond isn't looked at
MOST_TOLD: Final = 20  # rows of one table
MOST_NESTED: Final = 20  # conditions that are read by conditions
MOST_DECLINES: Final = 200
SMALL: Final = 64  # a range of so few values is tried whole


@dataclass(frozen=True, slots=True)
class Open:
    """Where a condition can hold, and where it can fail, over the points that are tried."""

    holds: Column
    fails: Column


def unreached(document: Document, edition: Edition, plan: Plan) -> Iterator[Finding]:
    """Warnings of what is never met, or always."""
    reach = _Reach(edition, plan)
    for check in plan.checks:
        verdict = plan.verdicts[check.outcome]
        beside = [found for found in reach.declining if found.condition is not check.condition]
        found = reach.tried([check.condition], beside if verdict.decision == "refer" else [])
        if not found.holds.any():
            told = "nobody ever meets this rule"
            if verdict.decision == "refer" and reach.tried([check.condition]).holds.any():
                told = "whoever meets this rule is declined by another"
            yield _warning(check.place, f"{told}; expected a condition that somebody meets, or no rule")
        elif not reach.tried([check.condition]).fails.any():
            words = f"this always holds, so everybody is {'declined' if verdict.decision == 'decline' else 'referred'}; expected a condition that somebody doesn't meet"
            yield _warning(check.place, words)
            if verdict.decision == "decline":
                return  # nobody reaches anything, which needs no telling
    for section in plan.sections:
        yield from _section(document, reach, section)
    for index, move in enumerate(plan.moves):
        if move.when is not None:
            yield from _told(document, ("contract", index, "when"), reach.tried([move.when], reach.declining))
    yield from _rows(reach)


def _warning(place: Place, words: str) -> Finding:
    return Finding(place, words, "unreached", warning=True)


def _section(document: Document, reach: _Reach, section: PlannedSection) -> Iterator[Finding]:
    loc: Loc = ("sections", section.name)
    wanted = [section.when] if section.when is not None else []
    refused = [section.unavailable[0]] if section.unavailable is not None else []
    if (wanted or refused) and not reach.tried([*wanted, *map(_negated, refused)], reach.declining).holds.any():
        words = "nobody can reach this section; expected a condition that somebody meets who isn't declined"
        yield _warning(section.place, words)
        reach.told.add(section.name)
        return
    for condition in refused:
        found = reach.tried([condition, *wanted], reach.declining)
        if not found.holds.any():
            place = document.place((*loc, "unavailable", "when"))
            yield _warning(place, "this never holds; expected a condition that somebody meets, or no unavailable:")
    for index, step in enumerate(section.steps):
        if step.when is not None:
            found = reach.tried([step.when, *wanted, *map(_negated, refused)], reach.declining, asked=1)
            yield from _told(document, (*loc, "premium", index, "when"), found)


def _told(document: Document, loc: Loc, found: Open) -> Iterator[Finding]:
    if not found.holds.any():
        yield _warning(document.place(loc), "this never holds; expected a condition that somebody meets, or no step")
    elif not found.fails.any():
        yield _warning(document.place(loc), "this always holds; expected no when:, or a condition that can fail")


def _negated(condition: Expression) -> Expression:
    return Expression("not", condition.kind, (condition,))


# ------------------------------------------------------------------------------------------- rows


def _rows(reach: _Reach) -> Iterator[Finding]:
    """Rows that price and are never met, wherever their table is consulted."""
    plan = reach.plan
    met: dict[str, set[int]] = {}
    for section in plan.sections:
        beside = [section.when] if section.when is not None else []
        beside += [_negated(section.unavailable[0])] if section.unavailable is not None else []
        for step in section.steps:
            if isinstance(step.charge, Lookup):
                conditions = [*beside, step.when] if step.when is not None else beside
                # Of a section that nobody reaches, that alone is told.
                every = section.name in reach.told
                met.setdefault(step.charge.name, set()).update(reach.rows(step.charge, conditions, every=every))
    for move in plan.moves:
        if isinstance(move.charge, Lookup):
            conditions = [move.when] if move.when is not None else []
            met.setdefault(move.charge.name, set()).update(reach.rows(move.charge, conditions))
    for name, rows in met.items():
        found = (row for number, row in enumerate(plan.tables[name].all_rows) if number not in rows)
        for row in islice((row for row in found if not doesnt_price(row)), MOST_TOLD):
            words = f"no risk ever meets the row {row.label}; expected one that somebody meets, or no row"
            yield _warning(row.place, words)


class _Reach:
    """Tries conditions at the points at which something changes."""

    def __init__(self, edition: Edition, plan: Plan) -> None:
        self.edition, self.plan, self.layout = edition, plan, Layout(plan)
        self.points = 0
        self.told: set[str] = set()  # sections that nobody reaches
        self.tried_rows: set[tuple[str, tuple[Expression, ...]]] = set()
        self.declining = declining(self.layout)[:MOST_DECLINES]
        self.kinds = dict(plan.kinds)
        term = edition.term
        hours = max(-(-(term.min - term.grace) // 3600), 1)
        days = 1 if term.day == "calendar" else -(-hours // 24)
        for name, low in (("term_hours", hours), ("term_days", days)):
            kind = self.kinds[name]
            self.kinds[name] = Kind(kind.sort, min(low, kind.highest), kind.highest)

    # --------------------------------------------------------------------------------------- conditions

    def tried(
        self, conditions: list[Expression], declining: Iterable[Declining] = (), asked: int | None = None
    ) -> Open:
        """Where all of the conditions can hold together and nobody is declined; and where they can't hold all, though
        (of `asked` conditions only the first) whoever fails them meets the others.
        """
        names = self.layout.behind(name for condition in conditions for name in condition.names())
        beside = [found for found in declining if found.names <= names]
        figures, priced = self._points(names, conditions, beside)
        if figures is None:
            return Open(np.bool_(True), np.bool_(True))
        first = conditions[: asked or len(conditions)]
        holds, fails = priced, np.bool_(False)
        for condition in first:
            found = self._open(condition, figures)
            holds, fails = holds & found.holds, fails | found.fails
        fails = fails & priced
        for condition in conditions[len(first) :]:
            found = self._open(condition, figures)
            holds, fails = holds & found.holds, fails & found.holds
        return Open(holds, fails)

    def _points(
        self, names: frozenset[str], conditions: list[Expression], beside: list[Declining], *tables: Lookup
    ) -> tuple[Figures | None, Column]:
        """Facts at every point that is tried, and whether it is a risk that there can be and that isn't declined."""
        if self.points > ALL_POINTS:
            return None, np.bool_(True)
        read = conditions + [found.condition for found in beside if found.condition is not None]
        looked_up = [*tables, *(found.table for found in beside if found.table is not None)]
        formulas = self.layout.formulas(name for condition in read for name in condition.names())
        read += formulas.values()
        cuts, starts, words = cuts_in(read, ()), cuts_in((), looked_up), words_in(read, looked_up)
        follows = self.edition.term.day == "24h" and {"term_hours", "term_days"} <= names
        if follows:
            # Days are 24 hours each, and follow from them.
            days = cuts.pop("term_days", set()) | starts.pop("term_days", set())
            cuts.setdefault("term_hours", set()).update(24 * (day + more) for day in days for more in (-2, -1, 0, 1))
        chosen: dict[str, Column] = {}
        values = {
            name: self._values(name, cuts.get(name, set()), starts.get(name, set()), words.get(name, set()))
            for name in sorted(names - ({"term_days"} if follows else set()))
        }
        for name in sorted(values, key=lambda name: len(values[name])):
            if prod(map(len, chosen.values())) * len(values[name]) <= MOST_POINTS:
                chosen[name] = values[name]
        self.points += (prod(map(len, chosen.values())) + EACH) * (1 + len(read))
        meshed = np.meshgrid(*chosen.values(), indexing="ij", sparse=True) if chosen else []
        facts = dict(zip(chosen, meshed, strict=True))
        if follows and "term_hours" in facts:
            facts["term_days"] = (facts["term_hours"] + 23) // 24
        figures = Figures(self.layout, facts)
        return figures, self._priced(figures, beside)

    def _values(self, name: str, cuts: set[int], starts: set[int], words: set[str]) -> Column:
        kind = self.kinds[name]
        match kind.sort:
            case "yes_no":
                return np.array([False, True])
            case "choice":
                return np.array([self.layout.word(option) for option in kind.options])
            case "prefix":
                rule = self.edition.derived.get(name)
                length = rule.length if isinstance(rule, Prefix) else 0
                return np.array([0, *sorted(self.layout.word(word) for word in words if len(word) == length)])
        if self._small(kind):
            return np.arange(kind.lowest, kind.highest + 1)
        step = 1 if name in self.plan.formulas else step_of(kind)
        within = {at for cut in starts if kind.lowest <= (at := -(-cut // step) * step) <= kind.highest}
        return np.array(sorted({*around(kind, cuts, step), *within}), np.int64)

    @staticmethod
    def _small(kind: Kind) -> bool:
        return kind.sort == "integer" and kind.highest - kind.lowest < SMALL

    def _priced(self, figures: Figures, beside: list[Declining]) -> Column:
        priced: Column = np.bool_(True)
        for found in beside:
            if found.condition is not None:
                priced = priced & self._open(found.condition, figures).fails
            elif found.table is not None and {*found.table.keys} <= figures.facts.keys():
                priced = priced & ~self.layout.declining(found.table)[figures.meetings(found.table)]
        return priced

    def _open(self, condition: Expression, figures: Figures, nested: int = 0) -> Open:
        """Where a condition can hold and where it can fail, as far as the points tell."""
        match condition.op:
            case "and" | "or":
                parts = [self._open(part, figures, nested) for part in condition.arguments]
                holds = [part.holds for part in parts]
                fails = [part.fails for part in parts]
                return Open(_all(holds), _any(fails)) if condition.op == "and" else Open(_any(holds), _all(fails))
            case "not":
                found = self._open(condition.arguments[0], figures, nested)
                return Open(found.fails, found.holds)
            case "name" if condition.name in self.plan.formulas and nested < MOST_NESTED:
                return self._open(self.plan.formulas[condition.name], figures, nested + 1)
        if self._exact(condition, figures):
            holds = figures.value(condition)
            return Open(holds, np.logical_not(holds))
        return _by_bounds(condition)

    def _exact(self, condition: Expression, figures: Figures) -> bool:
        """Whether the points decide a comparison: of a fact with a figure, or of facts that are tried whole."""
        names = self.layout.behind(condition.names())
        if not names <= figures.facts.keys():
            return False
        plain = all(part.op == "value" or (part.op == "name" and part.name in names) for part in condition.arguments)
        if condition.op == "name" or (plain and sum(part.op == "name" for part in condition.arguments) == 1):
            return True
        return all(self.kinds[name].sort in ("choice", "yes_no") or self._small(self.kinds[name]) for name in names)

    # --------------------------------------------------------------------------------------- rows

    def rows(self, table: Lookup, conditions: list[Expression], *, every: bool = False) -> Iterable[int]:
        """The numbers of a table's rows that somebody can meet who meets the conditions, too; or of every row."""
        rows, numbers = self.layout.rows(table)
        keys = frozenset(table.keys)
        if every or table.by_day:
            return range(len(rows))
        if (asked := (table.name, tuple(conditions))) in self.tried_rows:
            return ()
        self.tried_rows.add(asked)
        beside = [found for found in self.declining if found.names <= keys and found.table is not table]
        figures, possible = self._points(keys, conditions, beside, table)
        if figures is None or not keys <= figures.facts.keys():
            return range(len(rows))
        for condition in conditions:
            possible = possible & self._open(condition, figures).holds
        cells = figures.meetings(table)
        shape = np.broadcast_shapes(np.shape(cells), np.shape(possible))
        met = np.unique(np.broadcast_to(cells, shape)[np.broadcast_to(possible, shape)])
        if table.marginal and len(met):
            met = np.arange(met[-1] + 1)  # whoever meets a unit has met those before it
        found: list[int] = np.unique(numbers[met]).tolist()
        return found


def _all(columns: list[Column]) -> Column:
    found: Column = np.bool_(True)
    for column in columns:
        found = found & column
    return found


def _any(columns: list[Column]) -> Column:
    found: Column = np.bool_(False)
    for column in columns:
        found = found | column
    return found


def _by_bounds(condition: Expression) -> Open:
    """What the bounds of both sides say of a comparison; anything, where they say nothing."""
    if len(condition.arguments) == 2 and all(part.kind.number for part in condition.arguments):
        left, right = (part.kind for part in condition.arguments)
        less, more = left.highest < right.lowest, left.lowest > right.highest
        at_most, at_least = left.highest <= right.lowest, left.lowest >= right.highest
        sure = {
            "<": (less, at_least), "<=": (at_most, more), ">": (more, at_most), ">=": (at_least, less),
            "==": (False, less or more), "!=": (less or more, False),
        }.get(condition.op, (False, False))  # fmt: skip
        return Open(np.bool_(not sure[1]), np.bool_(not sure[0]))
    return Open(np.bool_(True), np.bool_(True))
