"""Tables laid out for a plan: each row with what it covers; gaps, overlaps and rows that can't match reported."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from coverage.rulebook.format import HoursIn, Prefix, Table, YearsFrom
from coverage.rulebook.language.expressions import Kind, nearest
from coverage.rulebook.language.notation import (
    Amount,
    Band,
    Cell,
    Misread,
    Outcome,
    amount,
    band,
    decimal,
    decimal_text,
    quoted,
    read,
)
from coverage.rulebook.language.reading import Loc, Place
from coverage.rulebook.planning.drafting import Draft
from coverage.rulebook.planning.plan import Axis, Lookup, Match, Row
from coverage.rulebook.planning.tablefiles import Entry, entries_of_file

MAX_CELLS: Final = 100_000

# How the rows of a key are written, by what the key is.
FORM_OF: Final = {
    "integer": "bands", "money": "from", "decimal": "from", "choice": "values", "yes_no": "values", "prefix": "values",
    "season_days": "values",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Side:
    """One key of a table with the labels that are to be laid out over it, and where faults of all of them are told."""

    key: str
    kind: Kind
    whole: Place
    otherwise: bool  # whether the table has a row for whatever no other names
    aged: bool  # an age has no declared range: what lies outside of its rows declines
    entries: tuple[Entry, ...]
    length: int = 0  # of a prefix
    marginal: bool = False

    @property
    def open(self) -> bool:
        return self.otherwise or self.aged


def lay_out(draft: Draft, loc: Loc, name: str, table: Table) -> Lookup | None:
    """A table as a plan of look-ups; None where it has faults, which are reported."""
    draft.used |= set(table.by)
    kinds = [draft.key_kind(_by_loc(draft, loc, index), key) for index, key in enumerate(table.by)]
    if any(kind is None for kind in kinds) or not _fits(draft, loc, table, [kind for kind in kinds if kind]):
        return None
    entries = list(_entries(draft, loc, table))
    sort = _cell_sort(draft, loc, table, entries)
    sides = _matches(draft, loc, table, [kind for kind in kinds if kind], entries)
    if sort is None or sides is None or not entries:
        return None
    axes = tuple(
        _axis(key, kind, [row[index] for row in sides], table)
        for index, (key, kind) in enumerate(zip(table.by, kinds, strict=True))
        if kind
    )
    rows = tuple(
        Row(matches, entry.cell, entry.place, _cell_verdict(draft, entry.cell, entry.place, entry.order))
        for matches, entry in zip(sides, entries, strict=True)
    )
    lookup = Lookup(name, axes, table.form, sort, rows, None, draft.document.place(loc, key=True))
    if lookup.cells > MAX_CELLS:
        draft.report(loc, f"a table of {lookup.cells:,} cells; expected at most {MAX_CELLS:,}", "table", key=True)
        return None
    return replace(lookup, otherwise=_otherwise(draft, loc, table, lookup))


def _by_loc(draft: Draft, loc: Loc, index: int) -> Loc:
    """Where a key of the table is named: in a list of keys, or by itself."""
    by = draft.document.node((*loc, "by"))
    return (*loc, "by", index) if by is not None and by.items is not None else (*loc, "by")


def _rows_place(draft: Draft, loc: Loc, table: Table) -> Place:
    return draft.document.place((*loc, table.form), key=True)


def _fits(draft: Draft, loc: Loc, table: Table, kinds: list[Kind]) -> bool:
    """Whether the form of the rows is one for the keys."""
    by_day = [key for key, kind in zip(table.by, kinds, strict=True) if kind.sort == "season_days"]
    if len(set(table.by)) < len(table.by):
        draft.report((*loc, "by"), f"{quoted(table.by[0])} stands twice; expected two keys, or one", "table")
    elif by_day and len(table.by) > 1:
        message = f"{quoted(by_day[0])} is counted day by day; expected it as the only key"
        draft.report((*loc, "by"), message, "table")
    elif table.form == "marginal":
        return _may_be_marginal(draft, loc, table)
    else:
        kind, wanted = kinds[0], FORM_OF.get(kinds[0].sort)
        if table.form not in (wanted, "file"):
            expected = f"{wanted}:" if wanted else "another key"
            message = f"{table.form}: over {quoted(table.by[0])}, which is {kind}; expected {expected}"
            draft.report((*loc, table.form), message, "table", key=True)
            return False
        if len(kinds) > 1 and kinds[1].sort not in FORM_OF:
            message = f"{quoted(table.by[1])} is {kinds[1]}; expected another key"
            draft.report((*loc, "by", 1), message, "table")
            return False
        return True
    return False


def _may_be_marginal(draft: Draft, loc: Loc, table: Table) -> bool:
    timed = [
        "term_hours",
        "term_days",
        *(name for name, rule in draft.edition.derived.items() if isinstance(rule, HoursIn)),
    ]
    if len(table.by) > 1 or table.by[0] not in timed:
        message = f"marginal: over {quoted(', '.join(table.by))}; expected one key that counts time: {', '.join(timed)}"
        draft.report((*loc, "marginal"), message, "table", key=True)
        return False
    if table.otherwise is not None:
        draft.report((*loc, "otherwise"), "otherwise: in a marginal table; expected a last band such as 8+", "table")
    return True


# -------------------------------------------------------------------------------------------------- rows as written


def _entries(draft: Draft, loc: Loc, table: Table) -> Iterator[Entry]:
    """The rows in the file's order, whether they stand in the edition or in a file beside it."""
    if table.form == "file":
        yield from entries_of_file(draft, (*loc, "file"), str(table.file), table.by)
        return
    for label, found in table.rows.items():
        where = (*loc, table.form, label)
        place, label_place = draft.document.place(where), draft.document.place(where, key=True)
        if isinstance(found, dict) != (len(table.by) > 1):
            words = "rows of a second key; expected a cell, or two keys in by:"
            if not isinstance(found, dict):
                words = f"one cell; expected rows of {table.by[-1]}, as by: has two keys"
            draft.report(where, f"{label} holds {words}", "table", key=True)
        elif isinstance(found, dict):
            for inner, cell in found.items():
                inner_place = draft.document.place((*where, inner), key=True)
                place = draft.document.place((*where, inner))
                yield Entry((label, inner), (label_place, inner_place), cell, place, place)
        else:
            yield Entry((label,), (label_place,), found, place, place)


def _cell_sort(draft: Draft, loc: Loc, table: Table, entries: Sequence[Entry]) -> str | None:
    cells = [entry.cell for entry in entries] + ([table.otherwise] if table.otherwise is not None else [])
    sorts = {"amount" if isinstance(cell, Amount) else "factor" for cell in cells if not isinstance(cell, Outcome)}
    if len(sorts) > 1:
        rows = _rows_place(draft, loc, table)
        draft.report_at(rows, "a table of factors and amounts; expected one of them", "table")
        return None
    for entry in entries:
        if isinstance(entry.cell, Amount) and entry.cell.currency != draft.edition.currency:
            draft.report_at(entry.place, draft.currency_words(entry.cell), "currency")
        if table.form == "marginal" and not _marginal_cell(entry.cell):
            draft.report_at(entry.place, "no amount; expected an amount such as 9 EUR, or decline(code)", "table")
    if isinstance(table.otherwise, Amount) and table.otherwise.currency != draft.edition.currency:
        draft.wrong_currency((*loc, "otherwise"), table.otherwise)
    return sorts.pop() if sorts else "amount" if table.form == "marginal" else "factor"


def _marginal_cell(cell: Cell) -> bool:
    return isinstance(cell, Amount) or (isinstance(cell, Outcome) and cell.decision == "decline")


def _cell_verdict(draft: Draft, found: Cell, place: Place, order: Place) -> int:
    return draft.verdict(found.decision, found.code, place, order) if isinstance(found, Outcome) else -1


def _otherwise(draft: Draft, loc: Loc, table: Table, lookup: Lookup) -> Row | None:
    """What holds where no row does: as written, or for an age that no row has, a decline."""
    gaps = None in lookup.grid
    if table.otherwise is not None:
        place = draft.document.place((*loc, "otherwise"))
        if not gaps and table.form != "marginal":
            whole = f"the rows cover all of {' and '.join(table.by)}"
            if len(lookup.axes) == 1 and not lookup.axes[0].starts:
                whole = "every choice has its row"
            draft.report_at(place, f"otherwise: can't match, since {whole}; expected one of the two", "no_match")
        return Row((), table.otherwise, place, _cell_verdict(draft, table.otherwise, place, place))
    ages = [key for key in table.by if _is_age(draft, key)]
    if gaps and ages:
        # An age has no declared range, so a table need not cover all of it: what lies outside isn't covered.
        place = draft.document.place(loc, key=True)
        declined = Outcome("decline", f"{ages[0]}_not_covered")
        return Row((), declined, place, _cell_verdict(draft, declined, place, place))
    return None


def _is_age(draft: Draft, key: str) -> bool:
    return isinstance(draft.edition.derived.get(key), YearsFrom)


# ------------------------------------------------------------------------------------------------ what rows cover


def _matches(
    draft: Draft, loc: Loc, table: Table, kinds: list[Kind], entries: Sequence[Entry]
) -> list[tuple[Match, ...]] | None:
    """What each row covers of each key; None where a label can't be read."""
    otherwise = table.otherwise is not None
    whole = _rows_place(draft, loc, table)
    if len(kinds) == 1:
        found = _laid(draft, _side(draft, table.by[0], kinds[0], whole, otherwise, entries, 0, table.form))
        return [(match,) for match in found] if found is not None else None
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.labels[0], []).append(entry)
    firsts = [group[0] for group in groups.values()]
    outer = _laid(draft, _side(draft, table.by[0], kinds[0], whole, otherwise, firsts, 0, ""))
    inner = {
        label: _laid(draft, _side(draft, table.by[1], kinds[1], group[0].label_places[0], otherwise, group, 1, ""))
        for label, group in groups.items()
    }
    if outer is None or any(found is None for found in inner.values()):
        return None
    first = dict(zip(groups, outer, strict=True))
    rest = {label: iter(found or ()) for label, found in inner.items()}
    return [(first[entry.labels[0]], next(rest[entry.labels[0]])) for entry in entries]


def _side(
    draft: Draft, key: str, kind: Kind, whole: Place, otherwise: bool, entries: Sequence[Entry], index: int, form: str
) -> Side:
    rule = draft.edition.derived.get(key)
    if form == "marginal":
        kind = Kind("integer", 1, kind.highest)
    labels = tuple(
        replace(entry, labels=(entry.labels[index],), label_places=(entry.label_places[index],)) for entry in entries
    )
    length = rule.length if isinstance(rule, Prefix) else 0
    return Side(key, kind, whole, otherwise, _is_age(draft, key), labels, length, form == "marginal")


def _laid(draft: Draft, side: Side) -> list[Match] | None:
    return LAYOUTS[FORM_OF[side.kind.sort]](draft, side) if side.entries else None


def _values(draft: Draft, side: Side) -> list[Match] | None:
    seen: dict[str, Entry] = {}
    options = side.kind.options or (("yes", "no") if side.kind.sort == "yes_no" else ())
    for entry in side.entries:
        label = entry.label
        if label in seen:
            draft.report_at(entry.label_place, f"{quoted(label)} stands here again; expected it once", "overlap")
        seen[label] = entry
        if side.kind.sort == "prefix":
            if len(label) != side.length or not label.isascii() or not label.isalnum() or label != label.upper():
                words = f"{quoted(label)} can't match; expected {side.length} capital letters or digits"
                draft.report_at(entry.label_place, words, "no_match")
        elif label not in options:
            words = f"{quoted(label)} is no choice of {side.key}; expected {nearest(label, options)}"
            draft.report_at(entry.label_place, words, "no_match")
    if side.kind.sort == "prefix" and not side.open:
        draft.report_at(side.whole, f"no row for any other {side.key}; expected otherwise: as well", "gap")
    missing = [option for option in options if option not in seen]
    if missing and not side.open:
        words = f"no row for {', '.join(missing)}; expected a row for each choice of {side.key}, or otherwise:"
        draft.report_at(side.whole, words, "gap")
    unknown = side.kind.sort != "prefix" and any(entry.label not in options for entry in side.entries)
    return None if unknown or len(seen) < len(side.entries) else [Match(entry.label) for entry in side.entries]


def _bands(draft: Draft, side: Side) -> list[Match] | None:
    spans: list[tuple[Band, Entry]] = []
    for entry in side.entries:
        try:
            spans.append((read(entry.label, band), entry))
        except Misread as error:
            draft.report_at(entry.label_place, str(error), "band")
    if len(spans) < len(side.entries):
        return None
    spans.sort(key=lambda pair: pair[0].lowest)
    previous: Band | None = None
    for span, entry in spans:
        if previous is not None:
            _meets(draft, side, entry, previous, span)
        if span.lowest > side.kind.highest or (span.highest is not None and span.highest < side.kind.lowest):
            words = f"{entry.label} can't match; expected a band within {side.kind.lowest} to {side.kind.highest}, which {side.key} goes through"
            draft.report_at(entry.label_place, words, "no_match")
        previous = span
    _covers_kind(draft, side, spans)
    found = {entry.label: span for span, entry in spans}
    return [Match(entry.label, found[entry.label].lowest, found[entry.label].highest) for entry in side.entries]


def _covers_kind(draft: Draft, side: Side, spans: list[tuple[Band, Entry]]) -> None:
    """A declared range must be covered whole; an age, which has no declared range, declines outside its bands."""
    (first, first_entry), (last, last_entry) = spans[0], spans[-1]
    if side.marginal and first.lowest < 1:
        words = f"{first_entry.label} begins before the first unit; expected bands from 1"
        draft.report_at(first_entry.label_place, words, "band")
    if side.open:
        return
    if first.lowest > side.kind.lowest:
        words = (
            f"nothing covers {Band(side.kind.lowest, first.lowest - 1)} of {side.key}; expected a row, or otherwise:"
        )
        draft.report_at(first_entry.label_place, words, "gap")
    if last.highest is not None and last.highest < side.kind.highest:
        words = (
            f"nothing covers {Band(last.highest + 1, side.kind.highest)} of {side.key}; expected a row, or otherwise:"
        )
        draft.report_at(last_entry.label_place, words, "gap")


def _meets(draft: Draft, side: Side, entry: Entry, before: Band, span: Band) -> None:
    if before.highest is None or span.lowest <= before.highest:
        words = f"{entry.label} overlaps {before}; expected bands that begin where the one before ended"
        draft.report_at(entry.label_place, words, "overlap")
    elif span.lowest > before.highest + 1 and not side.otherwise:
        gap = Band(before.highest + 1, span.lowest - 1)
        words = f"nothing covers {gap} between {before} and {span}; expected a row for it, or otherwise:"
        draft.report_at(entry.label_place, words, "gap")


def _bounds(draft: Draft, side: Side) -> list[Match] | None:
    bounds: list[tuple[int, Entry]] = []
    for entry in side.entries:
        try:
            bounds.append((_bound(draft, side, entry), entry))
        except Misread as error:
            draft.report_at(entry.label_place, str(error), "bound")
    if len(bounds) < len(side.entries):
        return None
    lows = [low for low, _ in bounds]
    if any(after <= low for low, after in pairwise(lows)):
        draft.report_at(side.whole, "the bounds are out of order; expected each higher than the one before", "order")
        return None
    if lows[0] > side.kind.lowest and not side.open:
        label = side.entries[0].label
        words = f"nothing covers {side.key} under {label}; expected a first bound at its lowest value"
        draft.report_at(side.entries[0].label_place, words, "gap")
    ends = [low - 1 for low in lows[1:]] + [None]
    return [Match(entry.label, low, high) for (low, entry), high in zip(bounds, ends, strict=True)]


def _bound(draft: Draft, side: Side, entry: Entry) -> int:
    """The first value of a row, in millionths; raises `Misread`."""
    if side.kind.sort == "decimal":
        low = read(entry.label, decimal)
        reach = decimal_text(side.kind.highest, 6)
    else:
        found = read(entry.label, amount)
        if found.currency != side.kind.currency:
            draft.report_at(entry.label_place, draft.currency_words(found), "currency")
        low, reach = found.micros, ""
    if low > side.kind.highest:
        words = f"{entry.label} can't match; expected a bound that {side.key} can reach" + (
            f", up to {reach}" if reach else ""
        )
        draft.report_at(entry.label_place, words, "no_match")
    return low


LAYOUTS: Final[dict[str, Callable[[Draft, Side], list[Match] | None]]] = {
    "bands": _bands,
    "from": _bounds,
    "values": _values,
}


def _axis(key: str, kind: Kind, matches: Sequence[Match], table: Table) -> Axis:
    """The key cut where a row begins or ends."""
    if kind.sort == "prefix":
        return Axis(key, kind.sort, options=tuple(dict.fromkeys(match.label for match in matches)))
    if not kind.number:
        return Axis(key, kind.sort, options=kind.options or ("yes", "no"))
    lowest = 1 if table.form == "marginal" else kind.lowest
    cuts = {lowest, *(match.lowest for match in matches)}
    cuts |= {match.highest + 1 for match in matches if match.highest is not None}
    return Axis(key, kind.sort, starts=tuple(sorted(cut for cut in cuts if lowest <= cut <= max(kind.highest, lowest))))
