"""`/v1/bordereaux`: the partner's own rows, and nobody else's."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import openpyxl
import polars as pl
import pytest

from coverage.domain.tenant import Caller
from coverage.operations.house import House
from coverage.operations.unlocking import new_key
from coverage.storage.tenancy import Database
from tests.answers import the_problem
from tests.builders import Platform
from tests.reporting import forge


@pytest.fixture
def month() -> str:
    return f"{datetime.now(UTC).astimezone(ZoneInfo('Europe/Paris')):%Y-%m}"


class TestBordereaux:
    def test_are_files_of_the_partner_s_own_rows(
        self, platform: Platform, another_platform: Platform, month: str
    ) -> None:
        mine, _ = platform.cover(), another_platform.cover()
        answer = platform.get("/v1/bordereaux", params={"kind": "premium", "month": month})
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/csv")
        assert answer.headers["content-disposition"] == f'attachment; filename="premium-{month}.csv"'
        assert answer.headers["cache-control"] == "private, no-store"
        rows = list(csv.DictReader(answer.text.splitlines()))
        assert {row["CR0029 Certificate reference"] for row in rows} == {mine["number"]}

    def test_come_in_each_format(self, platform: Platform, month: str) -> None:
        platform.cover()
        params = {"kind": "premium", "month": month}
        parquet = platform.get("/v1/bordereaux", params=params | {"format": "parquet"}).content
        sheet = platform.get("/v1/bordereaux", params=params | {"format": "xlsx"}).content
        rows = openpyxl.load_workbook(io.BytesIO(sheet)).worksheets[0].max_row - 1
        assert pl.read_parquet(io.BytesIO(parquet)).height == rows == 4

    def test_of_claims_calm_what_a_person_wrote(self, platform: Platform, month: str) -> None:
        cover = platform.cover(platform.quote(start="at_issue", end=None, duration="PT1H"))
        platform.claim(cover, description='=HYPERLINK("http://x")')
        answer = platform.get("/v1/bordereaux", params={"kind": "claims", "month": month})
        (row,) = csv.DictReader(answer.text.splitlines())
        assert row["Loss description"] == '\'=HYPERLINK("http://x")'
        assert row["CR0155 Total incurred"] == row["Indemnity reserve"] == "420.00"

    def test_need_the_scope_of_what_they_tell(self, platform: Platform, house: House, month: str) -> None:
        with house.transaction(Caller(platform.tenant, "test")) as tx:
            narrow = replace(platform, key=new_key(tx, ["covers"]))
        assert narrow.get("/v1/bordereaux", params={"kind": "premium", "month": month}).status_code == 200
        problem = the_problem(
            narrow.get("/v1/bordereaux", params={"kind": "claims", "month": month}), 403, "scope_missing"
        )
        assert "claims" in problem["detail"]

    @pytest.mark.parametrize(
        "wrong", [{"month": "2026-13"}, {"month": "11-2026"}, {"month": None}, {"kind": "losses"}, {"format": "ods"}]
    )
    def test_refuse_what_they_can_t_be_asked_for(
        self, platform: Platform, month: str, wrong: dict[str, str | None]
    ) -> None:
        params = {"kind": "premium", "month": month} | wrong
        answer = platform.get("/v1/bordereaux", params={key: value for key, value in params.items() if value})
        the_problem(answer, 422, "invalid_request")

    def test_are_not_handed_out_when_they_differ_from_the_journal(
        self, platform: Platform, owner: Database, month: str
    ) -> None:
        platform.cover()
        forge(owner, platform, "receivable/partner", "fee/made_up", 1)
        answer = platform.get("/v1/bordereaux", params={"kind": "premium", "month": month})
        assert "fee/made_up" in the_problem(answer, 409, "report_differs")["detail"]
