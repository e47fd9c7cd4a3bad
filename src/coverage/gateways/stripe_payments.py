"""The card processor's account, by Stripe's API: https://docs.stripe.com/api.

Everything may be asked for again. Stripe keeps idempotency keys, and answers under one for a day what it answered
first, be it a failure (https://docs.stripe.com/api/idempotent_requests). So an answer that is a repeat is looked up as
it is now, and what may have been asked for longer ago is searched for first.
"""

from __future__ import annotations

import logging
import math
import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final, TypeVar

import stripe
from stripe.params import PaymentIntentCreateParams, RefundCreateParams
from stripe.params.checkout import SessionCreateParams

from coverage.domain.faults import Fault, Rejected, Unavailable
from coverage.domain.payment import (
    BalanceEntry,
    Bill,
    BillSent,
    Checkout,
    Dispute,
    Heard,
    Intent,
    Order,
    Refunded,
    RefundOrder,
)
from coverage.gateways import stripe_answers as answers
from coverage.gateways import stripe_bills, stripe_events
from coverage.gateways.stripe_answers import fault, plain, quoted, speaking, was_replayed

# The library logs whole answers at DEBUG, which hold client secrets, and addresses with what is searched for at INFO.
logging.getLogger("stripe").setLevel(logging.WARNING)

_KEY: Final = re.compile(r"(?:sk|rk)_(live|test)_[A-Za-z0-9_]+")
_ID: Final = re.compile(r"[A-Za-z0-9_]{1,255}")
# Keys are kept for 24 hours at least; an hour less, for clocks that differ.
_KEY_KEPT_SECONDS: Final = 23 * 3600
# A page stays open for 30 minutes at least (https://docs.stripe.com/api/checkout/sessions/create, `expires_at`); one
# more, for clocks that differ.
_PAGE_AT_LEAST_SECONDS: Final = 31 * 60
_PAGES_SEARCHED: Final = 1_000
_DAY: Final = 86_400
_WIDEST: Final = 32 * _DAY
_FEW: Final = 1_000
# Under each of so many keys a first failure may stand for a day.
_MOST_KEYS: Final = 4
# Stripe refuses what is no address, and the payment with it; without one it sends no receipt.
_PLAUSIBLE: Final = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_FARTHEST: Final = ("succeeded", "processing", "open", "cancelled")

Asked = TypeVar("Asked", bound=stripe.StripeObject)


class StripePayments:
    """One account of Stripe's in one mode, which the key says: `sk_test_…` is test, `sk_live_…` is live.

    Nothing that is of the other mode is ever accepted. Many threads may share it. A call takes `timeout_seconds` at most
    between two signs of life, `retries` times more where it failed for a reason that may pass: every call that writes
    carries an idempotency key. `api_base` is for stand-ins, and takes test keys alone.
    """

    def __init__(
        self,
        key: str,
        webhook_secret: str | None,
        *,
        api_base: str | None = None,
        timeout_seconds: float = 10.0,
        retries: int = 1,
    ) -> None:
        mode = _KEY.fullmatch(key)
        if mode is None:
            raise ValueError("a secret key of Stripe's begins with sk_test_, rk_test_, sk_live_ or rk_live_")
        self.live = mode[1] == "live"
        if self.live and api_base is not None:
            raise ValueError("a live key is for Stripe alone: leave out the address, or use a test key")
        self._secret = webhook_secret
        self._client = stripe.StripeClient(
            key,
            base_addresses={} if api_base is None else {"api": api_base.rstrip("/")},
            max_network_retries=retries,
            http_client=stripe.RequestsClient(timeout=timeout_seconds),
        )

    # ------------------------------------------------------------------------------------- payments

    def ask(self, order: Order) -> Intent:
        if order.asked_at is not None and time.time() - order.asked_at.timestamp() > _KEY_KEPT_SECONDS:
            found = self._searched(order)
            if found is not None:
                return found
        params: PaymentIntentCreateParams = {
            "amount": order.amount,
            "currency": order.currency.lower(),
            "metadata": _names(order),
            "description": _described(order),
            # A member stays on the page that asks: 3-D Secure opens on it, and what leads elsewhere isn't offered.
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
            # What is paid by bank takes days, and a cover is held for minutes.
            "allowed_payment_method_types": ["card"],
            "expand": ["latest_charge"],
        }
        if order.email is not None and _PLAUSIBLE.fullmatch(order.email):
            params["receipt_email"] = order.email
        made = _made(
            lambda: self._client.v1.payment_intents.create(params, {"idempotency_key": f"ask-{order.payment_id}"})
        )
        if made is None:
            found = self._searched(order)
            if found is None:
                # What is made shows in the search within a minute: https://docs.stripe.com/search#data-freshness. Asked for
                # under another key, there could be two, one of which nobody gives up.
                words = "the payment was asked for before, and isn't found yet; try again shortly"
                raise Unavailable("payments_unavailable", words)
            return found
        return _same(self.look(made.id) if _repeated(made) else self._intent(made), order)

    def look(self, intent_id: str) -> Intent:
        with speaking():
            return self._intent(
                self._client.v1.payment_intents.retrieve(_checked(intent_id), {"expand": ["latest_charge"]})
            )

    def give_up(self, intent_id: str) -> Intent:
        number = _checked(intent_id)
        # Under a key of the library's own: under one of ours, a refusal while it was processing would be repeated once it
        # no longer is.
        done = _unless_refused(lambda: self._client.v1.payment_intents.cancel(number))
        found = self.look(number) if done is None else self._intent(done)
        # An intent that a page made is cancelled by closing that page: https://docs.stripe.com/api/payment_intents/cancel
        if done is None and found.state == "open" and self._close_pages_of(number):
            found = self.look(number)
        if found.state == "open":
            raise Unavailable("payments_unavailable", "the payment can't be given up now; try again shortly")
        return found

    def _searched(self, order: Order) -> Intent | None:
        """The payment's intent by its metadata: the one that went farthest, where there should be several."""
        with speaking():
            found = self._client.v1.payment_intents.search(
                {
                    "query": f"metadata['payment']:{quoted(order.payment_id)} "
                    f"AND metadata['tenant']:{quoted(order.tenant_id)}",
                    "limit": 100,
                    "expand": ["data.latest_charge"],
                }
            )
            intents = [self._intent(one) for one in found.data]
        farthest = min(intents, key=lambda one: _FARTHEST.index(one.state), default=None)
        return None if farthest is None else _same(farthest, order)

    def _intent(self, found: stripe.StripeObject) -> Intent:
        return answers.intent(plain(found, "payment_intent", live=self.live))

    # ---------------------------------------------------------------------------------------- pages

    def open_checkout(self, order: Order, *, paid_url: str, back_url: str, until: datetime) -> Checkout:
        """See `Payments`. The page stays open for 31 minutes after `until`, since Stripe's least is 30 from now on: close
        it, or give up its intent, to end it in time.
        """
        params: SessionCreateParams = {
            "mode": "payment",
            # What is paid by bank takes days, and a cover is held for minutes.
            "allowed_payment_method_types": ["card"],
            "client_reference_id": order.payment_id,
            "metadata": _names(order),
            "payment_intent_data": {"metadata": _names(order), "description": _described(order)},
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": order.currency.lower(),
                        "unit_amount": order.amount,
                        "product_data": {"name": _described(order)},
                    },
                }
            ],
            "success_url": paid_url,
            "cancel_url": back_url,
            # Worked out from `until` alone, so that it is the same when it is asked for again.
            "expires_at": math.ceil(until.timestamp()) + _PAGE_AT_LEAST_SECONDS,
        }
        if order.email is not None:
            params["customer_email"] = order.email
        made = _made(
            lambda: self._client.v1.checkout.sessions.create(
                params, {"idempotency_key": f"checkout-{order.payment_id}"}
            )
        )
        if made is None:
            found = self._page_of(order)
            if found is None:
                words = "the page was asked for before, and isn't found; try again shortly"
                raise Unavailable("payments_unavailable", words)
            return found
        return self.look_at_checkout(made.id) if _repeated(made) else self._checkout(made)

    def look_at_checkout(self, checkout_id: str) -> Checkout:
        with speaking():
            return self._checkout(self._client.v1.checkout.sessions.retrieve(_checked(checkout_id)))

    def close_checkout(self, checkout_id: str) -> Checkout:
        number = _checked(checkout_id)
        closed = _unless_refused(lambda: self._client.v1.checkout.sessions.expire(number))
        found = self.look_at_checkout(number) if closed is None else self._checkout(closed)
        if found.open:
            raise Unavailable("payments_unavailable", "the page can't be closed now; try again shortly")
        return found

    def _close_pages_of(self, intent_id: str) -> bool:
        """Closes the pages that made an intent; whether there was one."""
        with speaking():
            found = self._client.v1.checkout.sessions.list({"payment_intent": intent_id, "limit": 100})
            pages = [self._checkout(one) for one in found.data]
        for page in pages:
            if page.open:
                self.close_checkout(page.id)
        return bool(pages)

    def _page_of(self, order: Order) -> Checkout | None:
        """The page of an order among those of the last day, of which the last thousand are looked through."""
        since = math.floor(time.time()) - _DAY
        with speaking():
            pages = self._client.v1.checkout.sessions.list({"created": {"gte": since}, "limit": 100})
            for one, _ in zip(pages.auto_paging_iter(), range(_PAGES_SEARCHED), strict=False):
                answer = plain(one, "checkout.session", live=self.live)
                if answer.get("client_reference_id") == order.payment_id:
                    _as_asked(
                        order,
                        amount=answer.get("amount_total"),
                        currency=str(answer.get("currency")).upper(),
                        payment_id=answers.named(answer, "payment"),
                        tenant_id=answers.named(answer, "tenant"),
                    )
                    return answers.checkout(answer)
        return None

    def _checkout(self, found: stripe.StripeObject) -> Checkout:
        return answers.checkout(plain(found, "checkout.session", live=self.live))

    # --------------------------------------------------------------------------- refunds and disputes

    def refund(self, order: RefundOrder) -> Refunded:
        # Looked for first: a key is forgotten after a day, and money that went back twice is gone.
        found = self._given_back(order)
        if found is not None:
            return found
        params: RefundCreateParams = {
            "payment_intent": _checked(order.intent_id),
            "amount": order.amount,
            "metadata": {"tenant": order.tenant_id, "refund": order.refund_id},
        }
        refused: Fault | None = None
        for key in _keys(f"refund-{order.refund_id}"):
            try:
                made = self._client.v1.refunds.create(params, {"idempotency_key": key})
            except stripe.StripeError as error:
                refused, repeated = fault(error), was_replayed(error.headers)
            else:
                return self.look_at_refund(made.id) if _repeated(made) else self._refunded(made)
            # Another thread may have given it back since. What an earlier call failed with is repeated for a day under its
            # key; where that call has given nothing back, as the list tells at once, the next key asks anew.
            found = self._given_back(order) if repeated or isinstance(refused, Rejected) else None
            if found is not None:
                return found
            if not repeated:
                break
        raise refused or AssertionError("there is a key to ask under")

    def look_at_refund(self, refund_id: str) -> Refunded:
        with speaking():
            return self._refunded(self._client.v1.refunds.retrieve(_checked(refund_id)))

    def look_at_dispute(self, dispute_id: str) -> Dispute:
        with speaking():
            found = self._client.v1.disputes.retrieve(_checked(dispute_id))
            return answers.dispute(plain(found, "dispute", live=self.live))

    def _given_back(self, order: RefundOrder) -> Refunded | None:
        with speaking():
            given = self._client.v1.refunds.list({"payment_intent": _checked(order.intent_id), "limit": 100})
            for one in given.auto_paging_iter():
                found = self._refunded(one)
                if (found.refund_id, found.tenant_id) == (order.refund_id, order.tenant_id):
                    if found.amount != order.amount:
                        raise Rejected("payments_refused", "the refund was asked for before, of another amount")
                    return found
        return None

    def _refunded(self, found: stripe.StripeObject) -> Refunded:
        return answers.refund(plain(found, "refund", live=self.live))

    # ----------------------------------------------------------------------------- events and balance

    def hear(self, body: bytes, signature: str) -> Heard:
        return stripe_events.hear(body, signature, self._secret, live=self.live)

    def balance(self, since: datetime) -> Iterator[BalanceEntry]:
        """See `Payments`. Amounts are in the account's own currency, which may not be the one that was paid in."""
        # Stripe lists the newest first. By windows, each turned round, no more than one window's is held at once.
        start, width, now = math.floor(since.timestamp()), _DAY, time.time()
        while True:
            last = start + width > now
            entries = self._moved(start, None if last else start + width)
            yield from (entry for entry in reversed(entries) if entry.at >= since)
            if last:
                return
            start += width
            width = min(2 * width, _WIDEST) if len(entries) < _FEW else _DAY

    def _moved(self, start: int, end: int | None) -> list[BalanceEntry]:
        with speaking():
            found = self._client.v1.balance_transactions.list(
                {
                    "created": {"gte": start} if end is None else {"gte": start, "lt": end},
                    "limit": 100,
                    "expand": ["data.source"],
                }
            )
            return [
                answers.movement(plain(one, "balance_transaction", live=self.live)) for one in found.auto_paging_iter()
            ]

    # ---------------------------------------------------------------------------------------- bills

    def send_bill(self, bill: Bill) -> BillSent:
        return stripe_bills.send(self._client, bill, live=self.live)

    def look_at_bill(self, bill_id: str) -> BillSent:
        with speaking():
            found = self._client.v1.invoices.retrieve(_checked(bill_id))
            return answers.bill(plain(found, "invoice", live=self.live))


def _keys(first: str) -> Iterator[str]:
    """An idempotency key, and those that are used where what was asked under it failed."""
    yield first
    for number in range(2, _MOST_KEYS + 1):
        yield f"{first}-{number}"


def _names(order: Order) -> dict[str, str]:
    return {"tenant": order.tenant_id, "payment": order.payment_id, "cover": order.cover_id}


def _described(order: Order) -> str:
    return f"Cover {order.cover_number}"


def _checked(number: str) -> str:
    """An id of the processor's, which stands in an address: an empty one would ask for all there is."""
    if not _ID.fullmatch(number):
        raise Rejected("payments_refused", "that is no id of the card processor's")
    return number


def _same(found: Intent, order: Order) -> Intent:
    """The intent, where it is of what was ordered."""
    _as_asked(
        order,
        amount=found.amount,
        currency=found.currency,
        payment_id=found.payment_id,
        tenant_id=found.tenant_id,
    )
    return found


def _as_asked(order: Order, **found: object) -> None:
    differing = [name for name, value in found.items() if value != getattr(order, name)]
    if differing:
        raise Rejected("payments_refused", f"the payment was asked for before with another {' and '.join(differing)}")


def _made(call: Callable[[], Asked]) -> Asked | None:
    """What is made; None where the key was used for something else before, or the first failure under it is repeated.

    What follows on None stands outside: the library's errors quote what was sent, and show under any that come of them.
    """
    try:
        return call()
    except stripe.StripeError as error:
        repeated = isinstance(error, stripe.APIError) and was_replayed(error.headers)
        if isinstance(error, stripe.IdempotencyError) or repeated:
            return None
        raise fault(error) from None


def _unless_refused(call: Callable[[], Asked]) -> Asked | None:
    """What is answered; None where the state of things forbids what is asked."""
    try:
        return call()
    except stripe.InvalidRequestError:
        return None
    except stripe.StripeError as error:
        raise fault(error) from None


def _repeated(made: stripe.StripeObject) -> bool:
    return made.last_response is not None and was_replayed(made.last_response.headers)
