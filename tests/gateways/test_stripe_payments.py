"""Payments, pages, refunds, disputes and the balance at the stand-in: what is asked for twice is one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from coverage.domain.faults import Rejected, Unavailable
from coverage.domain.payment import BalanceEntry, Refunded, RefundOrder
from coverage.gateways.stripe_payments import StripePayments
from coverage.gateways.stripe_stand_in import DEMO_KEY, Refusal, StripeStandIn
from coverage.operations.ports import Payments
from tests.paying import SECRET, Processor, order, stand_in
from tests.serving import at_once

PAID, BACK = "https://platform.example/paid?session={CHECKOUT_SESSION_ID}", "https://platform.example/back"


class Wall:
    """A clock that a test moves on."""

    def __init__(self) -> None:
        self.ahead = 0.0

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
def processor(playing: tuple[Processor, StripeStandIn]) -> Processor:
    return playing[0]


@pytest.fixture
def payments(processor: Processor) -> Payments:
    return processor.payments


@pytest.fixture
def app(playing: tuple[Processor, StripeStandIn]) -> StripeStandIn:
    return playing[1]


def pay(app: StripeStandIn, intent_id: str, card: str = "pm_card_visa") -> None:
    with app.account() as account:
        account.confirm(intent_id, {"payment_method": card})


class TestAsk:
    def test_makes_an_intent_that_says_whose_it_is(self, payments: Payments, app: StripeStandIn) -> None:
        intent = payments.ask(order())
        assert (intent.state, intent.amount, intent.currency) == ("open", 3_024, "EUR")
        assert (intent.payment_id, intent.tenant_id) == ("pay_1", "tn_1")
        with app.account() as account:
            held = account.find("payment_intent", intent.id)
        assert held["metadata"] == {"tenant": "tn_1", "payment": "pay_1", "cover": "cov_1"}
        assert held["description"] == "Cover SC-2026-000001"
        assert held["receipt_email"] == "member@platform.example"

    def test_asks_once_when_twenty_ask_at_once(self, processor: Processor, app: StripeStandIn) -> None:
        # The first is at work until another was turned away.
        app.faults.next("slow")
        patient = StripePayments(DEMO_KEY, SECRET, api_base=processor.url, retries=3)
        intents = at_once(20, lambda _: patient.ask(order()))
        assert len({intent.id for intent in intents}) == 1
        with app.account() as account:
            assert len(account.all_of("payment_intent")) == 1
        assert app.calls.count("POST /v1/payment_intents") > 20

    def test_has_no_answer_while_another_is_asking(self, processor: Processor, app: StripeStandIn) -> None:
        def ask(_: int) -> str:
            try:
                return processor.payments.ask(order()).state
            except Unavailable as unavailable:
                return unavailable.code

        app.faults.next("slow")
        assert sorted(at_once(2, ask)) == ["open", "payments_unavailable"]

    def test_answers_what_became_of_the_payment_when_it_is_asked_again(
        self, payments: Payments, app: StripeStandIn
    ) -> None:
        intent = payments.ask(order())
        pay(app, intent.id)
        again = payments.ask(order())
        assert (again.id, again.state) == (intent.id, "succeeded")

    @pytest.mark.parametrize("changes", [{"amount": 3_025}, {"currency": "SEK"}, {"tenant_id": "tn_2"}])
    def test_refuses_another_amount_under_the_same_payment(
        self, payments: Payments, app: StripeStandIn, changes: dict[str, Any]
    ) -> None:
        payments.ask(order())
        with pytest.raises((Rejected, Unavailable)) as refused:
            payments.ask(order(**changes))
        # Of another tenant's nothing is found, and nothing is made.
        assert refused.value.code == ("payments_unavailable" if "tenant_id" in changes else "payments_refused")
        with app.account() as account:
            assert len(account.all_of("payment_intent")) == 1

    def test_refuses_an_intent_that_somebody_changed(self, payments: Payments, app: StripeStandIn) -> None:
        intent = payments.ask(order())
        with app.account() as account:
            account.find("payment_intent", intent.id)["amount"] = 1
        with pytest.raises(Rejected, match="another amount"):
            payments.ask(order())

    def test_finds_the_payment_when_only_the_address_has_changed(self, payments: Payments) -> None:
        assert payments.ask(order(email=None)).id == payments.ask(order()).id

    def test_finds_what_was_asked_for_a_day_ago(self, payments: Payments, app: StripeStandIn, wall: Wall) -> None:
        first = payments.ask(order())
        wall.ahead = 25 * 3600
        asked_at = datetime.now(UTC) - timedelta(hours=25)
        assert payments.ask(order(asked_at=asked_at)).id == first.id
        # The key is forgotten: had it not been searched for, there would be two.
        assert payments.ask(order()).id != first.id

    def test_asks_for_what_was_meant_to_be_asked_for_a_day_ago_and_never_was(self, payments: Payments) -> None:
        assert payments.ask(order(asked_at=datetime.now(UTC) - timedelta(days=2))).state == "open"

    def test_makes_no_second_one_while_the_first_isnt_found_yet(self, payments: Payments, app: StripeStandIn) -> None:
        payments.ask(order())
        with app.account() as account:
            account.search_lag_seconds = 60
        with pytest.raises(Unavailable, match="isn't found yet"):
            payments.ask(order(email=None))

    @pytest.mark.parametrize("card", ["pm_card_chargeDeclined", "pm_card_chargeDeclinedInsufficientFunds"])
    def test_says_why_a_card_was_declined_and_takes_another(
        self, payments: Payments, app: StripeStandIn, card: str
    ) -> None:
        intent = payments.ask(order())
        with pytest.raises(Refusal):
            pay(app, intent.id, card)
        declined = payments.look(intent.id)
        reasons = {"pm_card_chargeDeclined": "generic_decline"}
        assert (declined.state, declined.declined) == ("open", reasons.get(card, "insufficient_funds"))
        pay(app, intent.id)
        assert (payments.look(intent.id).state, payments.look(intent.id).declined) == ("succeeded", None)

    def test_waits_for_a_bank_that_is_slow(self, payments: Payments, app: StripeStandIn) -> None:
        intent = payments.ask(order())
        pay(app, intent.id, "pm_usBankAccount_processing")
        assert payments.look(intent.id).state == "processing"
        assert payments.give_up(intent.id).state == "processing"
        with app.account() as account:
            account.settle(intent.id, paid=False)
        # What was refused while it was on its way isn't refused ever after.
        assert payments.give_up(intent.id).state == "cancelled"

    @pytest.mark.parametrize(
        ("changes", "word"),
        [({"amount": 10**12}, "amount_too_large"), ({"amount": 1}, "amount_too_small"), ({"amount": -5}, "amount")],
    )
    def test_says_what_is_wrong_with_an_amount(self, payments: Payments, changes: dict[str, Any], word: str) -> None:
        with pytest.raises(Rejected, match=word) as refused:
            payments.ask(order(**changes))
        assert refused.value.code == "payments_refused"

    def test_takes_hostile_names_as_text(self, payments: Payments, app: StripeStandIn) -> None:
        hostile = "'\\ AND metadata['tenant']:'x' &a[b]=c;\u202e<script>"
        first = payments.ask(order(cover_number=hostile, tenant_id="tn_'\\"))
        # Another address makes it search, by names that could break out of the query.
        found = payments.ask(order(cover_number=hostile, tenant_id="tn_'\\", email=None))
        assert (found.id, found.tenant_id) == (first.id, "tn_'\\")
        with app.account() as account:
            assert account.find("payment_intent", first.id)["description"] == f"Cover {hostile}"

    def test_never_shows_the_client_secret(self, payments: Payments) -> None:
        intent = payments.ask(order())
        assert "_secret_" in intent.client_secret
        assert "_secret_" not in repr(intent)


class TestCheckout:
    def test_is_paid_on_by_its_page(self, processor: Processor, app: StripeStandIn) -> None:
        page = processor.payments.open_checkout(order(), paid_url=PAID, back_url=BACK, until=datetime.now(UTC))
        assert (page.open, page.intent_id) == (True, None)
        shown = processor.http.get(page.url)
        assert "No real card is taken here" in shown.text
        assert "30.24 EUR" in shown.text
        paid = processor.http.post(page.url, data={"card": "pm_card_visa"})
        assert (paid.status_code, paid.headers["location"]) == (303, PAID.replace("{CHECKOUT_SESSION_ID}", page.id))
        after = processor.payments.look_at_checkout(page.id)
        assert not after.open
        assert after.intent_id is not None
        intent = processor.payments.look(after.intent_id)
        assert (intent.state, intent.payment_id, intent.amount) == ("succeeded", "pay_1", 3_024)
        assert processor.payments.close_checkout(page.id) == after

    def test_shows_a_decline_and_asks_the_bank(self, processor: Processor) -> None:
        page = processor.payments.open_checkout(order(), paid_url=PAID, back_url=BACK, until=datetime.now(UTC))
        declined = processor.http.post(page.url, data={"card": "pm_card_chargeDeclined"})
        assert (declined.status_code, "was declined" in declined.text) == (402, True)
        asked = processor.http.post(page.url, data={"card": "pm_card_authenticationRequired"})
        assert "Approve" in asked.text
        assert processor.http.post(page.url, data={"bank": "refuse"}).status_code == 200
        assert processor.http.post(page.url, data={"card": "pm_card_authenticationRequired"}).status_code == 200
        assert processor.http.post(page.url, data={"bank": "approve"}).status_code == 303

    def test_is_the_same_page_when_it_is_asked_for_again(self, payments: Payments, app: StripeStandIn) -> None:
        until = datetime.now(UTC) + timedelta(minutes=10)
        first = payments.open_checkout(order(), paid_url=PAID, back_url=BACK, until=until)
        assert payments.open_checkout(order(), paid_url=PAID, back_url=BACK, until=until) == first
        # Asked for another way it is found among the pages of the day.
        again = payments.open_checkout(order(), paid_url=PAID, back_url=f"{BACK}/2", until=until)
        assert again == first
        with pytest.raises(Rejected, match="another amount"):
            payments.open_checkout(order(amount=99), paid_url=PAID, back_url=BACK, until=until)
        with app.account() as account:
            assert len(account.all_of("checkout.session")) == 1

    def test_is_closed_for_good(self, processor: Processor) -> None:
        page = processor.payments.open_checkout(order(), paid_url=PAID, back_url=BACK, until=datetime.now(UTC))
        assert not processor.payments.close_checkout(page.id).open
        assert not processor.payments.close_checkout(page.id).open
        assert processor.http.post(page.url, data={"card": "pm_card_visa"}).status_code == 400

    def test_closes_when_its_intent_is_given_up(self, processor: Processor) -> None:
        page = processor.payments.open_checkout(order(), paid_url=PAID, back_url=BACK, until=datetime.now(UTC))
        processor.http.post(page.url, data={"card": "pm_card_chargeDeclined"})
        intent_id = processor.payments.look_at_checkout(page.id).intent_id
        assert intent_id is not None
        assert processor.payments.give_up(intent_id).state == "cancelled"
        assert not processor.payments.look_at_checkout(page.id).open

    def test_closes_by_itself_in_the_end(self, payments: Payments, wall: Wall) -> None:
        page = payments.open_checkout(order(), paid_url=PAID, back_url=BACK, until=datetime.now(UTC))
        wall.ahead = 32 * 60
        assert not payments.look_at_checkout(page.id).open

    def test_shows_hostile_names_as_text(self, processor: Processor) -> None:
        hostile = order(cover_number="<script>alert(1)</script>")
        page = processor.payments.open_checkout(hostile, paid_url=PAID, back_url=BACK, until=datetime.now(UTC))
        text = processor.http.get(page.url).text
        assert "<script>" not in text
        assert "&lt;script&gt;" in text

    @pytest.mark.parametrize("url", ["javascript:alert(1)", "", "/paid"])
    def test_refuses_an_address_that_is_none(self, payments: Payments, url: str) -> None:
        with pytest.raises(Rejected, match="url_invalid"):
            payments.open_checkout(order(), paid_url=url, back_url=BACK, until=datetime.now(UTC))


class TestRefund:
    def test_gives_back_once_when_ten_ask_at_once(self, processor: Processor, app: StripeStandIn) -> None:
        given = RefundOrder("tn_1", "ref_1", processor.paid().id, 1_000)
        with ThreadPoolExecutor(10) as threads:
            refunds = list(threads.map(lambda _: processor.payments.refund(given), range(10)))
        assert len({refund.id for refund in refunds}) == 1
        with app.account() as account:
            assert len(account.all_of("refund")) == 1

    def test_gives_back_once_when_it_is_asked_again_days_later(
        self, processor: Processor, app: StripeStandIn, wall: Wall
    ) -> None:
        given = RefundOrder("tn_1", "ref_1", processor.paid().id, 1_000)
        first = processor.payments.refund(given)
        wall.ahead = 3 * 86_400
        assert processor.payments.refund(given) == first
        with app.account() as account:
            assert len(account.all_of("refund")) == 1

    def test_finds_what_another_gave_back_just_before(
        self, processor: Processor, wall: Wall, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        given = RefundOrder("tn_1", "ref_1", processor.paid().id, 3_024)
        first = processor.payments.refund(given)
        wall.ahead = 3 * 86_400
        look, looked = StripePayments._given_back, []

        def look_too_early(payments: StripePayments, order: RefundOrder) -> Refunded | None:
            looked.append(order)
            return None if len(looked) == 1 else look(payments, order)

        monkeypatch.setattr(StripePayments, "_given_back", look_too_early)
        assert processor.payments.refund(given) == first

    def test_gives_back_no_more_than_was_paid(self, processor: Processor) -> None:
        intent = processor.paid()
        processor.payments.refund(RefundOrder("tn_1", "ref_1", intent.id, 3_000))
        with pytest.raises(Rejected):
            processor.payments.refund(RefundOrder("tn_1", "ref_2", intent.id, 25))
        processor.payments.refund(RefundOrder("tn_1", "ref_3", intent.id, 24))
        with pytest.raises(Rejected, match="charge_already_refunded"):
            processor.payments.refund(RefundOrder("tn_1", "ref_4", intent.id, 1))

    def test_refuses_another_amount_under_the_same_refund(self, processor: Processor) -> None:
        intent = processor.paid()
        processor.payments.refund(RefundOrder("tn_1", "ref_1", intent.id, 1_000))
        with pytest.raises(Rejected, match="another amount"):
            processor.payments.refund(RefundOrder("tn_1", "ref_1", intent.id, 1_001))

    def test_refuses_to_give_back_what_nobody_paid(self, payments: Payments) -> None:
        with pytest.raises(Rejected):
            payments.refund(RefundOrder("tn_1", "ref_1", payments.ask(order()).id, 100))

    def test_shows_that_it_failed_later(self, processor: Processor, app: StripeStandIn) -> None:
        given = RefundOrder("tn_1", "ref_1", processor.paid().id, 1_000)
        refund = processor.payments.refund(given)
        with app.account() as account:
            account.fail_refund(refund.id)
        assert processor.payments.look_at_refund(refund.id).state == "failed"
        assert processor.payments.refund(given).state == "failed"


class TestDispute:
    @pytest.mark.parametrize(
        ("status", "state"),
        [
            ("under_review", "open"),
            ("warning_needs_response", "inquiry"),
            ("appeal_under_review", "open"),
            ("won", "won"),
            ("warning_closed", "inquiry"),
            ("lost", "lost"),
            ("prevented", "lost"),
            ("something_new", "open"),
        ],
    )
    def test_is_open_until_it_is_won_or_lost(
        self, processor: Processor, app: StripeStandIn, status: str, state: str
    ) -> None:
        intent = processor.paid()
        with app.account() as account:
            number = account.dispute(intent.id)["id"]
        assert processor.payments.look_at_dispute(number).state == "open"
        with app.account() as account:
            account.close_dispute(number, status=status)
        found = processor.payments.look_at_dispute(number)
        assert (found.state, found.intent_id, found.amount, found.currency) == (state, intent.id, 3_024, "EUR")


class TestBalance:
    def test_tells_what_moved_the_oldest_first(self, processor: Processor, app: StripeStandIn, wall: Wall) -> None:
        payments, since = processor.payments, datetime.now(UTC) - timedelta(days=400)
        wall.ahead = -300 * 86_400
        intent = payments.ask(order())
        pay(app, intent.id)
        wall.ahead = -3_600
        refund = payments.refund(RefundOrder("tn_1", "ref_1", intent.id, 1_000))
        with app.account() as account:
            account.fail_refund(refund.id)
            dispute = account.dispute(intent.id)["id"]
            account.close_dispute(dispute, status="won")
            account.pay_out(500, "eur")
        entries = list(payments.balance(since))
        assert [(entry.kind, entry.amount, entry.fee, entry.net) for entry in entries] == [
            ("charge", 3_024, 70, 2_954),
            ("refund", -1_000, 0, -1_000),
            ("refund_failure", 1_000, 0, 1_000),
            ("dispute", -3_024, 1_500, -4_524),
            ("dispute_reversal", 3_024, 0, 3_024),
            ("payout", -500, 0, -500),
        ]
        assert [(entry.tenant_id, entry.ours) for entry in entries[:2]] == [("tn_1", "pay_1"), ("tn_1", "ref_1")]
        assert {entry.source for entry in entries[3:5]} == {dispute}
        assert {entry.currency for entry in entries} == {"EUR"}
        assert list(payments.balance(entries[1].at)) == entries[1:]

    def test_pages_through_more_than_a_page(self, processor: Processor, app: StripeStandIn) -> None:
        since = datetime.now(UTC) - timedelta(seconds=5)
        with app.account() as account:
            numbers = [account.pay_out(amount, "eur") for amount in range(1, 252)]
        assert [entry.id for entry in processor.payments.balance(since)] == numbers

    def test_has_nothing_before_anything_moved(self, payments: Payments) -> None:
        nothing: list[BalanceEntry] = []
        assert list(payments.balance(datetime.now(UTC) - timedelta(days=1_000))) == nothing


class TestStripeStandIn:
    def test_takes_no_live_key(self, processor: Processor) -> None:
        with pytest.raises(ValueError, match="test keys alone"):
            StripeStandIn(["sk_live_0123456789"])
        answer = httpx2.get(
            f"{processor.url}/v1/payment_intents/pi_1", headers={"Authorization": "Bearer sk_live_0123456789"}
        )
        assert answer.status_code == 401
        assert "takes no live key" in answer.text
        assert "0123456789" not in answer.text

    def test_says_what_it_is_wherever_it_is_opened(self, processor: Processor) -> None:
        for path in ("/", "/pay/cs_test_00", "/nothing"):
            assert "This is no Stripe" in processor.http.get(f"{processor.url}{path}").text
        assert "no Stripe" in processor.http.get(f"{processor.url}/v1/disputes/du_1").headers["x-stand-in"]

    def test_keeps_accounts_apart(self) -> None:
        with stand_in(keys=[DEMO_KEY, "sk_test_another"]) as (processor, _):
            intent = processor.payments.ask(order())
            another = StripePayments("sk_test_another", None, api_base=processor.url)
            with pytest.raises(Rejected, match="resource_missing"):
                another.look(intent.id)
            assert another.ask(order()).id != intent.id

    def test_forgets_the_oldest_of_what_is_too_much(self) -> None:
        with stand_in(most=3) as (processor, app):
            numbers = [processor.payments.ask(order(f"pay_{n}")).id for n in range(5)]
            with app.account() as account:
                held = [one["id"] for one in account.all_of("payment_intent")]
        assert held == numbers[:1:-1]

    @pytest.mark.parametrize("sent", ["a[b=c", "amount=1&amount=2", "a=1&a[b]=2", "amount=%F0%9F&x[[]]=1", "nothing"])
    def test_refuses_a_form_that_it_cant_read(self, processor: Processor, sent: str) -> None:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = processor.http.post(f"{processor.url}/v1/payment_intents", content=sent, headers=headers)
        assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")

    def test_refuses_a_parameter_that_it_doesnt_know(self, processor: Processor) -> None:
        answer = processor.post("payment_intents", amount="3024", currency="eur", colour="red")
        assert answer.json()["error"]["code"] == "parameter_unknown"
