"""Reports as files: CSV, XLSX and Parquet, written batch by batch, so that a million rows are never in memory at once.

Amounts are exact decimals from one end to the other. What a spreadsheet would take for a formula is text.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from coverage.domain.reporting import RUN_BY_SPREADSHEETS, Cell, Column, Kind, Row

if TYPE_CHECKING:
    import polars
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

# The most that a sheet holds (https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3).
SHEET_ROWS: Final = 1_048_576
CELL_CHARACTERS: Final = 32_767
# A spreadsheet reckons with 15 digits. A number with more is written as text, whole.
SHEET_DIGITS: Final = 15

_WIDTHS: Final[dict[Kind, int]] = {"text": 22, "day": 12, "instant": 22, "money": 16, "rate": 12, "count": 8}
_FORMATS: Final[dict[Kind, dict[str, str]]] = {
    "text": {"num_format": "@"},
    "day": {"num_format": "yyyy-mm-dd"},
    "instant": {"num_format": 'yyyy-mm-dd"T"hh:mm:ss"Z"'},
    "money": {"num_format": "#,##0.00;-#,##0.00"},
    "rate": {"num_format": "0.00####"},
    "count": {"num_format": "0"},
}


class FileTables:
    """Writes tables in any of the formats."""

    def write(
        self, into: IO[bytes], format: str, columns: Sequence[Column], batches: Iterable[Sequence[Row]]
    ) -> None:  # fmt: skip
        """Writes a heading and all rows; raises ValueError for a format that there isn't. The same rows are the same bytes."""
        match format:
            case "csv":
                _write_csv(into, columns, batches)
            case "xlsx":
                _write_xlsx(into, columns, batches)
            case "parquet":
                _write_parquet(into, columns, batches)
            case _:
                raise ValueError(f"no format: {format!r}")


def _frame(columns: Sequence[Column], rows: Sequence[Row]) -> polars.DataFrame:
    import polars as pl

    kinds: dict[Kind, Any] = {
        "text": pl.String, "day": pl.Date, "instant": pl.Datetime("us", "UTC"), "money": pl.Decimal(38, 2),
        "rate": pl.Decimal(18, 6), "count": pl.Int64,
    }  # fmt: skip
    # By column: rows of mixed kinds would be looked at for a kind that fits all.
    return pl.DataFrame(
        [
            pl.Series(column.heading, [row[index] for row in rows], dtype=kinds[column.kind], strict=True)
            for index, column in enumerate(columns)
        ]
    )


def _write_csv(into: IO[bytes], columns: Sequence[Column], batches: Iterable[Sequence[Row]]) -> None:
    """RFC 4180, UTF-8. A cell that would be run begins with an apostrophe, which spreadsheets take for "text"."""
    _frame(columns, ()).write_csv(into, line_terminator="\r\n")
    for batch in batches:
        calm = [tuple(_calm(cell) for cell in row) for row in batch]
        _frame(columns, calm).write_csv(
            into, include_header=False, line_terminator="\r\n", datetime_format="%Y-%m-%dT%H:%M:%S%.fZ"
        )


def _calm(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(RUN_BY_SPREADSHEETS) else cell


def _write_parquet(into: IO[bytes], columns: Sequence[Column], batches: Iterable[Sequence[Row]]) -> None:
    """Each batch is put aside as a file, and all of them are then streamed into one."""
    import polars as pl

    with tempfile.TemporaryDirectory(prefix="sharecover-table-") as folder:
        parts = [Path(folder) / "00000000.parquet"]
        _frame(columns, ()).write_parquet(parts[0])
        for number, batch in enumerate(batches, 1):
            parts.append(Path(folder) / f"{number:08}.parquet")
            _frame(columns, batch).write_parquet(parts[-1])
        whole = Path(folder) / "whole.parquet"
        pl.scan_parquet(parts).sink_parquet(whole, maintain_order=True)
        with whole.open("rb") as handle:
            shutil.copyfileobj(handle, into)


def _write_xlsx(into: IO[bytes], columns: Sequence[Column], batches: Iterable[Sequence[Row]]) -> None:
    import xlsxwriter

    # Row by row to a file aside; and what looks like a formula, a link or a number in a text is none.
    options = {
        "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
        "remove_timezone": True,
    }  # fmt: skip
    with tempfile.TemporaryFile() as aside:
        workbook = xlsxwriter.Workbook(aside, options)
        workbook.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)})
        formats = {kind: workbook.add_format(said) for kind, said in _FORMATS.items()}
        sheet, at = _new_sheet(workbook, columns), 1
        for batch in batches:
            for row in batch:
                if at == SHEET_ROWS:
                    sheet, at = _new_sheet(workbook, columns), 1
                for index, (column, cell) in enumerate(zip(columns, row, strict=True)):
                    _write_cell(sheet, at, index, cell, formats[column.kind])
                at += 1
        workbook.close()
        aside.seek(0)
        shutil.copyfileobj(aside, into)


def _new_sheet(workbook: Workbook, columns: Sequence[Column]) -> Worksheet:
    sheet = workbook.add_worksheet()
    bold = workbook.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    for index, column in enumerate(columns):
        sheet.set_column(index, index, _WIDTHS[column.kind])
        sheet.write_string(0, index, column.heading, bold)
    sheet.freeze_panes(1, 0)
    return sheet


def _write_cell(sheet: Worksheet, row: int, column: int, cell: Cell, format: Any) -> None:
    match cell:
        case None:
            return
        case str():
            sheet.write_string(row, column, cell[:CELL_CHARACTERS], format)
        case datetime():
            sheet.write_datetime(row, column, cell.astimezone(UTC).replace(tzinfo=None), format)
        case date():
            sheet.write_datetime(row, column, datetime(cell.year, cell.month, cell.day), format)  # noqa: DTZ001
        case Decimal() if len(cell.as_tuple().digits) > SHEET_DIGITS:
            sheet.write_string(row, column, str(cell), format)
        case _:
            # A decimal is written out as it is: the file holds its digits, not a binary fraction.
            sheet.write_number(row, column, cell, format)
