"""Invoices: a month of the partner's own days, each transaction on one, numbers without a gap, whoever dies or races."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from coverage.domain.faults import Conflict, Missing, Rejected, Unavailable
from coverage.domain.tenant import Caller
from coverage.operations import invoicing
from coverage.operations.house import House
from coverage.operations.invoicing import (
    close_all_due,
    close_early,
    close_next_month,
    find_invoice,
    hear_of_bill,
    look_at_sent,
    pay_invoice,
    send_invoice,
    tenants_of_number,
)
from coverage.operations.itemising import invoice_csv, invoice_facts
from coverage.storage import invoices
from coverage.storage.tenancy import Database
from coverage.worker import HANDLERS, ROUNDS
from tests.builders import Platform, a_party
from tests.operations.billing import Billing, billed_by, take_bills_at
from tests.serving import at_once

PARIS = ZoneInfo("Europe/Paris")


def now_of(platform: Platform) -> datetime:
    return datetime.fromisoformat(platform.get("/v1/test_clock").json()["now"])


def next_month(platform: Platform) -> datetime:
    """The first instant of the month after the partner's own, in Paris."""
    local = now_of(platform).astimezone(PARIS)
    day = (local.date().replace(day=1) + timedelta(days=32)).replace(day=1)
    return datetime(day.year, day.month, 1, tzinfo=PARIS)


def to_next_month(platform: Platform, **later: float) -> None:
    platform.advance((next_month(platform) + timedelta(**later)).isoformat())


def close(house: House, platform: Platform) -> list[date]:
    """Closes all that is over; the months."""
    closed = []
    while (month := close_next_month(house, Caller(platform.tenant, "test"))) is not None:
        closed.append(month)
    return closed


def told(platform: Platform) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = platform.get("/v1/invoices").json()["data"]
    return found


def rows(owner: Database, platform: Platform, query: str, **values: str) -> list[Any]:
    with owner.transaction(platform.tenant) as session:
        return [tuple(row) for row in session.execute(text(query), values).all()]


def on_sale_in(platform: Platform, **changes: Any) -> dict[str, Any]:
    """A cover bound at its partner's own time, which tests move."""
    start = now_of(platform) + timedelta(days=3)
    quote = platform.quote(start=start.isoformat(), end=(start + timedelta(hours=12)).isoformat())
    return platform.cover(quote, **changes)


@pytest.fixture
def queue(owner: Database) -> Database:
    return Database(owner.engine, "sharecover_worker")


class TestCloseAMonth:
    def test_invoices_what_was_booked_in_it_once(self, platform: Platform, house: House, owner: Database) -> None:
        covers = [on_sale_in(platform) for _ in range(3)]
        platform.post(f"/v1/covers/{covers[0]['id']}/cancel", {})
        month = now_of(platform).astimezone(PARIS).date().replace(day=1)
        to_next_month(platform)
        assert close(house, platform) == [month]
        (invoice,) = told(platform)
        assert invoice["month"] == f"{month:%Y-%m}"
        assert invoice["transactions"] == 4
        assert invoice["total"]["amount"] == sum(cover["price"]["gross"]["amount"] for cover in covers[1:])
        parts = ("net", "surcharges", "tax", "fees")
        assert sum(invoice[part]["amount"] for part in parts) == invoice["total"]["amount"]
        assert close(house, platform) == []
        assert len(told(platform)) == 1
        stood = rows(owner, platform, "SELECT transaction_id FROM invoice_lines")
        booked = rows(owner, platform, "SELECT id FROM transactions")
        assert sorted(stood) == sorted(booked)

    def test_is_due_at_the_end_of_the_thirtieth_day(self, platform: Platform, house: House) -> None:
        on_sale_in(platform)
        to_next_month(platform, hours=9)
        close(house, platform)
        due = datetime.fromisoformat(told(platform)[0]["due_at"]).astimezone(PARIS)
        issued = now_of(platform).astimezone(PARIS).date()
        assert (due.date() - issued, due.hour, due.minute) == (timedelta(days=31), 0, 0)

    def test_ends_with_the_partners_own_last_day(self, platform: Platform, house: House) -> None:
        """In Paris the new month begins an hour or two before UTC's."""
        ends = next_month(platform)
        platform.advance((ends - timedelta(seconds=20)).isoformat())
        on_sale_in(platform)
        with pytest.raises(Conflict) as refused:
            close_next_month(
                house, Caller(platform.tenant, "test"), now_of(platform).astimezone(PARIS).date().replace(day=1)
            )
        assert refused.value.code == "month_not_over"
        platform.advance((ends + timedelta(seconds=1)).isoformat())
        assert now_of(platform).astimezone(UTC).month != now_of(platform).astimezone(PARIS).month
        on_sale_in(platform)
        close(house, platform)
        (invoice,) = told(platform)
        assert invoice["transactions"] == 1

    def test_leaves_what_came_late_to_the_next(self, platform: Platform, house: House, owner: Database) -> None:
        early = on_sale_in(platform)
        with house.transaction(Caller(platform.tenant, "test")) as tx:
            close_early(tx)
        late = on_sale_in(platform)
        to_next_month(platform)
        assert close(house, platform) == []
        on_sale_in(platform)
        to_next_month(platform)
        close(house, platform)
        second, first = told(platform)
        assert (first["transactions"], second["transactions"]) == (1, 2)
        query = (
            "SELECT c.id, l.invoice_id FROM invoice_lines l JOIN transactions t ON t.id = l.transaction_id"
            " JOIN covers c ON c.id = t.cover_id"
        )
        stands = dict(tuple(row) for row in rows(owner, platform, query))
        assert (stands[early["id"]], stands[late["id"]]) == (first["id"], second["id"])

    def test_closes_months_that_passed_at_once_one_by_one(self, platform: Platform, house: House) -> None:
        on_sale_in(platform)
        to_next_month(platform)
        to_next_month(platform)
        on_sale_in(platform)
        to_next_month(platform)
        assert len(close(house, platform)) == 3
        numbers = [one["number"] for one in told(platform)]
        assert len(numbers) == 2, "a month in which nothing was booked has none"

    def test_makes_a_credit_note_where_more_was_given_back(self, platform: Platform, house: House) -> None:
        start = next_month(platform) + timedelta(days=3)
        quote = platform.quote(start=start.isoformat(), end=(start + timedelta(hours=12)).isoformat())
        cover = platform.cover(quote)
        to_next_month(platform)
        close(house, platform)
        platform.post(f"/v1/covers/{cover['id']}/cancel", {})
        to_next_month(platform)
        close(house, platform)
        credit, invoice = told(platform)
        assert credit["total"]["amount"] == -invoice["total"]["amount"] < 0
        with house.transaction(Caller(platform.tenant, "test")) as tx:
            assert invoice_facts(tx, find_invoice(tx, credit["id"]), "en").is_credit_note

    def test_of_nought_is_paid_as_it_is_issued(self, platform: Platform, house: House, owner: Database) -> None:
        cover = on_sale_in(platform)
        platform.post(f"/v1/covers/{cover['id']}/cancel", {})
        to_next_month(platform)
        close(house, platform)
        (invoice,) = told(platform)
        assert (invoice["total"]["amount"], invoice["state"]) == (0, "paid")
        assert rows(owner, platform, "SELECT 1 FROM transfers WHERE cause IS NOT NULL") == []

    def test_records_the_fact_and_its_work(self, platform: Platform, house: House, owner: Database) -> None:
        on_sale_in(platform)
        to_next_month(platform)
        close(house, platform)
        (invoice,) = told(platform)
        query = "SELECT kind, data FROM facts WHERE subject = :id"
        assert rows(owner, platform, query, id=invoice["id"]) == [("invoice.issued", {"month": invoice["month"]})]
        assert rows(owner, platform, "SELECT kind FROM outbox WHERE subject = :id", id=invoice["id"]) == [
            ("send_invoice",)
        ]
        assert "send_invoice" in HANDLERS


class TestNumbers:
    def test_have_no_gap_and_begin_anew_each_year(self, platform: Platform, house: House) -> None:
        years = []
        for _ in range(14):
            on_sale_in(platform)
            to_next_month(platform)
            close(house, platform)
            years.append(now_of(platform).astimezone(PARIS).year)
        numbers = [one["number"].split("-") for one in reversed(told(platform))]
        assert [int(year) for _, year, _ in numbers] == years
        counted: Counter[int] = Counter()
        for _, year, number in numbers:
            counted[int(year)] += 1
            assert number == f"{counted[int(year)]:06}"
        assert {series for series, _, _ in numbers} == {f"T{platform.tenant.partner_id[-4:].upper()}"}

    def test_leave_none_for_a_closing_that_broke_off(
        self, platform: Platform, house: House, owner: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        on_sale_in(platform)
        to_next_month(platform)

        def dies(**_: object) -> None:
            raise RuntimeError("killed")

        with monkeypatch.context() as patched:
            patched.setattr(invoicing, "MonthClosed", dies)
            with pytest.raises(RuntimeError, match="killed"):
                close(house, platform)
        for table in ("invoices", "invoice_lines", "closed_months"):
            assert rows(owner, platform, f"SELECT 1 FROM {table}") == []  # noqa: S608
        close(house, platform)
        assert told(platform)[0]["number"].endswith("-000001")

    def test_and_invoices_are_one_for_twenty_who_close_at_once(
        self, served_platform: Platform, house: House, owner: Database
    ) -> None:
        platform = served_platform
        for _ in range(3):
            on_sale_in(platform)
        to_next_month(platform)
        caller = Caller(platform.tenant, "test")
        closed = at_once(20, lambda _: close_next_month(house, caller))
        assert Counter(month is None for month in closed) == {False: 1, True: 19}
        (invoice,) = told(platform)
        assert invoice["transactions"] == 3
        assert len(rows(owner, platform, "SELECT 1 FROM invoice_lines")) == 3


class TestTheDatabase:
    @pytest.mark.parametrize(
        "sql",
        [
            "INSERT INTO closed_months SELECT tenant_id, month, closed_at FROM closed_months",
            "INSERT INTO invoice_lines SELECT tenant_id, 'ivl_x', invoice_id, 99, transaction_id, amount FROM invoice_lines",
            "INSERT INTO invoices (tenant_id, id, number, month, currency, total, state, due_at, created_at) SELECT tenant_id, 'inv_x', 'X-1', month, currency, total, 'open', due_at, created_at FROM invoices",
        ],
    )
    def test_refuses_a_second_time(self, platform: Platform, house: House, owner: Database, sql: str) -> None:
        on_sale_in(platform)
        to_next_month(platform)
        close(house, platform)
        with pytest.raises(IntegrityError), owner.transaction(platform.tenant) as session:
            session.execute(text(sql))


class TestTheRound:
    def test_closes_for_whoever_has_a_month_that_is_over(
        self, platform: Platform, another_platform: Platform, house: House, queue: Database
    ) -> None:
        """Each by its own clock: another's month runs on."""
        for one in (platform, another_platform):
            on_sale_in(one)
        to_next_month(platform)
        assert close_all_due(house, queue) >= 1
        while close_all_due(house, queue):
            pass
        assert (len(told(platform)), len(told(another_platform))) == (1, 0)
        assert {"invoices", "bills"} <= {one.name for one in ROUNDS}

    def test_goes_on_where_one_tenant_fails(
        self,
        platform: Platform,
        another_platform: Platform,
        house: House,
        queue: Database,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        for one in (platform, another_platform):
            on_sale_in(one)
            to_next_month(one)
        while close_next_month(house, Caller(platform.tenant, "test")):
            pass
        right = invoicing.close_next_month

        def fails(house: House, caller: Caller, *rest: Any) -> Any:
            if caller.tenant == platform.tenant:
                raise RuntimeError("a bug")
            return right(house, caller, *rest)

        monkeypatch.setattr(invoicing, "close_next_month", fails)
        while close_all_due(house, queue):
            pass
        assert len(told(another_platform)) == 1


@pytest.fixture
def sent(platform: Platform, house: House, owner: Database) -> tuple[House, Billing, str]:
    """A house with a processor, and the id of an invoice that went through it."""
    take_bills_at(owner, platform.tenant, "accounts@example.org")
    for _ in range(2):
        on_sale_in(platform)
    to_next_month(platform)
    billing = Billing()
    there = billed_by(house, billing)
    close(there, platform)
    invoice = told(platform)[0]["id"]
    send_invoice(there, Caller(platform.tenant, "worker"), invoice)
    return there, billing, invoice


def journal(owner: Database, platform: Platform, cause: str) -> list[Any]:
    return rows(owner, platform, "SELECT debit, credit, amount FROM transfers WHERE cause = :cause", cause=cause)


class TestSending:
    def test_goes_through_the_processor_once(self, platform: Platform, sent: tuple[House, Billing, str]) -> None:
        there, billing, invoice = sent
        send_invoice(there, Caller(platform.tenant, "worker"), invoice)
        (bill,) = billing.bills.values()
        (seen,) = told(platform)
        assert seen["payment_url"] == f"https://pay.example/in_{invoice}"
        assert sum(line.amount for line in bill.lines) == seen["total"]["amount"]
        assert (bill.number, bill.partner_email, bill.days_until_due) == (seen["number"], "accounts@example.org", 30)

    def test_that_broke_off_is_taken_up(self, platform: Platform, house: House, owner: Database) -> None:
        take_bills_at(owner, platform.tenant, "accounts@example.org")
        on_sale_in(platform)
        to_next_month(platform)
        billing = Billing(away=True)
        there, caller = billed_by(house, billing), Caller(platform.tenant, "worker")
        close(there, platform)
        invoice = told(platform)[0]["id"]
        with pytest.raises(Unavailable):
            send_invoice(there, caller, invoice)
        assert told(platform)[0]["payment_url"] is None
        billing.away = False
        send_invoice(there, caller, invoice)
        assert told(platform)[0]["payment_url"] is not None
        assert len(billing.bills) == 1

    def test_waits_for_nobody_where_the_partner_takes_none_by_email(self, platform: Platform, house: House) -> None:
        on_sale_in(platform)
        to_next_month(platform)
        billing = Billing()
        close(house, platform)
        send_invoice(billed_by(house, billing), Caller(platform.tenant, "worker"), told(platform)[0]["id"])
        assert billing.bills == {}

    @pytest.mark.parametrize("how", ["heard", "looked at"])
    def test_and_paying_there_is_posted_once(
        self, platform: Platform, owner: Database, queue: Database, sent: tuple[House, Billing, str], how: str
    ) -> None:
        there, billing, invoice = sent
        notice: Callable[[], None] = (
            (lambda: hear_of_bill(there, Caller(platform.tenant, "card_processor"), f"in_{invoice}"))
            if how == "heard"
            else (lambda: look_at_sent(there, queue))
        )
        notice()
        assert told(platform)[0]["state"] == "open"
        billing.becomes(f"in_{invoice}", "paid")
        notice()
        notice()
        (seen,) = told(platform)
        assert (seen["state"], seen["payment_url"]) == ("paid", None)
        assert journal(owner, platform, invoice) == [("clearing/card", "receivable/partner", seen["total"]["amount"])]

    def test_voided_there_is_owed_all_the_same(
        self, platform: Platform, queue: Database, sent: tuple[House, Billing, str]
    ) -> None:
        there, billing, invoice = sent
        billing.becomes(f"in_{invoice}", "void")
        look_at_sent(there, queue)
        (seen,) = told(platform)
        assert (seen["state"], seen["payment_url"]) == ("open", None)


class TestPaidByTransfer:
    @pytest.fixture
    def invoice(self, platform: Platform, house: House) -> dict[str, Any]:
        on_sale_in(platform)
        to_next_month(platform)
        close(house, platform)
        return told(platform)[0]

    def test_is_posted_once(self, platform: Platform, house: House, owner: Database, invoice: dict[str, Any]) -> None:
        for _ in range(2):
            with house.transaction(Caller(platform.tenant, "operator")) as tx:
                pay_invoice(tx, invoice["number"], invoice["total"]["amount"], "VIR 4711")
        assert told(platform)[0]["state"] == "paid"
        assert journal(owner, platform, invoice["id"]) == [("bank", "receivable/partner", invoice["total"]["amount"])]
        kinds = rows(owner, platform, "SELECT kind FROM facts WHERE subject = :id ORDER BY id", id=invoice["id"])
        assert kinds == [("invoice.issued",), ("invoice.paid",)]

    def test_once_for_twenty_at_once(
        self, platform: Platform, house: House, owner: Database, invoice: dict[str, Any]
    ) -> None:
        def pay(index: int) -> str:
            try:
                with house.transaction(Caller(platform.tenant, "operator")) as tx:
                    pay_invoice(tx, invoice["number"], invoice["total"]["amount"], f"VIR {index}")
            except Conflict as refused:
                return refused.code
            return "paid"

        assert Counter(at_once(20, pay)) == {"paid": 1, "invoice_not_open": 19}
        assert len(journal(owner, platform, invoice["id"])) == 1

    def test_is_refused_for_another_amount_or_number(
        self, platform: Platform, house: House, invoice: dict[str, Any]
    ) -> None:
        with house.transaction(Caller(platform.tenant, "operator")) as tx:
            with pytest.raises(Rejected, match="comes to") as refused:
                pay_invoice(tx, invoice["number"], invoice["total"]["amount"] - 1, "VIR 4711")
            assert refused.value.code == "wrong_amount"
            with pytest.raises(Missing):
                pay_invoice(tx, "X-2026-000001", 1, "VIR 4711")

    def test_gives_back_what_a_credit_note_says(self, platform: Platform, house: House, owner: Database) -> None:
        start = next_month(platform) + timedelta(days=3)
        cover = platform.cover(platform.quote(start=start.isoformat(), end=(start + timedelta(hours=12)).isoformat()))
        to_next_month(platform)
        close(house, platform)
        platform.post(f"/v1/covers/{cover['id']}/cancel", {})
        to_next_month(platform)
        close(house, platform)
        credit = told(platform)[0]
        with house.transaction(Caller(platform.tenant, "operator")) as tx:
            pay_invoice(tx, credit["number"], credit["total"]["amount"], "VIR 4712")
        assert journal(owner, platform, credit["id"]) == [("receivable/partner", "bank", -credit["total"]["amount"])]

    def test_is_found_by_its_number_alone(self, platform: Platform, queue: Database, invoice: dict[str, Any]) -> None:
        assert tenants_of_number(queue, invoice["number"]) == [platform.tenant]
        assert tenants_of_number(queue, "X-2026-000001") == []


class TestItemising:
    def test_has_a_row_for_each_transaction_that_adds_up(self, platform: Platform, house: House) -> None:
        covers = [on_sale_in(platform, parties={"policyholder": a_party(reference=f"=emp-{n}")}) for n in range(3)]
        platform.post(f"/v1/covers/{covers[0]['id']}/cancel", {})
        to_next_month(platform)
        close(house, platform)
        (invoice,) = told(platform)
        with house.transaction(Caller(platform.tenant, "test")) as tx:
            written = invoice_csv(tx, find_invoice(tx, invoice["id"]))
            seen = invoice_facts(tx, find_invoice(tx, invoice["id"]), "fr")
        found = list(csv.DictReader(written.splitlines()))
        assert len(found) == 4
        cents = [round(float(row["gross"]) * 100) for row in found]
        assert sum(cents) == invoice["total"]["amount"]
        assert [row["premium_type"] for row in found].count("Return Premium") == 1
        assert {row["cover"] for row in found} == {cover["number"] for cover in covers}
        assert found[0]["policyholder"] == "'=emp-0", "no spreadsheet takes it for a formula"
        assert "Camille" not in written
        assert sum(tax.amount.amount for tax in seen.taxes) == invoice["tax"]["amount"] == seen.total.taxes.amount
        assert seen.total.gross.amount == invoice["total"]["amount"]

    def test_gathers_the_days_of_a_long_month(
        self, platform: Platform, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for _ in range(3):
            on_sale_in(platform)
        to_next_month(platform)
        close(house, platform)
        monkeypatch.setattr("coverage.operations.itemising.MOST_LINES", 2)
        with house.transaction(Caller(platform.tenant, "test")) as tx:
            seen = invoice_facts(tx, find_invoice(tx, told(platform)[0]["id"]), "en")
        (line,) = seen.lines
        assert (line.count, line.amounts) == (3, seen.total)


class TestEarly:
    def test_closes_the_month_that_runs(self, platform: Platform, house: House) -> None:
        on_sale_in(platform)
        for _ in range(2):
            with house.transaction(Caller(platform.tenant, "test")) as tx:
                close_early(tx)
        (invoice,) = told(platform)
        assert invoice["month"] == f"{now_of(platform).astimezone(PARIS):%Y-%m}"
        with house.transaction(Caller(platform.tenant, "test")) as tx:
            assert invoices.last_closed(tx.session) == date.fromisoformat(f"{invoice['month']}-01")
