"""`/v1/invoices`: what a partner reads of what it owes, as an answer, as a document and as rows."""

from __future__ import annotations

import csv
import subprocess
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from coverage.domain.tenant import Caller
from coverage.operations.house import House
from coverage.operations.invoicing import close_early
from coverage.operations.unlocking import new_key
from coverage.storage.tenancy import Database
from tests.answers import the_problem
from tests.builders import Platform, a_party, soon
from tests.logs import seal_all


def close(house: House, platform: Platform) -> None:
    with house.transaction(Caller(platform.tenant, "test")) as tx:
        close_early(tx)


@pytest.fixture
def invoice(platform: Platform, house: House) -> dict[str, Any]:
    """Of two covers, of which one was cancelled."""
    first, _ = (platform.cover(parties={"policyholder": a_party(reference=f"emp-{n}")}) for n in range(2))
    platform.post(f"/v1/covers/{first['id']}/cancel", {})
    close(house, platform)
    (found,) = platform.get("/v1/invoices").json()["data"]
    told: dict[str, Any] = found
    return told


def text_of(pdf: bytes, folder: Path) -> str:
    (folder / "invoice.pdf").write_bytes(pdf)
    command = ["pdftotext", "-layout", str(folder / "invoice.pdf"), "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


class TestInvoice:
    def test_tells_what_is_owed_and_until_when(self, platform: Platform, invoice: dict[str, Any]) -> None:
        assert platform.get(f"/v1/invoices/{invoice['id']}").json() == invoice
        assert (invoice["object"], invoice["livemode"], invoice["state"]) == ("invoice", False, "open")
        assert invoice["transactions"] == 3
        parts = sum(invoice[part]["amount"] for part in ("net", "surcharges", "tax", "fees"))
        assert parts == invoice["total"]["amount"] > 0
        assert datetime.fromisoformat(invoice["due_at"]) > datetime.fromisoformat(invoice["created_at"])
        assert (invoice["paid_at"], invoice["payment_url"]) == (None, None)

    def test_is_told_as_an_event(
        self, platform: Platform, invoice: dict[str, Any], house: House, owner: Database
    ) -> None:
        seal_all(owner, house)
        (event,) = platform.get("/v1/events", params={"type": "invoice.*"}).json()["data"]
        assert (event["type"], event["subject"]) == ("invoice.issued", invoice["id"])
        assert event["data"] == {"month": invoice["month"]}

    def test_is_there_for_nobody_else(
        self, platform: Platform, another_platform: Platform, invoice: dict[str, Any]
    ) -> None:
        for path in (f"/v1/invoices/{invoice['id']}", *(invoice[url] for url in ("pdf_url", "csv_url"))):
            assert platform.get(path).status_code == 200
            the_problem(another_platform.get(path), 404, "unknown_invoice")
        assert another_platform.get("/v1/invoices").json()["data"] == []

    def test_needs_the_scope_of_covers(self, platform: Platform, house: House, invoice: dict[str, Any]) -> None:
        with house.transaction(Caller(platform.tenant, "test")) as tx:
            narrow = replace(platform, key=new_key(tx, ["quotes", "claims"]))
        for path in ("/v1/invoices", f"/v1/invoices/{invoice['id']}", invoice["pdf_url"], invoice["csv_url"]):
            the_problem(narrow.get(path), 403, "scope_missing")


class TestList:
    def test_pages_and_filters(self, platform: Platform, house: House) -> None:
        made = []
        for _ in range(3):
            platform.cover(platform.quote(start="at_issue", end=None, duration="PT1H"))
            close(house, platform)
            made.append(platform.get("/v1/invoices").json()["data"][0]["id"])
            now = datetime.fromisoformat(platform.get("/v1/test_clock").json()["now"])
            month = now.replace(year=now.year + now.month // 12, month=now.month % 12 + 1, day=2)
            platform.advance(month.isoformat())
        page = platform.get("/v1/invoices", params={"limit": 2}).json()
        assert ([one["id"] for one in page["data"]], page["has_more"]) == (made[:0:-1], True)
        rest = platform.get("/v1/invoices", params={"starting_after": made[1]}).json()
        assert ([one["id"] for one in rest["data"]], rest["has_more"]) == (made[:1], False)
        assert len(platform.get("/v1/invoices", params={"state": "open"}).json()["data"]) == 3
        assert platform.get("/v1/invoices", params={"state": "paid"}).json()["data"] == []
        first = platform.get("/v1/invoices", params={"created[lte]": soon(hours=1)}).json()["data"]
        assert [one["id"] for one in first] == made[:1]
        the_problem(platform.get("/v1/invoices", params={"state": "lost"}), 422, "invalid_request")
        the_problem(platform.get("/v1/invoices", params={"starting_after": "inv_x"}), 422, "invalid_list")


class TestDocuments:
    @pytest.mark.parametrize(
        ("language", "title", "total"), [("en", "Invoice", "In all"), ("fr", "Facture", "En tout")]
    )
    def test_are_the_same_ever_after_in_each_language(
        self, platform: Platform, invoice: dict[str, Any], tmp_path: Path, language: str, title: str, total: str
    ) -> None:
        asked = {"params": {"language": language}}
        first, second = (platform.get(invoice["pdf_url"], **asked) for _ in range(2))
        assert (first.status_code, first.headers["content-type"]) == (200, "application/pdf")
        assert first.content == second.content
        assert f'filename="{invoice["number"]}.pdf"' in first.headers["content-disposition"]
        by_header = platform.get(invoice["pdf_url"], headers={"Accept-Language": language})
        assert by_header.content == first.content
        text = text_of(first.content, tmp_path)
        assert all(words in text for words in (title, total, invoice["number"], "Platform Test", "emp-1", "261 C"))
        amount = f"{invoice['total']['amount'] / 100:.2f}"
        assert (amount if language == "en" else amount.replace(".", ",")) in text
        assert "Camille" not in text, "no name of a person stands on it"

    def test_rows_add_up(self, platform: Platform, invoice: dict[str, Any]) -> None:
        answer = platform.get(invoice["csv_url"])
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        rows = list(csv.DictReader(answer.text.splitlines()))
        assert [row["policyholder"] for row in rows] == ["emp-0", "emp-1", "emp-0"]
        assert sum(round(float(row["gross"]) * 100) for row in rows) == invoice["total"]["amount"]
