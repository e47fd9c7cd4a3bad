"""Events of the card processor: whose they are, what each is about, and how the stand-in sends them."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from coverage.domain.faults import Rejected
from coverage.domain.payment import Heard, RefundOrder
from coverage.gateways.stripe_events import LONGEST_BODY
from coverage.gateways.stripe_payments import StripePayments
from coverage.gateways.stripe_stand_in import Webhooks
from tests.paying import SECRET, Postbox, order, stand_in
from tests.serving import serving

PAYMENTS = StripePayments("sk_test_1", SECRET)
WEBHOOKS = Webhooks(None, SECRET, time.time)
NAMES = {"tenant": "tn_1", "payment": "pay_1", "cover": "cov_1"}


def event(name: str, **changes: Any) -> bytes:
    """An event's body, about an object with these fields; `top` are the event's own."""
    top = changes.pop("top", {})
    whole = {"id": "evt_1", "object": "event", "type": name, "livemode": False, "data": {"object": changes}, **top}
    return json.dumps(whole).encode()


def hear(body: bytes) -> Heard:
    return PAYMENTS.hear(body, WEBHOOKS.signature(body))


def refusal(body: bytes, signature: str, payments: StripePayments = PAYMENTS) -> str:
    with pytest.raises(Rejected) as refused:
        payments.hear(body, signature)
    assert refused.value.code == "bad_signature"
    return refused.value.detail


class TestHear:
    @pytest.mark.parametrize("name", ["created", "succeeded", "payment_failed", "canceled", "something_new"])
    def test_is_told_of_a_payment(self, name: str) -> None:
        body = event(f"payment_intent.{name}", id="pi_1", metadata=NAMES)
        assert hear(body) == Heard("evt_1", "payment", "pi_1", "tn_1", "pay_1")

    @pytest.mark.parametrize(
        ("name", "paid_by", "heard"),
        [
            ("checkout.session.completed", "pi_1", Heard("evt_1", "payment", "pi_1", "tn_1", "pay_1")),
            ("checkout.session.async_payment_failed", "pi_1", Heard("evt_1", "payment", "pi_1", "tn_1", "pay_1")),
            # Nobody began to pay: there is no intent to be looked up.
            ("checkout.session.expired", None, Heard("evt_1", "other", "cs_1", "tn_1", "pay_1")),
            ("charge.refunded", "pi_1", Heard("evt_1", "payment", "pi_1", "tn_1", "pay_1")),
            ("charge.refunded", {"id": "pi_1"}, Heard("evt_1", "payment", "pi_1", "tn_1", "pay_1")),
            ("charge.succeeded", "pi_1", Heard("evt_1", "other", "cs_1", "tn_1", "pay_1")),
        ],
    )
    def test_is_told_of_a_payment_by_what_it_was_paid_with(self, name: str, paid_by: object, heard: Heard) -> None:
        assert hear(event(name, id="cs_1", payment_intent=paid_by, metadata=NAMES)) == heard

    @pytest.mark.parametrize("name", ["refund.created", "refund.updated", "refund.failed", "charge.refund.updated"])
    def test_is_told_of_a_refund(self, name: str) -> None:
        body = event(name, id="re_1", payment_intent="pi_1", metadata={"tenant": "tn_1", "refund": "ref_1"})
        assert hear(body) == Heard("evt_1", "refund", "re_1", "tn_1", "")

    @pytest.mark.parametrize("name", ["created", "updated", "closed", "funds_withdrawn", "funds_reinstated"])
    def test_is_told_of_a_dispute(self, name: str) -> None:
        body = event(f"charge.dispute.{name}", id="du_1", payment_intent="pi_1", metadata={})
        assert hear(body) == Heard("evt_1", "dispute", "du_1", "", "")

    @pytest.mark.parametrize("name", ["paid", "voided", "overdue"])
    def test_is_told_of_an_invoice(self, name: str) -> None:
        body = event(f"invoice.{name}", id="in_1", metadata={"tenant": "tn_1", "invoice": "inv_1"})
        assert hear(body) == Heard("evt_1", "invoice", "in_1", "tn_1", "")

    @pytest.mark.parametrize(
        "name", ["", "balance.available", "payment_intentx.succeeded", "charge.captured", "refund"]
    )
    def test_passes_over_what_it_doesnt_know(self, name: str) -> None:
        assert hear(event(name, id="x_1", metadata=None)) == Heard("evt_1", "other", "x_1", "", "")

    @pytest.mark.parametrize("metadata", [None, [], "text", {"tenant": 5, "payment": None}])
    def test_names_nobody_where_the_event_doesnt(self, metadata: object) -> None:
        assert hear(event("payment_intent.succeeded", id="pi_1", metadata=metadata)).tenant_id == ""

    @pytest.mark.parametrize("top", [{"livemode": True}, {"livemode": None}, {"account": "acct_1"}])
    def test_makes_nothing_of_another_modes_or_accounts_event(self, top: dict[str, object]) -> None:
        body = event("payment_intent.succeeded", id="pi_1", metadata=NAMES, top=top)
        assert hear(body) == Heard("evt_1", "other", "", "", "")

    def test_hears_live_events_with_a_live_key(self) -> None:
        body = event("payment_intent.succeeded", id="pi_1", metadata=NAMES, top={"livemode": True})
        live = StripePayments("sk_live_1", SECRET)
        assert live.hear(body, WEBHOOKS.signature(body)).kind == "payment"


class TestSignature:
    BODY = event("payment_intent.succeeded", id="pi_1", metadata=NAMES)

    def test_is_refused_when_another_secret_made_it(self) -> None:
        assert "isn't ours" in refusal(self.BODY, Webhooks(None, "whsec_other", time.time).signature(self.BODY))

    def test_is_refused_when_the_body_was_changed(self) -> None:
        refusal(self.BODY.replace(b"pay_1", b"pay_2"), WEBHOOKS.signature(self.BODY))

    def test_is_refused_when_it_is_old(self) -> None:
        now = time.time()
        refusal(self.BODY, WEBHOOKS.signature(self.BODY, at=now - 310))
        assert PAYMENTS.hear(self.BODY, WEBHOOKS.signature(self.BODY, at=now - 250)).kind == "payment"

    def test_is_refused_when_its_instant_was_changed(self) -> None:
        old = WEBHOOKS.signature(self.BODY, at=time.time() - 400)
        refusal(self.BODY, f"t={int(time.time())},{old.partition(',')[2]}")

    def test_is_taken_beside_one_of_a_secret_that_was_changed(self) -> None:
        stamp, _, ours = WEBHOOKS.signature(self.BODY).partition(",")
        assert PAYMENTS.hear(self.BODY, f"{stamp},v1={'0' * 64},{ours}").kind == "payment"

    @pytest.mark.parametrize(
        "header",
        ["", "t=1", "v1=00", "t=x,v1=00", "t=1,v0=00", "nonsense", "t=1,v1=ü", "t=1,v1=" + "0" * 5_000, ",,,", "=\x00"],
    )
    def test_is_refused_when_there_is_none(self, header: str) -> None:
        refusal(self.BODY, header)

    @pytest.mark.parametrize("secret", [None, "", "  "])
    def test_is_refused_where_no_secret_is_set(self, secret: str | None) -> None:
        refusal(self.BODY, WEBHOOKS.signature(self.BODY), StripePayments("sk_test_1", secret))

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"no json",
            b"[]",
            b"{}",
            b"null",
            b'{"id": 1}',
            b"[" * 100_000,
            b'{"id":"e","type":"t","data":{"object":[]}}',
        ],
        ids=["empty", "text", "list", "nothing", "null", "number", "deep", "no object"],
    )
    def test_doesnt_save_a_body_that_is_no_event(self, body: bytes) -> None:
        refusal(body, WEBHOOKS.signature(body))

    def test_doesnt_save_a_body_that_is_no_text(self) -> None:
        refusal(b"\xff\xfe{}", "t=1,v1=00")

    def test_isnt_looked_at_under_a_huge_body(self) -> None:
        assert str(LONGEST_BODY) in refusal(b" " * (LONGEST_BODY + 1), WEBHOOKS.signature(b""))


class TestWebhooks:
    def test_are_sent_until_they_are_taken(self) -> None:
        postbox = Postbox(500, 503)
        with serving(postbox) as address, stand_in(webhook_url=address) as (processor, app):
            processor.payments.ask(order())
            assert app.webhooks.wait_until_sent()
            bodies = [postbox.events.get(timeout=5) for _ in range(3)]
            assert len({body for body, _ in bodies}) == 1
            assert processor.payments.hear(*bodies[2]).kind == "payment"

    def test_come_twice_late_and_in_another_order_as_they_are_told_to(self) -> None:
        postbox = Postbox()
        with serving(postbox) as address, stand_in(webhook_url=address) as (processor, app):
            app.webhooks.hold()
            intent = processor.paid()
            processor.payments.refund(RefundOrder("tn_1", "ref_1", intent.id, 5))
            assert postbox.events.empty()
            app.webhooks.let_go(lambda bodies: bodies[::-1], times=2)
            assert app.webhooks.wait_until_sent()
            told = [postbox.events.get_nowait()[0] for _ in range(2 * len(app.webhooks.told))]
            assert told == [body for body in reversed(app.webhooks.told) for _ in range(2)]
            names = [json.loads(body)["type"] for body in app.webhooks.told]
        assert names == [
            "payment_intent.created",
            "charge.succeeded",
            "payment_intent.succeeded",
            "refund.created",
            "charge.refunded",
        ]

    def test_show_what_was_then(self) -> None:
        with stand_in() as (processor, app):
            processor.paid()
            first, *_, last = (json.loads(body)["data"]["object"] for body in app.webhooks.told)
        assert (first["status"], last["status"]) == ("requires_confirmation", "succeeded")
