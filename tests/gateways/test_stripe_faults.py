"""What goes wrong between the gateway and the processor: what isn't known isn't taken for refused, and nothing is twice."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from coverage.domain.faults import Fault as Trouble
from coverage.domain.faults import Rejected, Unavailable
from coverage.domain.payment import RefundOrder
from coverage.gateways.stripe_payments import StripePayments
from coverage.gateways.stripe_stand_in import DEMO_KEY, Fault, StripeStandIn
from coverage.operations.ports import Payments
from tests.paying import SECRET, Processor, order, stand_in

PATIENCE_SECONDS = 0.5
# Faults after which it can't be known whether it was done, and whether it was.
DOUBTS: dict[Fault, bool] = {
    "rate_limited": False,
    "refused": False,
    "silent": False,
    "done_silent": True,
    "done_lost": True,
    "no_json": True,
}


@pytest.fixture
def playing() -> Iterator[tuple[Processor, StripeStandIn]]:
    with stand_in() as (processor, app):
        processor.payments = StripePayments(
            DEMO_KEY, SECRET, api_base=processor.url, timeout_seconds=PATIENCE_SECONDS, retries=0
        )
        yield processor, app


@pytest.fixture
def processor(playing: tuple[Processor, StripeStandIn]) -> Processor:
    return playing[0]


@pytest.fixture
def payments(processor: Processor) -> Payments:
    return processor.payments


@pytest.fixture
def app(playing: tuple[Processor, StripeStandIn]) -> StripeStandIn:
    return playing[1]


def held(app: StripeStandIn, kind: str) -> int:
    with app.account() as account:
        return len(account.all_of(kind))


class TestDoubt:
    @pytest.mark.parametrize("fault", DOUBTS)
    def test_asks_once_when_the_first_call_went_wrong(
        self, payments: Payments, app: StripeStandIn, fault: Fault
    ) -> None:
        app.faults.next(fault)
        with pytest.raises(Unavailable) as unavailable:
            payments.ask(order())
        assert unavailable.value.code == "payments_unavailable"
        assert held(app, "payment_intent") == DOUBTS[fault]
        assert payments.ask(order()).state == "open"
        assert held(app, "payment_intent") == 1

    @pytest.mark.parametrize("fault", DOUBTS)
    def test_gives_back_once_when_the_first_call_went_wrong(
        self, processor: Processor, app: StripeStandIn, fault: Fault
    ) -> None:
        given = RefundOrder("tn_1", "ref_1", processor.paid().id, 1_000)
        app.faults.next(fault, at="POST /v1/refunds")
        with pytest.raises(Unavailable):
            processor.payments.refund(given)
        assert held(app, "refund") == DOUBTS[fault]
        assert processor.payments.refund(given).state == "succeeded"
        assert held(app, "refund") == 1

    @pytest.mark.parametrize("fault", DOUBTS)
    def test_is_told_of_every_other_call(self, processor: Processor, app: StripeStandIn, fault: Fault) -> None:
        payments, intent = processor.payments, processor.paid()
        until = datetime.now(UTC)
        page = payments.open_checkout(order(), paid_url="https://p.example", back_url="https://p.example", until=until)
        with app.account() as account:
            dispute = account.dispute(intent.id)["id"]
        calls: list[Callable[[], object]] = [
            lambda: payments.look(intent.id),
            lambda: payments.give_up(intent.id),
            lambda: payments.look_at_checkout(page.id),
            lambda: payments.close_checkout(page.id),
            lambda: payments.look_at_dispute(dispute),
            lambda: list(payments.balance(until - timedelta(hours=1))),
        ]
        for call in calls:
            app.faults.next(fault)
            with pytest.raises(Unavailable) as unavailable:
                call()
            assert unavailable.value.code == "payments_unavailable"
            call()

    @pytest.mark.parametrize("fault", ["refused", "silent", "done_silent"])
    def test_ends_with_the_librarys_own_second_try(
        self, processor: Processor, app: StripeStandIn, fault: Fault
    ) -> None:
        patient = StripePayments(DEMO_KEY, SECRET, api_base=processor.url, timeout_seconds=PATIENCE_SECONDS, retries=1)
        app.faults.next(fault)
        assert patient.ask(order()).state == "open"
        assert held(app, "payment_intent") == 1

    def test_waits_no_longer_than_it_was_told(self, payments: Payments, app: StripeStandIn) -> None:
        app.faults.next("silent")
        begun = time.monotonic()
        with pytest.raises(Unavailable):
            payments.ask(order())
        assert time.monotonic() - begun < 10 * PATIENCE_SECONDS

    def test_goes_on_when_a_failure_is_repeated_for_a_day(self) -> None:
        ahead = [0.0]
        with stand_in(clock=lambda: time.time() + ahead[0]) as (processor, app):
            app.faults.next("failed")
            for _ in range(3):
                with pytest.raises(Unavailable):
                    processor.payments.ask(order())
            assert held(app, "payment_intent") == 0
            ahead[0] = 25 * 3600
            assert processor.payments.ask(order()).state == "open"

    def test_finds_what_was_made_under_a_failure_that_is_repeated(self, payments: Payments, app: StripeStandIn) -> None:
        app.faults.next("done_failed")
        with pytest.raises(Unavailable):
            payments.ask(order())
        assert payments.ask(order()).state == "open"
        assert held(app, "payment_intent") == 1

    def test_has_no_answer_where_nobody_listens(self) -> None:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            address = f"http://127.0.0.1:{closed.getsockname()[1]}"
            payments = StripePayments(DEMO_KEY, SECRET, api_base=address, retries=0)
            with pytest.raises(Unavailable):
                payments.look("pi_1")


class TestMode:
    @pytest.mark.parametrize("key", ["sk_test_1", "rk_test_1", "sk_live_1", "rk_live_1"])
    def test_follows_from_the_key(self, key: str) -> None:
        assert StripePayments(key, None).live is ("live" in key)

    @pytest.mark.parametrize(
        "key", ["", "pk_test_1", "whsec_1", "sk_test_", "xsk_test_1", "sk_test_1\n", "sk_prod_1", "sk_test_ü"]
    )
    def test_isnt_known_of_other_keys(self, key: str) -> None:
        with pytest.raises(
            ValueError, match=r"^a secret key of Stripe's begins with sk_test_, rk_test_, sk_live_ or rk_live_$"
        ):
            StripePayments(key, None)

    def test_keeps_a_live_key_from_every_other_address(self) -> None:
        with pytest.raises(ValueError, match="for Stripe alone"):
            StripePayments("sk_live_1", None, api_base="http://127.0.0.1:1")

    def test_takes_nothing_that_is_live_for_a_test(self, processor: Processor, app: StripeStandIn) -> None:
        payments, intent = processor.payments, processor.paid()
        page = payments.open_checkout(
            order("pay_2"), paid_url="https://p.example", back_url="https://p.example", until=datetime.now(UTC)
        )
        with app.account() as account:
            dispute = account.dispute(intent.id)["id"]
        calls: list[Callable[[], object]] = [
            lambda: payments.ask(order("pay_3")),
            lambda: payments.look(intent.id),
            lambda: payments.look_at_checkout(page.id),
            lambda: payments.close_checkout(page.id),
            lambda: payments.look_at_dispute(dispute),
        ]
        for call in calls:
            app.faults.next("live")
            with pytest.raises(Rejected, match="live where it should be a test") as refused:
                call()
            assert refused.value.code == "payments_refused"


class TestSecrets:
    def test_stand_in_no_error_and_no_log(
        self, processor: Processor, app: StripeStandIn, caplog: pytest.LogCaptureFixture
    ) -> None:
        stranger_key = "sk_test_ofsomebodyelse"
        stranger = StripePayments(stranger_key, SECRET, api_base=processor.url, retries=0)
        raised: list[Trouble] = []
        with caplog.at_level(logging.DEBUG):
            intent = processor.payments.ask(order())
            processor.payments.give_up(intent.id)
            # The refusal quotes the whole intent, its client secret in it.
            assert processor.payments.give_up(intent.id).state == "cancelled"
            for call in (
                lambda: stranger.look(intent.id),
                lambda: processor.payments.refund(RefundOrder("tn_1", "ref_1", intent.id, 5)),
                lambda: processor.payments.look("pi_unknown"),
                lambda: processor.payments.hear(b"{}", "t=1,v1=00"),
            ):
                with pytest.raises(Rejected) as refused:
                    call()
                raised.append(refused.value)
        said = " ".join([caplog.text, *(f"{fault!r} {fault.detail} {fault.extra}" for fault in raised)])
        for secret in (intent.client_secret, DEMO_KEY, stranger_key, SECRET, "member@platform.example"):
            assert secret not in said
        # The original is not shown under it, as in a traceback.
        assert all(fault.__suppress_context__ or fault.__context__ is None for fault in raised)

    def test_tell_apart_a_key_that_isnt_taken(self, processor: Processor) -> None:
        stranger = StripePayments("sk_test_ofsomebodyelse", SECRET, api_base=processor.url, retries=0)
        with pytest.raises(Rejected, match=r"doesn't take the key for this \(request req_\w+\)") as refused:
            stranger.ask(order())
        assert refused.value.code == "payments_refused"

    def test_stand_in_no_words_of_the_processors_own(self, processor: Processor) -> None:
        with pytest.raises(Rejected) as refused:
            processor.payments.look("pi_unknown")
        assert "No such" not in refused.value.detail
        assert "code resource_missing, at id, request req_" in refused.value.detail
