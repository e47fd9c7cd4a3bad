"""What nothing uses, codes that mean two things, and steps between neighbours that are steep."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from coverage.rulebook.checking.promises import deciding_inputs
from coverage.rulebook.format import Edition
from coverage.rulebook.notation import Outcome, quoted
from coverage.rulebook.plan import Lookup, Plan, Row, Verdict
from coverage.rulebook.reading import Document, Finding


def unused(document: Document, edition: Edition, plan: Plan) -> Iterator[Finding]:
    """Inputs, derived values and tables that no rule reads."""
    read = set(plan.used)
    if edition.object is not None:
        read.add(edition.object.input)
    for section in edition.sections.values():
        read |= set(deciding_inputs(section))
    # Of a list its totals are read, each by the text that names it: `sum(items.value)`.
    read |= {name.partition("(")[2].rstrip(")").partition(".")[0] for name in read if "(" in name}
    for name, given in edition.inputs.items():
        # Free text describes a thing to people; it needs no rule.
        if name not in read and given.kind.sort != "text":
            words = f"nothing uses the input {quoted(name)}; expected a rule that does, or no input"
            yield document.finding(("inputs", name), words, "unused", key=True)
    for name in edition.derived:
        if name not in read:
            words = f"nothing uses the derived value {quoted(name)}; expected a rule that does, or none"
            yield document.finding(("derived", name), words, "unused", key=True)
    charges = [step.charge for section in plan.sections for step in section.steps]
    consulted = {
        charge.name for charge in (*charges, *(move.charge for move in plan.moves)) if isinstance(charge, Lookup)
    }
    for name in edition.tables:
        if name not in consulted:
            words = f"no step uses the table {quoted(name)}; expected one, or no table"
            yield document.finding(("tables", name), words, "unused", key=True)


def codes(plan: Plan) -> Iterator[Finding]:
    """A code has one set of words, so it can't mean a decline here and a referral there."""
    meanings = {"decline": "to decline", "refer": "to refer", "unavailable": "that a section can't be had"}
    first: dict[str, Verdict] = {}
    for verdict in plan.verdicts:
        before = first.setdefault(verdict.code, verdict)
        if before.decision != verdict.decision:
            words = f"{quoted(verdict.code)} is {meanings[verdict.decision]} here and {meanings[before.decision]} on line {before.place.line}; expected a code for each"
            yield Finding(verdict.place, words, "code")


def jumps(plan: Plan) -> Iterator[Finding]:
    """Factors of over half more or less than those of the band beside: a birthday shouldn't cost that much."""
    for table in plan.tables.values():
        if table.sort == "factor" and not table.by_day:
            for before, row in dict.fromkeys(_neighbours(table)):
                low, high = sorted((table.weight(before), table.weight(row)))
                if high * 2 > low * 3:
                    words = f"a step of over 50 % from {before.label} to {row.label}; expected a gentler one, or a good reason"
                    yield Finding(row.place, words, "jump", warning=True)


def _neighbours(table: Lookup) -> Iterator[tuple[Row, Row]]:
    """Rows that follow each other along a key of numbers, all else being alike; rows that don't price are passed over."""
    stride = len(table.grid)
    for axis in table.axes:
        stride //= axis.size
        for cell in range(len(table.grid)) if axis.starts else ():
            if cell // stride % axis.size == 0:
                line = table.grid[cell : cell + stride * axis.size : stride]
                # What no row names isn't a band of its own.
                rows = [row for row in line if row is not None and row.matches and not isinstance(row.cell, Outcome)]
                yield from ((before, row) for before, row in pairwise(rows) if row is not before)
