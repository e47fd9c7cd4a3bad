"""Invoices that the card processor sends to partners: each once, whole, and over what it should be."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from coverage.domain.faults import Rejected, Unavailable
from coverage.domain.payment import Bill, BillLine
from coverage.gateways.stripe_payments import StripePayments
from coverage.gateways.stripe_stand_in import DEMO_KEY, Fault, StripeStandIn, bills
from coverage.operations.ports import Payments
from tests.paying import SECRET, Processor, stand_in
from tests.serving import at_once

BILL = Bill(
    tenant_id="tn_1",
    invoice_id="inv_1",
    number="2026-0001",
    partner_id="par_1",
    partner_name="Velo & Söhne GmbH",
    partner_email="bills@platform.example",
    currency="EUR",
    days_until_due=14,
    lines=(BillLine("Covers of November", 120_000), BillLine("Covers cancelled in November", -5_000)),
)
# The calls of the first time, in their order, each of which may go wrong.
STEPS = (
    "GET /v1/customers/search",
    "POST /v1/customers",
    "GET /v1/invoices",
    "POST /v1/invoices",
    "GET /v1/invoices/",
    "GET /v1/invoiceitems",
    "POST /v1/invoiceitems",
    "POST /v1/invoices/",
)


class Wall:
    """A clock that a test moves on."""

    ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def playing(wall: Wall) -> Iterator[tuple[Processor, StripeStandIn]]:
    with stand_in(clock=wall) as both:
        yield both


@pytest.fixture
def payments(playing: tuple[Processor, StripeStandIn]) -> Payments:
    return playing[0].payments


@pytest.fixture
def app(playing: tuple[Processor, StripeStandIn]) -> StripeStandIn:
    return playing[1]


def all_of(app: StripeStandIn, kind: str) -> list[dict[str, Any]]:
    with app.account() as account:
        return account.all_of(kind)


def sent_once(app: StripeStandIn) -> dict[str, Any]:
    """The one invoice there is, which went out once, with its two lines."""
    [invoice] = all_of(app, "invoice")
    assert (invoice["status"], invoice["total"], invoice["_sent"]) == ("open", 115_000, 1)
    assert sorted(item["amount"] for item in all_of(app, "invoiceitem")) == [-5_000, 120_000]
    assert len(all_of(app, "customer")) == 1
    return invoice


class TestSendBill:
    def test_sends_an_invoice_that_says_whose_it_is(self, payments: Payments, app: StripeStandIn, wall: Wall) -> None:
        bill = payments.send_bill(BILL)
        invoice = sent_once(app)
        assert (bill.id, bill.state, bill.url) == (invoice["id"], "open", invoice["hosted_invoice_url"])
        assert invoice["metadata"] == {"tenant": "tn_1", "invoice": "inv_1", "number": "2026-0001", "sent": "yes"}
        assert invoice["custom_fields"] == [{"name": "Invoice", "value": "2026-0001"}]
        assert abs(invoice["due_date"] - wall() - 14 * 86_400) < 60
        [customer] = all_of(app, "customer")
        assert (customer["name"], customer["email"]) == ("Velo & Söhne GmbH", "bills@platform.example")
        assert customer["metadata"] == {"tenant": "tn_1", "partner": "par_1"}
        # The last that is added stands first on the page.
        assert [item["description"] for item in all_of(app, "invoiceitem")] == [line.text for line in BILL.lines]

    @pytest.mark.parametrize("days", [0, 3])
    def test_sends_it_once_however_often_it_is_asked(
        self, payments: Payments, app: StripeStandIn, wall: Wall, days: int
    ) -> None:
        first = payments.send_bill(BILL)
        wall.ahead = days * 86_400
        assert payments.send_bill(BILL) == first
        sent_once(app)

    def test_sends_it_once_when_several_ask_at_once(
        self, playing: tuple[Processor, StripeStandIn], app: StripeStandIn
    ) -> None:
        patient = StripePayments(DEMO_KEY, SECRET, api_base=playing[0].url, retries=3)
        assert len({bill.id for bill in at_once(4, lambda _: patient.send_bill(BILL))}) == 1
        sent_once(app)

    @pytest.mark.parametrize("days", [0, 3])
    @pytest.mark.parametrize("fault", ["refused", "done_lost"])
    @pytest.mark.parametrize("step", STEPS)
    def test_goes_on_where_it_was_cut_off(
        self, payments: Payments, app: StripeStandIn, wall: Wall, step: str, fault: Fault, days: int
    ) -> None:
        app.faults.next(fault, at=step)
        with pytest.raises(Unavailable):
            payments.send_bill(BILL)
        wall.ahead = days * 86_400
        assert payments.send_bill(BILL).state == "open"
        sent_once(app)

    @pytest.mark.parametrize("fault", ["refused", "done_lost"])
    def test_goes_on_where_it_was_cut_off_while_it_was_sent(
        self, payments: Payments, app: StripeStandIn, fault: Fault
    ) -> None:
        app.faults.next(fault, at="POST /v1/invoices/*/send")
        with pytest.raises(Unavailable):
            payments.send_bill(BILL)
        payments.send_bill(BILL)
        sent_once(app)

    def test_isnt_sent_again_when_that_it_was_sent_is_forgotten(self, payments: Payments, app: StripeStandIn) -> None:
        payments.send_bill(BILL)
        with app.account() as account:
            del account.all_of("invoice")[0]["metadata"]["sent"]
        payments.send_bill(BILL)
        assert sent_once(app)["metadata"]["sent"] == "yes"

    def test_keeps_to_one_customer_and_its_name_of_today(self, payments: Payments, app: StripeStandIn) -> None:
        payments.send_bill(BILL)
        payments.send_bill(replace(BILL, invoice_id="inv_2", partner_name="Velo AG", partner_email="new@velo.example"))
        [customer] = all_of(app, "customer")
        assert (customer["name"], customer["email"]) == ("Velo AG", "new@velo.example")
        assert {invoice["customer"] for invoice in all_of(app, "invoice")} == {customer["id"]}

    def test_keeps_one_partners_tenants_apart(self, payments: Payments, app: StripeStandIn) -> None:
        payments.send_bill(BILL)
        payments.send_bill(replace(BILL, tenant_id="tn_2", invoice_id="inv_2"))
        assert len(all_of(app, "customer")) == 2

    def test_makes_no_second_customer_while_the_first_isnt_found_yet(
        self, payments: Payments, app: StripeStandIn
    ) -> None:
        payments.send_bill(BILL)
        with app.account() as account:
            account.search_lag_seconds = 60
        assert payments.send_bill(replace(BILL, invoice_id="inv_2")).state == "open"
        with pytest.raises(Unavailable, match="isn't found yet"):
            payments.send_bill(replace(BILL, invoice_id="inv_3", partner_name="Velo AG"))
        assert len(all_of(app, "customer")) == 1

    def test_refuses_a_bill_over_less_than_nothing(self, payments: Payments, app: StripeStandIn) -> None:
        with pytest.raises(Rejected, match="2026-0001 comes to less than nothing: what is owed to a partner is paid"):
            payments.send_bill(replace(BILL, lines=(BillLine("Back", -1),)))
        assert not all_of(app, "invoice")

    def test_sends_nothing_over_nothing(self, payments: Payments, app: StripeStandIn) -> None:
        lines = (BillLine("Covers", 500), BillLine("Back", -500))
        assert payments.send_bill(replace(BILL, lines=lines)).state == "paid"
        assert "_sent" not in all_of(app, "invoice")[0]

    @pytest.mark.parametrize("count", [0, 251])
    def test_refuses_a_bill_of_no_lines_or_of_too_many(self, payments: Payments, count: int) -> None:
        with pytest.raises(Rejected, match=f"has 1 to 250 lines at the card processor, 2026-0001 has {count}"):
            payments.send_bill(replace(BILL, lines=(BillLine("A cover", 5),) * count))

    def test_sends_nothing_when_somebody_added_to_the_draft(self, payments: Payments, app: StripeStandIn) -> None:
        app.faults.next("refused", at="POST /v1/invoices/")
        with pytest.raises(Unavailable):
            payments.send_bill(BILL)
        [draft] = all_of(app, "invoice")
        with app.account() as account:
            by_hand = {"invoice": draft["id"], "customer": draft["customer"], "amount": "7", "currency": "eur"}
            bills.create_invoice_item(account, by_hand)
        with pytest.raises(Rejected, match="comes to another total"):
            payments.send_bill(BILL)
        assert all_of(app, "invoice")[0]["status"] == "draft"

    def test_takes_hostile_names_as_text(self, payments: Payments, app: StripeStandIn) -> None:
        hostile = "'\\ OR metadata['tenant']:'x'\x00\r\nBcc: all@platform.example " + "ü" * 1_000
        payments.send_bill(replace(BILL, partner_name=hostile, partner_id="'\\", lines=(BillLine(hostile, 5),)))
        payments.send_bill(replace(BILL, partner_name=hostile, partner_id="'\\", lines=(BillLine(hostile, 5),)))
        [customer], [item] = all_of(app, "customer"), all_of(app, "invoiceitem")
        assert customer["name"].startswith("'\\ OR metadata['tenant']:'x'   Bcc: all")
        assert (len(customer["name"]), len(item["description"])) == (256, 500)
        assert customer["metadata"]["partner"] == "'\\"


class TestLookAtBill:
    @pytest.mark.parametrize(("status", "state"), [("paid", "paid"), ("void", "void"), ("uncollectible", "open")])
    def test_shows_how_it_ended(self, payments: Payments, app: StripeStandIn, status: str, state: str) -> None:
        sent = payments.send_bill(BILL)
        with app.account() as account:
            bills.end_invoice(account, sent.id, status=status)
        assert payments.look_at_bill(sent.id).state == state
        # Asked for again it is what it is by now, and isn't sent again.
        assert payments.send_bill(BILL).state == state

    def test_refuses_what_is_no_bill(self, payments: Payments) -> None:
        with pytest.raises(Rejected):
            payments.look_at_bill("in_unknown")
