"""Tables laid out for a plan: each row with what it covers; gaps, overlaps and rows that can't match reported."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Final

from coverage.rulebook.drafting import Draft
from coverage.rulebook.expressions import Kind, nearest
from coverage.rulebook.format import Table, YearsFrom
from coverage.rulebook.notation import Amount, Band, Cell, Misread, Outcome, amount, band, quoted
from coverage.rulebook.plan import Lookup, Row
from coverage.rulebook.reading import Loc, Place


def lay_out(draft: Draft, loc: Loc, name: str, table: Table) -> Lookup | None:
    """A table as a plan of look-ups; None where it has faults, which are reported."""
    draft.used.add(table.by)
    kind = draft.key_kind((*loc, "by"), table.by)
    if kind is None:
        return None
    rows_loc = (*loc, table.form)
    wanted = {"bands": "integer", "from": "money", "values": "choice"}[table.form]
    if kind.sort != wanted and not (table.form == "values" and kind.sort == "yes_no"):
        form = {"integer": "bands:", "money": "from:", "choice": "values:", "yes_no": "values:"}.get(
            kind.sort, "another key"
        )
        draft.report(
            rows_loc, f"{table.form}: over {quoted(table.by)}, which is {kind}; expected {form}", "table", key=True
        )
        return None
    sort = _cell_sort(draft, rows_loc, table)
    rows = LAYOUTS[table.form](draft, rows_loc, table, kind)
    if sort is None or rows is None:
        return None
    otherwise = None
    if table.otherwise is not None:
        place = draft.document.place((*loc, "otherwise"))
        otherwise = Row("otherwise", table.otherwise, place, outcome=_cell_verdict(draft, table.otherwise, place))
    elif table.form == "bands" and not _covers_all(rows, kind):
        # An age has no declared range, so a table need not cover all of it: what lies outside isn't covered.
        declined = Outcome("decline", f"{table.by}_not_covered")
        place = draft.document.place(loc, key=True)
        otherwise = Row("otherwise", declined, place, outcome=_cell_verdict(draft, declined, place))
    if table.form != "values" and otherwise is not None and _covers_all(rows, kind):
        message = f"otherwise: can't match, since the rows cover all of {table.by}; expected one of the two"
        draft.report((*loc, "otherwise"), message, "no_match")
    return Lookup(name, table.by, table.form, sort, tuple(rows), otherwise, draft.document.place(loc, key=True))


def _covers_all(rows: list[Row], kind: Kind) -> bool:
    """Whether rows in their order leave nothing of the kind's range out."""
    gaps = any(before.highest is not None and row.lowest > before.highest + 1 for before, row in pairwise(rows))
    last = rows[-1].highest
    return rows[0].lowest <= kind.lowest and (last is None or last >= kind.highest) and not gaps


def _cell_sort(draft: Draft, loc: Loc, table: Table) -> str | None:
    cells = [*table.rows.values(), *([table.otherwise] if table.otherwise is not None else [])]
    sorts = {"amount" if isinstance(c, Amount) else "factor" for c in cells if not isinstance(c, Outcome)}
    if len(sorts) > 1:
        draft.report(loc, "a table of factors and amounts; expected one of them", "table", key=True)
        return None
    for key, found in table.rows.items():
        if isinstance(found, Amount) and found.currency != draft.edition.currency:
            draft.wrong_currency((*loc, key), found)
    if isinstance(table.otherwise, Amount) and table.otherwise.currency != draft.edition.currency:
        draft.wrong_currency((*loc[:-1], "otherwise"), table.otherwise)
    return sorts.pop() if sorts else "factor"


def _cell_verdict(draft: Draft, found: Cell, place: Place) -> int:
    return draft.verdict(found.decision, found.code, place) if isinstance(found, Outcome) else -1


def _row(draft: Draft, loc: Loc, label: str, found: Cell, low: int = 0, high: int | None = None) -> Row:
    place = draft.document.place((*loc, label))
    return Row(label, found, place, low, high, _cell_verdict(draft, found, place))


def _values(draft: Draft, loc: Loc, table: Table, kind: Kind) -> list[Row]:
    options = kind.options or ("yes", "no")
    for label in table.rows:
        if label not in options:
            draft.report(
                (*loc, label),
                f"{quoted(label)} is no choice of {table.by}; expected {nearest(label, options)}",
                "no_match",
                key=True,
            )
    missing = [option for option in options if option not in table.rows]
    if missing and table.otherwise is None:
        draft.report(
            loc,
            f"no row for {', '.join(missing)}; expected a row for each choice of {table.by}, or otherwise:",
            "gap",
            key=True,
        )
    if not missing and table.otherwise is not None:
        draft.report(
            (*loc[:-1], "otherwise"),
            "otherwise: can't match, since every choice has its row; expected one of the two",
            "no_match",
        )
    return [_row(draft, loc, label, found) for label, found in table.rows.items()]


def _bands(draft: Draft, loc: Loc, table: Table, kind: Kind) -> list[Row] | None:
    spans: list[tuple[Band, str]] = []
    for label in table.rows:
        try:
            spans.append((band(label), label))
        except Misread as error:
            draft.report((*loc, label), str(error), "band", key=True)
    if len(spans) < len(table.rows):
        return None
    spans.sort(key=lambda pair: pair[0].lowest)
    previous: Band | None = None
    for span, label in spans:
        if previous is not None:
            _meets(draft, loc, label, previous, span, table)
        if span.lowest > kind.highest or (span.highest is not None and span.highest < kind.lowest):
            draft.report(
                (*loc, label),
                f"{label} can't match; expected a band within {kind.lowest} to {kind.highest}, which {table.by} goes through",
                "no_match",
                key=True,
            )
        previous = span
    _covers_kind(draft, loc, table, kind, spans)
    return [_row(draft, loc, label, table.rows[label], span.lowest, span.highest) for span, label in spans]


def _covers_kind(draft: Draft, loc: Loc, table: Table, kind: Kind, spans: list[tuple[Band, str]]) -> None:
    """A declared range must be covered whole; an age, which has no declared range, declines outside its bands."""
    if table.otherwise is not None or (
        table.by in draft.edition.derived and isinstance(draft.edition.derived[table.by], YearsFrom)
    ):
        return
    first, last = spans[0][0], spans[-1][0]
    if first.lowest > kind.lowest:
        draft.report(
            (*loc, spans[0][1]),
            f"nothing covers {Band(kind.lowest, first.lowest - 1)} of {table.by}; expected a row, or otherwise:",
            "gap",
            key=True,
        )
    if last.highest is not None and last.highest < kind.highest:
        draft.report(
            (*loc, spans[-1][1]),
            f"nothing covers {Band(last.highest + 1, kind.highest)} of {table.by}; expected a row, or otherwise:",
            "gap",
            key=True,
        )


def _meets(draft: Draft, loc: Loc, label: str, before: Band, span: Band, table: Table) -> None:
    if before.highest is None or span.lowest <= before.highest:
        draft.report(
            (*loc, label),
            f"{label} overlaps {before}; expected bands that begin where the one before ended",
            "overlap",
            key=True,
        )
    elif span.lowest > before.highest + 1 and table.otherwise is None:
        gap = Band(before.highest + 1, span.lowest - 1)
        draft.report(
            (*loc, label),
            f"nothing covers {gap} between {before} and {span}; expected a row for it, or otherwise:",
            "gap",
            key=True,
        )


def _bounds(draft: Draft, loc: Loc, table: Table, kind: Kind) -> list[Row] | None:
    bounds: list[tuple[int, str]] = []
    for label in table.rows:
        try:
            found = amount(label)
        except Misread as error:
            draft.report((*loc, label), str(error), "bound", key=True)
            continue
        if found.currency != kind.currency:
            draft.wrong_currency((*loc, label), found, key=True)
        if found.micros > kind.highest:
            draft.report(
                (*loc, label), f"{label} can't match; expected a bound that {table.by} can reach", "no_match", key=True
            )
        bounds.append((found.micros, label))
    if len(bounds) < len(table.rows):
        return None
    if bounds != sorted(bounds) or len({low for low, _ in bounds}) < len(bounds):
        draft.report(loc, "the bounds are out of order; expected each higher than the one before", "order", key=True)
        return None
    if bounds[0][0] > kind.lowest and table.otherwise is None:
        draft.report(
            (*loc, bounds[0][1]),
            f"nothing covers {table.by} under {bounds[0][1]}; expected a first bound at its lowest value",
            "gap",
            key=True,
        )
    ends = [low - 1 for low, _ in bounds[1:]] + [None]
    return [
        _row(draft, loc, label, table.rows[label], low, high) for (low, label), high in zip(bounds, ends, strict=True)
    ]


LAYOUTS: Final[dict[str, Callable[[Draft, Loc, Table, Kind], list[Row] | None]]] = {
    "bands": _bands,
    "from": _bounds,
    "values": _values,
}
