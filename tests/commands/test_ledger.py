"""`coverage ledger`, `coverage invoices` and `coverage refunds`: what an operator types, and what is answered."""

from __future__ import annotations

import base64
import csv
import json
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from coverage.domain.tenant import Caller
from coverage.operations.house import House
from coverage.operations.invoicing import close_early
from tests.conftest import a_database
from tests.operations.lived_in import LivedIn, an_empty_book, live
from tests.processes import run_coverage

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def book(house: House) -> Iterator[tuple[LivedIn, str]]:
    """A lived-in book, and the address of its database."""
    with a_database() as url, an_empty_book(url, house) as found:
        live(found)
        yield found, url


@pytest.fixture
def run(book: tuple[LivedIn, str], tmp_path: Path) -> Run:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        key = base64.b64encode(bytes(range(32))).decode()
        return run_coverage(*arguments, DATABASE_URL=book[1], SHARECOVER_DATA=str(tmp_path), SHARECOVER_MASTER_KEY=key)

    return run


def partner(book: tuple[LivedIn, str]) -> str:
    return book[0].platform.tenant.partner_id


class TestCheck:
    def test_says_that_the_books_agree(self, run: Run) -> None:
        done = run("ledger", "check")
        assert done.returncode == 0, done.stderr
        assert "the books agree" in done.stdout

    def test_cant_be_made_without_a_database(self, tmp_path: Path) -> None:
        nowhere = "postgresql+psycopg://nobody@127.0.0.1:1/none"
        done = run_coverage("ledger", "check", DATABASE_URL=nowhere, SHARECOVER_DATA=str(tmp_path))
        assert done.returncode == 2
        assert done.stderr
        assert "Traceback" not in done.stderr


class TestReadings:
    def test_a_trial_balance_is_even(self, run: Run, book: tuple[LivedIn, str]) -> None:
        accounts = json.loads(run("ledger", "trial-balance", "--test", "--json").stdout)["accounts"]
        assert sum(one["debit"] - one["credit"] for one in accounts) == 0
        assert len(accounts) > 5
        shown = run("ledger", "trial-balance", "--test", "--partner", partner(book))
        assert shown.returncode == 0, shown.stderr
        *lines, last = shown.stdout.splitlines()
        assert last.split()[0] == "All"
        assert last.split()[3] == "0.00"
        assert len(lines) == len(accounts) + 1
        assert "Nothing was posted" in run("ledger", "trial-balance", "--test", "--at", "2020-01-01").stdout

    def test_a_statement_runs_to_its_closing(self, run: Run, book: tuple[LivedIn, str]) -> None:
        shown = run("ledger", "statement", "--partner", partner(book), "--test")
        assert shown.returncode == 0, shown.stderr
        assert {"Opening balance", "Closing balance"} <= {line.strip()[:15] for line in shown.stdout.splitlines()}
        written = run("ledger", "statement", "--partner", partner(book), "--test", "--csv").stdout
        rows = list(csv.DictReader(written.splitlines()))
        assert (rows[0]["text"], rows[0]["balance"]) == ("Opening balance", "0.00")
        moved = sum(round(float(row["amount"]) * 100) for row in rows[1:-1])
        assert moved == round(float(rows[-1]["balance"]) * 100)

    def test_a_covers_life_is_shown_as_t_accounts(self, run: Run, book: tuple[LivedIn, str]) -> None:
        cover = book[0].covers["cancelled"]
        shown = run("ledger", "show", cover["number"])
        assert shown.returncode == 0, shown.stderr
        gross = f"{cover['price']['gross']['amount'] / 100:.2f}"
        lines = shown.stdout.splitlines()
        at = next(index for index, line in enumerate(lines) if line.startswith("clearing/card"))
        assert lines[at + 1].split() == ["Cause", "Debit", "│", "Credit", "Cause"]
        assert lines[at + 2].split()[1:4] == [gross, "│", gross]
        assert lines[at + 3].split() == [gross, "│", gross, "EUR"]
        told = json.loads(run("ledger", "show", cover["id"], "--json").stdout)
        assert told["cover"] == cover["number"]
        assert sum(one["debit"] - one["credit"] for one in told["accounts"]) == 0

    @pytest.mark.parametrize(
        ("arguments", "status", "says"),
        [
            (("show", "SC-0"), 1, "there is no cover SC-0"),
            (("statement", "--partner", "x"), 2, "'x' is no partner's id"),
            (("trial-balance", "--at", "yesterday"), 2, "'yesterday' is no day"),
            (("reconcile",), 2, "no card processor is configured for live mode"),
        ],
    )
    def test_refuses_clearly(self, run: Run, arguments: tuple[str, ...], status: int, says: str) -> None:
        done = run("ledger", *arguments)
        assert (done.returncode, says in done.stderr) == (status, True), done.stderr


class TestInvoices:
    def test_are_closed_once_and_paid(self, run: Run, book: tuple[LivedIn, str]) -> None:
        found, platform = book[0], book[0].platform
        platform.cover(platform.quote(**later(found)))
        with found.till.house.transaction(Caller(platform.tenant, "test")) as tx:
            close_early(tx)
        now = platform.get("/v1/test_clock").json()["now"]
        again = run("invoices", "close", "--partner", partner(book), "--test", "--early", "--month", now[:7])
        assert (again.returncode, "every month until then is" in again.stdout) == (0, True), again.stderr
        listed = platform.get("/v1/invoices").json()["data"]
        assert {one["number"] for one in listed if one["month"] == now[:7]} <= set(again.stdout.split())
        invoice = next(one for one in listed if one["state"] == "open")
        amount = f"{invoice['total']['amount'] / 100:.2f}"
        pay: Any = ("invoices", "paid", invoice["number"], "--reference", "VIR 9")
        paid = run(*pay, "--amount", amount)
        assert paid.returncode == 0, paid.stderr
        assert platform.get(f"/v1/invoices/{invoice['id']}").json()["state"] == "paid"

    @pytest.mark.parametrize(
        ("arguments", "says"),
        [
            (("close", "--partner", "par_" + "0" * 36), "there is no partner"),
            (("close", "--partner", "par_" + "0" * 36, "--month", "Oct"), "'Oct' is no month"),
            (("paid", "X-2026-000001", "--amount", "1", "--reference", "x"), "there is no invoice X-2026-000001"),
        ],
    )
    def test_refuse_clearly(self, run: Run, arguments: tuple[str, ...], says: str) -> None:
        done = run("invoices", *arguments)
        assert (done.returncode, says in done.stderr) == (2, True), done.stderr


class TestRefunds:
    def test_that_failed_are_listed_and_transferred(self, run: Run, book: tuple[LivedIn, str]) -> None:
        lived, cover = book[0], book[0].covers["cancelled"]
        assert run("refunds", "list").stdout == "None is failed.\n"
        refund = lived.asked("SELECT id FROM refunds WHERE cover_id = :id", id=cover["id"])
        number = lived.asked("SELECT processor_id FROM refunds WHERE id = :id", id=refund)
        lived.told_by_processor(lambda account: account.fail_refund(number))
        listed = run("refunds", "list")
        assert refund in listed.stdout
        assert "failed" in listed.stdout
        (told,) = json.loads(run("refunds", "list", "--json").stdout)
        assert (told["id"], told["amount"], told["state"]) == (refund, cover["price"]["gross"]["amount"], "failed")
        for _ in range(2):
            done = run("refunds", "transferred", refund, "--reference", " SCT 7 ")
            assert (done.returncode, "is transferred" in done.stdout) == (0, True), done.stderr
        assert run("ledger", "check").returncode == 0

    @pytest.mark.parametrize(
        ("arguments", "status", "says"),
        [
            (("list", "--state", "lost"), 2, "there is no state 'lost'; expected one of pending, succeeded"),
            (("transferred", "ref_1", "--reference", "x"), 1, "there is no refund ref_1"),
            (("transferred", "ref_1", "--reference", " "), 2, "--reference says nothing"),
            (("look", "ref_" + "0" * 36), 1, "there is no refund"),
            (("give-up", "ref_" + "0" * 36), 1, "there is no refund"),
        ],
    )
    def test_refuse_clearly(self, run: Run, arguments: tuple[str, ...], status: int, says: str) -> None:
        done = run("refunds", *arguments)
        assert (done.returncode, says in done.stderr) == (status, True), done.stderr


class TestFaults:
    """Comes last: the book isn't sound any more."""

    def test_are_named_with_status_1(self, run: Run, book: tuple[LivedIn, str]) -> None:
        cover = book[0].covers["invoiced"]
        book[0].seed("UPDATE covers SET gross = gross + 1, net = net + 1 WHERE id = :id", id=cover["id"])
        done = run("ledger", "check")
        assert done.returncode == 1
        assert cover["id"] in done.stdout
        assert "2 faults found" in done.stdout
        answer = json.loads(run("ledger", "check", "--json").stdout)
        assert {one["subject"] for one in answer["faults"]} == {cover["id"]}


def later(book: LivedIn) -> dict[str, str]:
    """A window a week after the partner's own now."""
    now = datetime.fromisoformat(book.platform.get("/v1/test_clock").json()["now"])
    return {"start": (now + timedelta(days=7)).isoformat(), "end": (now + timedelta(days=7, hours=12)).isoformat()}
