"""What nothing uses, codes that mean two things, and steps between neighbours that are steep."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

import numpy as np

from coverage.rulebook.checking.figures import Layout
from coverage.rulebook.checking.promises import deciding_inputs
from coverage.rulebook.format import Edition
from coverage.rulebook.language.notation import quoted
from coverage.rulebook.language.reading import Document, Finding
from coverage.rulebook.planning.plan import Lookup, Plan, Row, Verdict

MOST_JUMPS: Final = 20  # told of one table


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
    layout = Layout(plan)
    for table in plan.tables.values():
        if table.sort == "factor" and not table.by_day:
            for before, row in islice(_steep(layout, table), MOST_JUMPS):
                words = (
                    f"a step of over 50 % from {before.label} to {row.label}; expected a gentler one, or a good reason"
                )
                yield Finding(row.place, words, "jump", warning=True)


def _steep(layout: Layout, table: Lookup) -> Iterator[tuple[Row, Row]]:
    """Rows that follow each other along a key of numbers, all else being alike, of which one is over half more than the
    other. Rows that don't price, and what no row names, are passed over.
    """
    rows, numbers = layout.rows(table)
    weights, unpriced = layout.cells(table)
    bands = ~unpriced & (numbers < len(table.rows))
    shape = tuple(axis.size for axis in table.axes)
    told: set[tuple[int, int]] = set()
    for direction, axis in enumerate(table.axes):
        if not axis.starts:
            continue
        along = [np.moveaxis(found.reshape(shape), direction, -1) for found in (numbers, weights, bands)]
        number, weight, band = along
        places = np.broadcast_to(np.arange(axis.size), number.shape)
        # The last band before each place; −1 where there is none.
        last = np.maximum.accumulate(np.where(band, places, -1), axis=-1)[..., :-1]
        before = np.take_along_axis(weight, np.maximum(last, 0), axis=-1)
        after = weight[..., 1:]
        steep = np.minimum(before, after) * 3 < np.maximum(before, after) * 2
        for place in np.argwhere(band[..., 1:] & (last >= 0) & steep):
            at = tuple(place)
            pair = int(number[(*at[:-1], last[at])]), int(number[(*at[:-1], at[-1] + 1)])
            if pair not in told:
                told.add(pair)
                yield rows[pair[0]], rows[pair[1]]
