"""The oracle's tables: each label read by itself, and held against a value in the plainest way."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from coverage.rulebook.format import Table
from coverage.rulebook.language.expressions import Kind
from coverage.rulebook.language.notation import Amount, Cell, Outcome, amount, band, cell, decimal


@dataclass(frozen=True, slots=True)
class Site:
    """A cell where it stands: its figure as a Decimal (a factor, or units of the currency), or its outcome."""

    figure: Decimal | None
    outcome: Outcome | None
    position: int  # among all codes of the file


class Places:
    """Counts the places where codes stand, in the file's order."""

    def __init__(self) -> None:
        self.count = 0

    def site(self, found: Cell) -> Site:
        self.count += 1
        match found:
            case Outcome():
                return Site(None, found, self.count)
            case Amount():
                return Site(units(found.micros), None, self.count)
        return Site(Decimal(found) / 10_000, None, self.count)


def units(micros: int) -> Decimal:
    """Micro-units as units of the currency."""
    return Decimal(micros) / 1_000_000


def written(value: object) -> str:
    """A choice as a label writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


class Rows:
    """The rows of one key, each with its cell or with the rows of the second key."""

    def __init__(self, kind: Kind, rows: Mapping[str, Any], child: Callable[[Any], Child]) -> None:
        self.kind = kind
        self.by_label: dict[str, Child] = {}
        self.bands: list[tuple[int, int | None, Child]] = []
        self.bounds: list[tuple[Decimal, Child]] = []
        for label, below in rows.items():
            match kind.sort:
                case "integer":
                    span = band(label)
                    self.bands.append((span.lowest, span.highest, child(below)))
                case "money":
                    self.bounds.append((units(amount(label).micros), child(below)))
                case "decimal":
                    self.bounds.append((units(decimal(label)), child(below)))
                case _:
                    self.by_label[label] = child(below)

    def of(self, value: Any) -> Child | None:
        """What holds for `value`: the row of the choice, the band around it, the highest bound that it reaches."""
        match self.kind.sort:
            case "integer":
                for lowest, highest, child in self.bands:
                    if lowest <= value and (highest is None or value <= highest):
                        return child
                return None
            case "money" | "decimal":
                reached = [(bound, child) for bound, child in self.bounds if bound <= value]
                return max(reached, key=lambda pair: pair[0])[1] if reached else None
        return self.by_label.get(written(value))


Child = Site | Rows  # a row's cell, or the rows of the second key


class OracleTable:
    """A table of an edition, read once. Where it has no row, a key that is an age declines."""

    def __init__(
        self, name: str, table: Table, kinds: Mapping[str, Kind], ages: frozenset[str], file: str, places: Places
    ) -> None:
        self.name, self.keys, self.form = name, table.by, table.form
        self.kinds = [kinds[key] for key in table.by]
        rows: Mapping[str, Any] = table.rows if table.form != "file" else _rows_of(file, table.by)
        self.rows = Rows(self.kinds[0], rows, lambda below: self._below(below, places))
        self.otherwise = None if table.otherwise is None else places.site(table.otherwise)
        uncovered = [places.site(Outcome("decline", f"{key}_not_covered")) for key in table.by if key in ages]
        self.uncovered = uncovered[0] if uncovered else None
        self.totals = [Decimal(0)]  # of a marginal table: what 0, 1, 2, … units cost

    def _below(self, below: Any, places: Places) -> Child:
        if isinstance(below, Mapping):
            return Rows(self.kinds[1], below, lambda deeper: self._below(deeper, places))
        return places.site(below)

    @property
    def by_day(self) -> bool:
        """Whether each day of the term is looked up in its own season."""
        return self.kinds[0].sort == "season_days"

    def site(self, *values: Any) -> Site:
        """The cell that holds for a value of each key."""
        found: Child = self.rows
        for value in values:
            if isinstance(found, Rows):  # a cell in place of rows holds for all of the second key
                found = found.of(value) or self.otherwise or self.uncovered or self._nothing(value)
        return found if isinstance(found, Site) else self._nothing(values)

    def _nothing(self, value: object) -> Site:
        raise LookupError(f"{self.name} has no row for {value!r}")

    def total(self, units_: int) -> Decimal:
        """Of a marginal table: the cells of the units 1 to `units_`, added up one by one."""
        while len(self.totals) <= units_:
            figure = self.site(len(self.totals)).figure
            self.totals.append(self.totals[-1] + (Decimal(0) if figure is None else figure))
        return self.totals[units_]


def _rows_of(text: str, keys: list[str]) -> dict[str, Any]:
    """A file's rows, nested like those of an edition: by the first key's label, then by the second's."""
    lines = [line for line in text.removeprefix("\ufeff").splitlines() if line.strip()]
    separator = ";" if ";" in lines[0] else ","
    header, *rows = [[part.strip() for part in row] for row in csv.reader(lines, delimiter=separator)]
    if header != [*keys, "cell"]:
        raise ValueError(f"a file's first line is {header}; expected {', '.join(keys)}, cell")
    nested: dict[str, Any] = {}
    for *labels, text_ in rows:
        below = nested
        for label in labels[:-1]:
            below = below.setdefault(label, {})
        below[labels[-1]] = cell(text_)
    return nested
