"""Rows of tables that are too big for YAML: CSV files beside an edition, read with the place of each cell."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from coverage.rulebook.language.notation import Cell, Misread, cell, quoted, read
from coverage.rulebook.language.reading import Loc, Place
from coverage.rulebook.language.respelling import figures_respelt
from coverage.rulebook.planning.drafting import Draft

CELL: Final = "cell"  # the heading of the last column
MAX_ROWS: Final = 20_000  # of all files of an edition
MAX_FAULTS: Final = 20  # of one file: a wrong column makes as many as it has rows


@dataclass(frozen=True, slots=True)
class Entry:
    """A row as it is written: its label for each key, its cell, and where they stand.

    `order` is where it counts as standing among the rules: a row of a file stands where the file is named.
    """

    labels: tuple[str, ...]
    label_places: tuple[Place, ...]
    cell: Cell
    place: Place
    order: Place

    @property
    def label(self) -> str:
        return self.labels[0]

    @property
    def label_place(self) -> Place:
        return self.label_places[0]


def entries_of_file(draft: Draft, loc: Loc, name: str, keys: Sequence[str]) -> Iterator[Entry]:
    """The rows of the file `name`: a column for each key, then the cell. Faults are reported with their line."""
    text = draft.files.get(name)
    if text is None:
        draft.report(loc, f"there is no {name} that can be read beside the edition; expected it", "no_file")
        return
    folder, slash, _ = draft.document.file.rpartition("/")
    shown = f"{folder}{slash}{name}"
    first, _, _ = text.partition("\n")
    reader = csv.reader(text.splitlines(), delimiter=";" if ";" in first else ",", strict=True)
    wanted, faults, rows = [*keys, CELL], 0, 0
    try:
        for row in reader:
            places = _places(shown, reader.line_num, row)
            cells = [part.strip() for part in row]
            if reader.line_num == 1:
                if cells != wanted:
                    words = f"the columns {quoted(', '.join(cells))}; expected {', '.join(wanted)}"
                    draft.report_at(places[0], words, "table")
                    return
                continue
            if not any(cells):
                continue
            rows, draft.rows_read = rows + 1, draft.rows_read + 1
            if draft.rows_read > MAX_ROWS:
                draft.report_at(places[0], f"more than {MAX_ROWS:,} rows in the files; expected fewer", "too_big")
                return
            found = _cell(draft, cells, places, len(wanted))
            faults += found is None
            if faults > MAX_FAULTS:
                return
            if found is not None:
                yield Entry(tuple(cells[:-1]), tuple(places[:-1]), found, places[-1], draft.document.place(loc))
    except csv.Error:
        place = Place(shown, reader.line_num, 1)
        draft.report_at(place, "a line that can't be read as CSV; expected its quotes closed", "table")
        return
    if not rows:
        draft.report_at(
            Place(shown, 1, 1), f"{name} has no rows; expected {', '.join(wanted)}, and rows below", "table"
        )


def _cell(draft: Draft, cells: list[str], places: list[Place], width: int) -> Cell | None:
    if len(cells) != width:
        parted = ",".join(cells[width - 1 :])
        if re.fullmatch(r"\d+,\d+( ?[A-Z]{3})?", parted):
            words = f"a comma parts {quoted(parted)} in two columns; expected {figures_respelt(parted)}"
            draft.report_at(places[width - 1], words, "comma")
        else:
            draft.report_at(
                places[0], f"{len(cells)} column{'s' if len(cells) != 1 else ''}; expected {width}", "table"
            )
        return None
    try:
        return read(cells[-1], cell)
    except Misread as error:
        draft.report_at(places[-1], str(error), "notation")
        return None


def _places(shown: str, line: int, row: list[str]) -> list[Place]:
    """Where each column of a line begins, as far as nothing in it is quoted."""
    places, column = [], 1
    for part in row or [""]:
        places.append(Place(shown, line, column + len(part) - len(part.lstrip())))
        column += len(part) + 1
    return places
