"""How a table changed from one edition to the next: by stretch of values and by choice, whatever its rows are cut like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product

from coverage.rulebook.language.expressions import Kind
from coverage.rulebook.language.notation import Amount, Band, Cell, Outcome, decimal_text
from coverage.rulebook.planning.plan import Axis, Lookup, Match, Row

Kinds = Sequence[tuple[Kind, Kind]]


@dataclass(frozen=True, slots=True)
class Cut:
    """A stretch of values, or choices, for which one row held and one row holds; None where there is no such value."""

    label: str
    old: Row | None
    new: Row | None


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A stretch of one key that neither table cuts: what it is called, and where it stands on each one's axis."""

    lowest: int
    highest: int
    choice: str
    old: int | None
    new: int | None


@dataclass(frozen=True, slots=True)
class _Cuts:
    """A key cut into its stretches, and what it can be in either edition."""

    stretches: Sequence[_Stretch]
    kind: Kind


def table_changes(old: Lookup, new: Lookup, kinds: Kinds) -> Iterator[Cut]:
    """Each stretch whose cell changed; and of a row that was split or merged, each stretch that came of it.

    Both tables have the same keys; `kinds` says what each key can be in the one and in the other.
    """
    axes = [
        _Cuts(list(_stretches(before, after, *kind)), _either(*kind))
        for before, after, kind in zip(old.axes, new.axes, kinds, strict=True)
    ]
    meetings: dict[tuple[int, int], list[tuple[int, ...]]] = {}
    rows: dict[tuple[int, int], tuple[Row | None, Row | None]] = {}
    for position in product(*(range(len(axis.stretches)) for axis in axes)):
        stretches = [axis.stretches[index] for axis, index in zip(axes, position, strict=True)]
        before = _row(old, [stretch.old for stretch in stretches])
        after = _row(new, [stretch.new for stretch in stretches])
        pair = (id(before), id(after))
        rows[pair] = (before, after)
        meetings.setdefault(pair, []).append(position)
    recut = _recut(rows)
    shared = {row for pair, both in rows.items() if None not in both for row in pair}
    for pair, (before, after) in rows.items():
        if None in (before, after) and shared & set(pair):
            continue  # the key's range is another, which is told of the key: the row itself was there before
        differs = (before.cell if before else None) != (after.cell if after else None)
        if differs or (before and after and recut & set(pair)):
            yield Cut(_label((before, after), axes, meetings[pair]), before, after)


def cell_text(cell: Cell) -> str:
    """A cell as it would be written: `1.6000`, `12.50 EUR`, `decline(code)`."""
    if isinstance(cell, Outcome):
        return f"{cell.decision}({cell.code})"
    return str(cell) if isinstance(cell, Amount) else decimal_text(cell, 4, least=4)


def _either(before: Kind, after: Kind) -> Kind:
    return replace(after, lowest=min(before.lowest, after.lowest), highest=max(before.highest, after.highest))


def _recut(rows: dict[tuple[int, int], tuple[Row | None, Row | None]]) -> set[int]:
    """The rows of either table that meet several of the other: they were split, or merged. `otherwise` is no row."""
    met = [pair for pair, both in rows.items() if all(row is not None and row.matches for row in both)]
    return {row for side in (0, 1) for row, times in Counter(pair[side] for pair in met).items() if times > 1}


def _row(table: Lookup, positions: Sequence[int | None]) -> Row | None:
    index = 0
    for axis, position in zip(table.axes, positions, strict=True):
        if position is None:
            return None
        index = index * axis.size + position
    return table.grid[index]


def _stretches(old: Axis, new: Axis, before: Kind, after: Kind) -> Iterator[_Stretch]:
    if not old.starts or not new.starts:
        first, second = _choices(old), _choices(new)
        for option in dict.fromkeys([*old.options, *new.options]):
            yield _Stretch(0, 0, option, first.get(option, first.get("")), second.get(option, second.get("")))
        if old.sort == new.sort == "prefix":
            yield _Stretch(0, 0, "otherwise", len(old.options), len(new.options))
        return
    ends = {before.lowest, before.highest + 1, after.lowest, after.highest + 1}
    starts = sorted({*old.starts, *new.starts, *ends})
    for start, following in pairwise([*starts, starts[-1] + 1]):
        yield _Stretch(
            start, following - 1, "",
            old.position(start) if before.lowest <= start <= before.highest else None,
            new.position(start) if after.lowest <= start <= after.highest else None,
        )  # fmt: skip


def _choices(axis: Axis) -> dict[str, int]:
    """Where each choice stands; under "" any other, where there can be one."""
    others = {"": len(axis.options)} if axis.sort == "prefix" else {}
    return {option: position for position, option in enumerate(axis.options)} | others


# ------------------------------------------------------------------------------------------------ what it is called


def _label(rows: Sequence[Row | None], axes: Sequence[_Cuts], positions: Sequence[tuple[int, ...]]) -> str:
    """What a meeting of rows is called: the values that fall in both, by a row's own label where it says them."""
    if all(row is not None and not row.matches for row in rows):
        return "otherwise"
    return " / ".join(
        ", ".join(
            _named(run, [row.matches[number] for row in rows if row and row.matches], axis.kind)
            for run in _runs([axis.stretches[index] for index in sorted({position[number] for position in positions})])
        )
        for number, axis in enumerate(axes)
    )


def _runs(stretches: Sequence[_Stretch]) -> Iterator[_Stretch]:
    """Neighbouring stretches as one; choices one by one."""
    run: _Stretch | None = None
    for stretch in stretches:
        if run is not None and not stretch.choice and stretch.lowest == run.highest + 1:
            run = replace(run, highest=stretch.highest)
            continue
        if run is not None:
            yield run
        run = stretch
    if run is not None:
        yield run


def _named(run: _Stretch, matches: Sequence[Match], kind: Kind) -> str:
    if run.choice:
        return run.choice
    for match in reversed(matches):  # the new edition's own words first
        highest = kind.highest if match.highest is None else min(match.highest, kind.highest)
        if (max(match.lowest, kind.lowest), highest) == (run.lowest, run.highest):
            return match.label
    if kind.sort == "integer":
        return str(Band(run.lowest, run.highest))
    low, high = (decimal_text(bound, 6) for bound in (run.lowest, run.highest + 1))
    unit = f" {kind.currency}" if kind.currency else ""
    return f"from {low}{unit}" if run.highest >= kind.highest else f"{low}{unit} to under {high}{unit}"
