"""What nothing uses, codes that mean two things, and steps between neighbours that are steep."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

import numpy as np

from coverage.rulebook.checking.figures import Layout
from coverage.rulebook.checking.promises import deciding_inputs
from coverage.rulebook.checking.texts import texts_in
from coverage.rulebook.format import Edition
from coverage.rulebook.language.notation import FACTOR_ONE, decimal_text, quoted
from coverage.rulebook.language.reading import Document, Finding
from coverage.rulebook.planning.plan import Lookup, Plan, Row, Verdict

LOW: Final = FACTOR_ONE // 4
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


def slips(plan: Plan) -> Iterator[Finding]:
    """Factors that are most likely slips of the pen: nothing, or far below others of 1 and more."""
    for table in plan.tables.values():
        if table.sort != "factor":
            continue
        factors = [(row, row.cell) for row in table.all_rows if isinstance(row.cell, int)]
        highest = max((factor for _, factor in factors), default=0)
        for row, factor in islice(
            [(r, f) for r, f in factors if f == 0 or f < LOW <= FACTOR_ONE <= highest], MOST_JUMPS
        ):
            if factor == 0:
                words = "a factor of 0, with which it costs nothing; expected a factor over 0, or decline(code)"
            else:
                words = f"a factor of {decimal_text(factor, 4)} beside others of 1 and more; expected 0.25 or more, or a good reason"
            yield Finding(row.place, words, "slip", warning=True)


def short_terms(document: Document, edition: Edition) -> Iterator[Finding]:
    """A grace in which a whole cover fits."""
    term = edition.term
    if term.grace and term.grace > term.min:
        words = "a grace longer than the shortest cover; expected it no longer than min:"
        yield document.finding(("term", "grace"), words, "grace", warning=True)


# One figure of three digits behind a point: `2.000 EUR` is two euros here, and two thousand to many who read it.
_DOUBTFUL: Final = re.compile(r"(?<![\w.,-])([1-9]\d{0,2})\.(\d\d0) ([A-Z]{3})\b")


def doubtful_amounts(document: Document) -> Iterator[Finding]:
    """Amounts whose point could be meant to part thousands."""
    for place, text in texts_in(document.root):
        for match in _DOUBTFUL.finditer(text):
            whole, places, currency = match.groups()
            plain = f"{whole}.00" if places == "000" else f"{whole}.{places}0"
            words = f"{match[0]} could be read as thousands; expected {plain} {currency}, or {whole}{places} {currency}"
            yield Finding(place, words, "doubtful_amount", warning=True)


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
