"""Tables as files: exact amounts, days that are days, and text that nothing runs."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zipfile import ZipFile

import openpyxl
import polars as pl
import pytest

from coverage.domain.reporting import Column, Row
from coverage.gateways.outgoing import FolderOutgoing
from coverage.gateways.tables import FileTables

COLUMNS = (
    Column("name"), Column("on", "day", "CR0001"), Column("at", "instant"), Column("amount", "money"),
    Column("rate", "rate"), Column("count", "count"),
)  # fmt: skip
AT = datetime(2026, 11, 21, 12, 30, 5, tzinfo=UTC)
ROW: Row = ('Élodie, "d\'Or"', date(2026, 11, 21), AT, Decimal("-1234567.80"), Decimal("0.090000"), 7)
EMPTY: Row = (None, None, None, None, None, None)
HOSTILE = (
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=HYPERLINK(\"http://x\")", "\uff1d1", "'=1", "a\r\nb,\"c\"", "\x00\x1b\u202e",
    "http://example.org", "  =1",
)  # fmt: skip


def written(format: str, *batches: list[Row], columns: tuple[Column, ...] = COLUMNS) -> bytes:
    into = io.BytesIO()
    FileTables().write(into, format, columns, batches)
    return into.getvalue()


def sheet_of(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]


class TestCsv:
    def test_says_amounts_days_and_instants_exactly(self) -> None:
        assert written("csv", [ROW], [EMPTY]).decode() == (
            "name,CR0001 on,at,amount,rate,count\r\n"
            '"Élodie, ""d\'Or""",2026-11-21,2026-11-21T12:30:05Z,-1234567.80,0.090000,7\r\n,,,,,\r\n'
        )

    @pytest.mark.parametrize("text", HOSTILE)
    def test_leaves_nothing_that_a_spreadsheet_runs(self, text: str) -> None:
        content = written("csv", [(text, *EMPTY[1:])]).decode()
        (_, (cell, *_)) = csv.reader(io.StringIO(content, newline=""))
        assert cell in (text, f"'{text}")
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d"))


class TestXlsx:
    def test_keeps_kinds_formats_widths_and_the_heading_in_sight(self) -> None:
        sheet = sheet_of(written("xlsx", [ROW], [EMPTY]))
        assert [cell.value for cell in sheet[1]] == ["name", "CR0001 on", "at", "amount", "rate", "count"]
        assert sheet.freeze_panes == "A2"
        assert sheet.column_dimensions["A"].width > 20
        name, on, at, amount, rate, count = sheet[2]
        assert (name.value, name.data_type) == (ROW[0], "s")
        assert (on.value.date(), on.number_format) == (ROW[1], "yyyy-mm-dd")
        assert (at.value, at.is_date) == (AT.replace(tzinfo=None), True)
        assert (amount.value, amount.number_format) == (-1234567.8, "#,##0.00;-#,##0.00")
        assert (rate.value, count.value) == (0.09, 7)
        assert [cell.value for cell in sheet[3]] == [None] * 6

    def test_holds_an_amount_by_its_digits_and_a_longer_one_as_text(self) -> None:
        amounts = [Decimal("9999999999999.99"), Decimal("0.10"), Decimal("12345678901234567.89")]
        content = written("xlsx", [(None, None, None, amount, None, None) for amount in amounts])
        xml = ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml").decode()
        assert "<v>9999999999999.99</v>" in xml
        assert sheet_of(content)["D4"].value == "12345678901234567.89"

    @pytest.mark.parametrize("text", HOSTILE)
    def test_has_neither_formulas_nor_links(self, text: str) -> None:
        cell = sheet_of(written("xlsx", [(text, *EMPTY[1:])]))["A2"]
        assert (cell.data_type, cell.hyperlink) == ("s", None)


class TestParquet:
    def test_keeps_decimals_days_and_text_as_they_are(self) -> None:
        frame = pl.read_parquet(io.BytesIO(written("parquet", [ROW], [EMPTY, ("=1", *EMPTY[1:])])))
        assert frame.schema["amount"] == pl.Decimal(38, 2)
        assert frame.schema["CR0001 on"] == pl.Date
        assert frame.row(0) == ROW
        assert frame["name"].to_list() == [ROW[0], None, "=1"]


class TestEveryFormat:
    @pytest.mark.parametrize("format", ["csv", "xlsx", "parquet"])
    def test_is_the_same_bytes_for_the_same_rows(self, format: str) -> None:
        assert written(format, [ROW, EMPTY], [ROW]) == written(format, [ROW, EMPTY], [ROW])

    @pytest.mark.parametrize("format", ["csv", "xlsx", "parquet"])
    def test_has_its_heading_without_any_row(self, format: str) -> None:
        content = written(format)
        match format:
            case "csv":
                names = content.decode().strip().split(",")
            case "xlsx":
                names = [cell.value for cell in sheet_of(content)[1]]
            case _:
                names = pl.read_parquet(io.BytesIO(content)).columns
        assert names == [column.heading for column in COLUMNS]

    def test_that_there_is_not_is_refused(self) -> None:
        with pytest.raises(ValueError, match="no format"):
            written("ods")

    @pytest.mark.parametrize("format", ["csv", "xlsx", "parquet"])
    def test_holds_only_a_batch_of_rows_at_once(self, format: str, tmp_path: Any) -> None:
        live = most = 0

        class Held(str):
            """A text that knows how many there are."""

            def __new__(cls, text: str) -> Held:
                nonlocal live, most
                live += 1
                most = max(most, live)
                return super().__new__(cls, text)

            def __del__(self) -> None:
                nonlocal live
                live -= 1

        def batches() -> Iterator[list[Row]]:
            for batch in range(10):
                yield [(Held(f"{batch}-{row}"), *ROW[1:]) for row in range(1000)]

        tracemalloc.start()
        with (tmp_path / "table").open("wb") as into:
            FileTables().write(into, format, COLUMNS, batches())
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most <= 2001
        assert peak < 20_000_000


class TestOutgoing:
    def test_lays_a_file_where_its_owner_alone_reads_it(self, tmp_path: Any) -> None:
        outgoing = FolderOutgoing(tmp_path / "out")
        for content in (b"first", b"again"):
            outgoing.put("vehicles/live/veh_1.csv", content)
        (path,) = [found for found in (tmp_path / "out").rglob("*") if found.is_file()]
        assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"again", 0o600)

    @pytest.mark.parametrize("name", ["../x.csv", "/x.csv", "x", "x.exe", "a/../b.csv", "A.csv", ""])
    def test_refuses_a_name_that_leads_elsewhere(self, tmp_path: Any, name: str) -> None:
        with pytest.raises(ValueError, match="no name"):
            FolderOutgoing(tmp_path).put(name, b"")
