"""Paying by card: nothing is charged twice, nothing covered unpaid, and whatever comes too late goes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from coverage.domain.faults import Unavailable
from coverage.domain.tenant import Caller
from coverage.operations.collecting import open_checkout, send_refunds, settle_payments
from coverage.operations.falling_due import fire_all_due
from coverage.storage.tenancy import Database
from tests.answers import the_problem
from tests.builders import a_bind, a_risk, soon
from tests.operations.card import EVENTS, Till
from tests.serving import at_once


def balances(owner: Database, till: Till) -> dict[str, int]:
    """Every account of the partner's that isn't even, debits less credits."""
    query = text(
        "SELECT account, sum(amount) FROM (SELECT debit AS account, amount FROM transfers"
        " UNION ALL SELECT credit, -amount FROM transfers) one GROUP BY 1 HAVING sum(amount) <> 0"
    )
    with owner.transaction(till.platform.tenant) as session:
        return {account: int(amount) for account, amount in session.execute(query)}


def facts(owner: Database, till: Till, cover: dict[str, Any]) -> list[str]:
    with owner.transaction(till.platform.tenant) as session:
        query = text("SELECT kind FROM facts WHERE subject = :id ORDER BY recorded_at, id")
        return list(session.scalars(query, {"id": cover["id"]}))


def let_time_pass(till: Till, to: str) -> None:
    """Moves the partner's clock, and lets workers do all that follows."""
    till.platform.advance(to)
    while fire_all_due(till.house, till.queue):
        pass
    till.work()


class TestBind:
    def test_holds_the_object_until_it_is_paid(self, till: Till, owner: Database) -> None:
        risk = a_risk()
        cover = till.held(till.platform.quote(risk=risk))
        assert (cover["state"], cover["transactions"]) == ("awaiting_payment", [])
        payment = cover["payment"]
        assert (payment["method"], payment["state"], payment["amount"]) == ("card", "pending", cover["price"]["gross"])
        held = datetime.fromisoformat(payment["hold_until"]) - datetime.fromisoformat(cover["created_at"])
        assert held == timedelta(minutes=15)
        again = till.platform.quote(risk=risk)
        the_problem(till.platform.post("/v1/covers", a_bind(again)), 409, "object_covered")
        the_problem(till.platform.get(f"/v1/covers/{cover['id']}/certificate"), 409, "cover_not_issued")
        assert balances(owner, till) == {}

    def test_tells_the_client_secret_where_the_one_cover_is_read(self, till: Till) -> None:
        quote = till.platform.quote()
        body = a_bind(quote) | {"payment": {"method": "card"}}
        first = till.platform.post("/v1/covers", body, key="one")
        cover = till.seen(first.json())
        assert cover["payment"]["client_secret"].startswith("pi_")
        assert first.json()["payment"]["client_secret"] is None
        assert till.platform.post("/v1/covers", body, key="one").content == first.content
        listed = till.platform.get("/v1/covers").json()["data"]
        assert [one["payment"]["client_secret"] for one in listed] == [None]

    def test_keeps_no_secret_of_the_processors(self, till: Till, owner: Database) -> None:
        secret = till.held()["payment"]["client_secret"]
        with owner.transaction(till.platform.tenant) as session:
            rows = session.scalars(text("SELECT payments::text FROM payments"))
            assert all(secret not in row for row in rows)

    def test_needs_a_processor_of_the_mode(self, till: Till) -> None:
        till.app.state.house = replace(till.house, payments={"live": till.processor.payments})
        body = a_bind(till.platform.quote()) | {"payment": {"method": "card"}}
        the_problem(till.platform.post("/v1/covers", body), 422, "card_unavailable")

    def test_needs_time_to_pay(self, till: Till) -> None:
        quote = till.platform.quote(start=soon(seconds=40), end=soon(hours=5))
        body = a_bind(quote) | {"payment": {"method": "card"}}
        the_problem(till.platform.post("/v1/covers", body), 409, "no_time_to_pay")


class TestPaid:
    def test_is_issued_and_charged_once_whoever_hears_of_it(self, till: Till, owner: Database) -> None:
        cover = till.held()
        till.pay(cover)
        paid = till.seen(cover)
        assert paid["state"] == "scheduled"
        gross = cover["price"]["gross"]["amount"]
        assert [one["gross"]["amount"] for one in paid["transactions"]] == [gross]
        assert paid["payment"]["state"] == "succeeded"
        settle_payments(till.house, Caller(till.platform.tenant, "test"), cover["id"])
        till.work()
        assert facts(owner, till, cover) == ["cover.awaiting_payment", "cover.issued"]
        held = balances(owner, till)
        assert held["clearing/card"] == gross
        assert "receivable/card" not in held

    def test_is_issued_once_by_twenty_who_look_at_once(self, till: Till, owner: Database) -> None:
        cover = till.held()
        till.pay(cover)
        caller = Caller(till.platform.tenant, "test")
        at_once(20, lambda _: settle_payments(till.house, caller, cover["id"]))
        assert facts(owner, till, cover).count("cover.issued") == 1
        assert balances(owner, till)["clearing/card"] == cover["price"]["gross"]["amount"]

    def test_is_heard_of_by_a_signed_event_twice_and_in_any_order(self, till: Till, owner: Database) -> None:
        cover = till.held()
        told_before = len(till.stand_in.webhooks.told)
        till.pay(cover)
        for body in reversed(till.stand_in.webhooks.told[told_before:] * 2):
            headers = {"Stripe-Signature": till.stand_in.webhooks.signature(body)}
            assert till.platform.client.post(EVENTS, content=body, headers=headers).status_code == 204
        with owner.transaction(till.platform.tenant) as session:
            query = text("SELECT state FROM covers WHERE id = :id")
            assert session.scalar(query, {"id": cover["id"]}) == "issued"
        assert facts(owner, till, cover).count("cover.issued") == 1

    def test_is_not_believed_without_a_signature(self, till: Till) -> None:
        cover = till.held()
        till.pay(cover)
        body = till.stand_in.webhooks.told[-1]
        for headers in ({}, {"Stripe-Signature": "t=1,v1=00"}):
            the_problem(till.platform.client.post(EVENTS, content=body, headers=headers), 400, "bad_signature")
        signed = {"Stripe-Signature": till.stand_in.webhooks.signature(body)}
        the_problem(till.platform.client.post("/card-events/live", content=body, headers=signed), 404)

    def test_begins_at_issue_when_it_is_paid(self, till: Till) -> None:
        cover = till.held(till.platform.quote(start="at_issue", end=None, duration="PT6H"))
        till.platform.advance((datetime.fromisoformat(cover["created_at"]) + timedelta(minutes=5)).isoformat())
        till.pay(cover)
        paid = till.seen(cover)
        waited = datetime.fromisoformat(paid["start"]) - datetime.fromisoformat(cover["created_at"])
        # The processor tells whole seconds.
        assert timedelta(minutes=5, seconds=-1) <= waited < timedelta(minutes=10)
        assert datetime.fromisoformat(paid["end"]) - datetime.fromisoformat(paid["start"]) == timedelta(hours=6)
        assert paid["state"] == "on_risk"

    def test_in_time_and_heard_of_late_begins_as_it_was_to(self, till: Till) -> None:
        cover = till.held(till.platform.quote(start=soon(minutes=10), end=soon(hours=5)))
        till.pay(cover)
        let_time_pass(till, soon(minutes=11))
        paid = till.seen(cover)
        assert (paid["state"], paid["start"], paid["end"]) == ("on_risk", cover["start"], cover["end"])

    def test_gets_its_intent_from_a_worker_when_nobody_asked(self, till: Till) -> None:
        body = a_bind(till.platform.quote()) | {"payment": {"method": "card"}}
        cover = till.platform.post("/v1/covers", body).json()
        calls = len(till.stand_in.calls)
        till.work()
        assert "POST /v1/payment_intents" in list(till.stand_in.calls)[calls:]
        assert till.seen(cover)["payment"]["client_secret"]


class TestNotPaid:
    def test_lapses_and_lets_go_once_the_intent_is_given_up(self, till: Till, owner: Database) -> None:
        risk = a_risk()
        cover = till.held(till.platform.quote(risk=risk))
        let_time_pass(till, soon(minutes=16))
        assert till.seen(cover)["state"] == "lapsed"
        assert facts(owner, till, cover) == ["cover.awaiting_payment", "cover.payment_overdue", "cover.lapsed"]
        till.pay(cover)
        assert till.seen(cover)["state"] == "lapsed"
        assert balances(owner, till) == {}
        assert till.platform.post("/v1/covers", a_bind(till.platform.quote(risk=risk))).status_code == 201

    def test_tells_of_a_card_that_was_declined_and_takes_another(self, till: Till, owner: Database) -> None:
        cover = till.held()
        till.pay(cover, "pm_card_chargeDeclined")
        seen = till.seen(cover)
        assert (seen["state"], seen["payment"]["declined"]) == ("awaiting_payment", "generic_decline")
        till.pay(cover)
        assert till.seen(cover)["state"] == "scheduled"
        assert facts(owner, till, cover).count("cover.payment_failed") == 1

    def test_waits_for_the_bank_that_asks_its_holder(self, till: Till) -> None:
        cover = till.held()
        intent_id = till.pay(cover, till.processor.asking_card())
        assert till.seen(cover)["state"] == "awaiting_payment"
        till.processor.authenticate(till.processor.payments.look(intent_id), success=True)
        assert till.seen(cover)["state"] == "scheduled"

    def test_paid_too_late_goes_back_wholly(self, till: Till, owner: Database) -> None:
        cover = till.held()
        let_time_pass(till, soon(minutes=16))
        with owner.transaction(till.platform.tenant) as session:
            # As where the cancelling was lost, and the member paid after all.
            session.execute(text("UPDATE payments SET state = 'pending', settled_at = NULL, intent_id = NULL"))
            session.execute(text("UPDATE payments SET id = 'pay_' || substr(id, 5, 35) || 'z'"))
        late = till.platform.get(f"/v1/covers/{cover['id']}").json()
        with owner.transaction(till.platform.tenant) as session:
            payment_id = session.scalar(text("SELECT id FROM payments"))
        made = till.processor.an_intent(
            **{
                "amount": str(late["price"]["gross"]["amount"]), "metadata[payment]": str(payment_id),
                "metadata[tenant]": till.platform.tenant.id,
            }
        )  # fmt: skip
        till.processor.post(f"payment_intents/{made.id}/confirm", payment_method="pm_card_visa")
        with owner.transaction(till.platform.tenant) as session:
            session.execute(text("UPDATE payments SET intent_id = :id"), {"id": made.id})
        settle_payments(till.house, Caller(till.platform.tenant, "worker"), cover["id"])
        till.work()
        assert till.seen(cover)["state"] == "lapsed"
        assert facts(owner, till, cover)[-2:] == ["cover.payment_returned", "cover.refunded"]
        assert balances(owner, till) == {}

    def test_is_waited_for_while_the_processor_is_away(self, till: Till) -> None:
        body = a_bind(till.platform.quote()) | {"payment": {"method": "card"}}
        cover = till.platform.post("/v1/covers", body).json()
        till.stand_in.faults.next("refused", "refused")
        assert till.seen(cover)["payment"]["client_secret"] is None
        with pytest.raises(Unavailable):
            settle_payments(till.house, Caller(till.platform.tenant, "test"), cover["id"])
        assert till.seen(cover)["payment"]["client_secret"]


class TestCheckout:
    def test_lets_a_member_pay_on_the_processors_page(self, till: Till, owner: Database) -> None:
        cover = till.held()
        caller = Caller(till.platform.tenant, "member")
        urls = {"paid_url": "http://127.0.0.1/m?paid=1", "back_url": "http://127.0.0.1/m"}
        page = open_checkout(till.house, caller, cover["id"], **urls)
        assert page == open_checkout(till.house, caller, cover["id"], **urls)
        till.pay(cover)  # on the intent that was there before: it was given up
        assert till.seen(cover)["state"] == "awaiting_payment"
        assert page is not None
        assert till.processor.http.post(page, data={"card": "pm_card_visa"}).status_code == 303
        paid = till.seen(cover)
        assert paid["state"] == "scheduled"
        assert balances(owner, till)["clearing/card"] == paid["price"]["gross"]["amount"]

    def test_lapses_when_nobody_paid_there(self, till: Till) -> None:
        cover = till.held()
        caller = Caller(till.platform.tenant, "member")
        page = open_checkout(
            till.house, caller, cover["id"], paid_url="http://127.0.0.1/a", back_url="http://127.0.0.1/b"
        )
        let_time_pass(till, soon(minutes=16))
        assert till.seen(cover)["state"] == "lapsed"
        assert page is not None
        assert till.processor.http.post(page, data={"card": "pm_card_visa"}).status_code != 303


class TestGivenBack:
    def test_once_for_twenty_who_cancel_at_once(self, till: Till, owner: Database) -> None:
        cover = till.issued()
        answers = at_once(20, lambda _: till.platform.post(f"/v1/covers/{cover['id']}/cancel", {}))
        assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
        till.work()
        till.work()
        assert balances(owner, till) == {}
        seen = till.seen(cover)
        assert seen["payment"]["refunded"] == seen["payment"]["amount"]
        with till.stand_in.account() as account:
            refunds = [one for one in account.all_of("refund") if one["payment_intent"] == self._intent(owner, till)]
        assert [one["amount"] for one in refunds] == [cover["price"]["gross"]["amount"]]

    @staticmethod
    def _intent(owner: Database, till: Till) -> str:
        with owner.transaction(till.platform.tenant) as session:
            return str(session.scalar(text("SELECT intent_id FROM payments")))

    def test_is_sent_again_when_its_answer_is_lost(self, till: Till, owner: Database) -> None:
        cover = till.issued()
        till.platform.post(f"/v1/covers/{cover['id']}/cancel", {})
        till.stand_in.faults.next("refused", "done_lost", at="POST /v1/refunds")
        caller = Caller(till.platform.tenant, "test")
        for _ in range(2):
            with pytest.raises(Unavailable):
                send_refunds(till.house, caller, cover["id"])
        send_refunds(till.house, caller, cover["id"])
        assert balances(owner, till) == {}


class TestDisputed:
    def test_leaves_the_cover_standing_until_the_bank_decides(self, till: Till, owner: Database) -> None:
        for outcome, state, disputed in (("won", "scheduled", 0), ("lost", "payment_disputed", 1)):
            cover = till.issued()
            amount = cover["price"]["gross"]["amount"]
            before = len(till.stand_in.webhooks.told)
            with till.stand_in.account() as account:
                dispute = account.dispute(self._intent(owner, till, cover))
            self._tell(till, before)
            assert till.seen(cover)["state"] == "payment_disputed"
            the_problem(till.platform.post(f"/v1/covers/{cover['id']}/cancel", {}), 409, "payment_disputed")
            before = len(till.stand_in.webhooks.told)
            with till.stand_in.account() as account:
                account.close_dispute(dispute["id"], status=outcome)
            self._tell(till, before)
            assert till.seen(cover)["state"] == state
            assert balances(owner, till).get("receivable/disputed", 0) == disputed * amount
            assert facts(owner, till, cover)[-2:] == ["cover.payment_disputed", "cover.dispute_closed"]

    def test_is_not_what_a_bank_only_asks_about(self, till: Till, owner: Database) -> None:
        cover = till.issued()
        before = len(till.stand_in.webhooks.told)
        with till.stand_in.account() as account:
            dispute = account.dispute(self._intent(owner, till, cover))
            account.close_dispute(dispute["id"], status="warning_closed")
        self._tell(till, before)
        assert till.seen(cover)["state"] == "scheduled"
        assert "cover.payment_disputed" not in facts(owner, till, cover)

    @staticmethod
    def _intent(owner: Database, till: Till, cover: dict[str, Any]) -> str:
        with owner.transaction(till.platform.tenant) as session:
            query = text("SELECT intent_id FROM payments WHERE cover_id = :id")
            return str(session.scalar(query, {"id": cover["id"]}))

    @staticmethod
    def _tell(till: Till, before: int) -> None:
        for body in till.stand_in.webhooks.told[before:]:
            headers = {"Stripe-Signature": till.stand_in.webhooks.signature(body)}
            assert till.platform.client.post(EVENTS, content=body, headers=headers).status_code == 204
