"""What the gateway asks of Stripe, asked of two that play it: what one of them alone could be wrong about shows.

localstripe was written by others. What it can't do is left to the stand-in, and `LEFT_TO_THE_STAND_IN` says what that is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from coverage.domain.faults import Rejected
from coverage.domain.payment import RefundOrder
from tests.paying import SECRET, Postbox, Processor, localstripe, stand_in
from tests.serving import serving


@dataclass
class Told:
    """A processor, and where it sends its events."""

    processor: Processor
    postbox: Postbox


@pytest.fixture(scope="module")
def local() -> Iterator[Processor]:
    with localstripe() as processor:
        yield processor


@pytest.fixture(scope="module", params=["the stand-in", "localstripe"])
def told(request: pytest.FixtureRequest) -> Iterator[Told]:
    postbox = Postbox()
    with serving(postbox) as address:
        if request.param == "localstripe":
            processor = request.getfixturevalue("local")
            form = {"url": address, "secret": SECRET}
            assert processor.http.post(f"{processor.url}/_config/webhooks/tests", data=form).status_code == 200
            yield Told(processor, postbox)
        else:
            with stand_in(webhook_url=address) as (processor, _):
                yield Told(processor, postbox)


@pytest.fixture
def processor(told: Told) -> Processor:
    return told.processor


class TestEveryProcessor:
    def test_has_an_intent_open_until_it_is_paid(self, processor: Processor) -> None:
        intent = processor.an_intent()
        assert (intent.state, intent.amount, intent.currency) == ("open", 3_024, "EUR")
        assert (intent.payment_id, intent.tenant_id, intent.charge_id) == ("pay_1", "tn_1", None)
        assert (intent.paid_at, intent.declined) == (None, None)
        assert intent.client_secret.startswith(intent.id)

    def test_has_a_paid_intent_with_its_charge_and_the_instant(self, processor: Processor) -> None:
        before = datetime.now(UTC).replace(microsecond=0)
        intent = processor.paid()
        assert intent.state == "succeeded"
        assert intent.charge_id is not None
        assert intent.paid_at is not None
        assert before <= intent.paid_at <= datetime.now(UTC)

    def test_leaves_an_intent_open_when_3d_secure_asks_and_has_it_paid_when_the_bank_approves(
        self, processor: Processor
    ) -> None:
        intent = processor.an_intent(processor.asking_card())
        assert processor.post(f"payment_intents/{intent.id}/confirm").status_code == 200
        assert processor.payments.look(intent.id).state == "open"
        processor.authenticate(intent, success=True)
        assert processor.payments.look(intent.id).state == "succeeded"

    def test_says_that_the_bank_refused(self, processor: Processor) -> None:
        intent = processor.an_intent(processor.asking_card())
        assert processor.post(f"payment_intents/{intent.id}/confirm").status_code == 200
        processor.authenticate(intent, success=False)
        found = processor.payments.look(intent.id)
        assert (found.state, found.declined) == ("open", "payment_intent_authentication_failure")

    def test_gives_up_what_is_open_and_gives_it_up_again(self, processor: Processor) -> None:
        intent = processor.an_intent()
        assert processor.payments.give_up(intent.id).state == "cancelled"
        assert processor.payments.give_up(intent.id).state == "cancelled"

    def test_keeps_what_was_paid_when_it_is_given_up_too_late(self, processor: Processor) -> None:
        assert processor.payments.give_up(processor.paid().id).state == "succeeded"

    def test_gives_a_part_back_once_however_often_it_is_asked(self, processor: Processor) -> None:
        intent = processor.paid()
        order = RefundOrder("tn_1", "ref_1", intent.id, 1_000)
        first, second = processor.payments.refund(order), processor.payments.refund(order)
        assert first == second
        assert (first.state, first.amount) == ("succeeded", 1_000)
        assert (first.refund_id, first.tenant_id, first.intent_id) == ("ref_1", "tn_1", intent.id)
        assert processor.payments.look_at_refund(first.id) == first
        given = processor.http.get(f"{processor.url}/v1/refunds", params={"payment_intent": intent.id}).json()["data"]
        assert [one["amount"] for one in given] == [1_000]

    def test_gives_two_parts_back_of_one_payment(self, processor: Processor) -> None:
        intent = processor.paid()
        given = [processor.payments.refund(RefundOrder("tn_1", f"part_{n}", intent.id, 1_000)) for n in (1, 2)]
        assert len({one.id for one in given}) == 2

    @pytest.mark.parametrize("number", ["pi_unknown", "", ".", "../charges", "pi_1/cancel", "pi_ü", "p" * 300])
    def test_refuses_what_is_none_of_its_intents(self, processor: Processor, number: str) -> None:
        for call in (processor.payments.look, processor.payments.give_up):
            with pytest.raises(Rejected) as refused:
                call(number)
            assert refused.value.code == "payments_refused"

    def test_tells_of_a_payment_by_an_event_that_it_signed(self, told: Told) -> None:
        while not told.postbox.events.empty():
            told.postbox.events.get()
        intent = told.processor.paid()
        while True:
            body, signature = told.postbox.events.get(timeout=20)
            heard = told.processor.payments.hear(body, signature)
            if heard.subject == intent.id and b'"payment_intent.succeeded"' in body:
                break
        assert (heard.kind, heard.payment_id, heard.tenant_id) == ("payment", "pay_1", "tn_1")


# What is asked, how, and the status with which localstripe says that it can't. Where one of these isn't so any more, the
# contract above can grow by it.
LEFT_TO_THE_STAND_IN = {
    "asking as the gateway does": ("POST", "payment_intents", {"automatic_payment_methods[enabled]": "true"}, 400),
    "confirming with a card": ("POST", "payment_intents/{intent}/confirm", {"payment_method": "pm_card_visa"}, 500),
    "a search by metadata": ("GET", "payment_intents/search", {"query": "metadata['payment']:'pay_1'"}, 404),
    "a page to pay on": ("POST", "checkout/sessions", {"mode": "payment"}, 404),
    "disputes": ("GET", "disputes/du_1", {}, 404),
    "the balance since an instant": ("GET", "balance_transactions", {"created[gte]": "1700000000"}, 400),
    "customers by their metadata": ("GET", "customers/search", {"query": "metadata['partner']:'p'"}, 404),
    "invoices that are sent": ("POST", "invoices", {"customer": "cus_1", "collection_method": "send_invoice"}, 500),
}


class TestLocalstripe:
    @pytest.mark.parametrize("what", LEFT_TO_THE_STAND_IN)
    def test_cant_do_what_is_left_to_the_stand_in(self, local: Processor, what: str) -> None:
        method, path, form, status = LEFT_TO_THE_STAND_IN[what]
        if path == "payment_intents":
            form = {"amount": "3024", "currency": "eur", **form}
        address = f"{local.url}/v1/{path.format(intent=local.an_intent().id)}"
        answer = local.http.get(address, params=form) if method == "GET" else local.http.post(address, data=form)
        assert answer.status_code == status, answer.text

    def test_makes_two_intents_under_one_idempotency_key(self, local: Processor) -> None:
        numbers = {
            local.http.post(
                f"{local.url}/v1/payment_intents",
                data={"amount": "3024", "currency": "eur"},
                headers={"Idempotency-Key": "ask-pay_1"},
            ).json()["id"]
            for _ in range(2)
        }
        assert len(numbers) == 2
