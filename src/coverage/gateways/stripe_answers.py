"""What the card processor answers, in the domain's words: its statuses, its refusals, and what became of what was asked.

Statuses: https://docs.stripe.com/payments/paymentintents/lifecycle · refusals: https://docs.stripe.com/api/errors
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeVar

import stripe

from coverage.domain.faults import Rejected, Unavailable
from coverage.domain.payment import (
    BalanceEntry,
    BillSent,
    Checkout,
    Dispute,
    DisputeState,
    Intent,
    IntentState,
    Refunded,
    RefundState,
)

_INTENTS: Final[Mapping[str, IntentState]] = {
    "requires_payment_method": "open",
    "requires_confirmation": "open",
    "requires_action": "open",
    "requires_capture": "open",
    "processing": "processing",
    "succeeded": "succeeded",
    "canceled": "cancelled",
}
_REFUNDS: Final[Mapping[str, RefundState]] = {
    "pending": "pending",
    "requires_action": "pending",
    "succeeded": "succeeded",
    "failed": "failed",
    "canceled": "failed",
}
# A `warning_…` is an inquiry, which moves no money (https://docs.stripe.com/disputes/how-disputes-work#inquiries). What else
# isn't closed is open, and so is a status that is new to us. "prevented" is a dispute that the card scheme settled
# at once in the holder's favour: the money is gone. Not verified against a live one.
_DISPUTES: Final[Mapping[str, DisputeState]] = {
    "won": "won",
    "warning_needs_response": "inquiry",
    "warning_under_review": "inquiry",
    "warning_closed": "inquiry",
    "lost": "lost",
    "prevented": "lost",
}
_BILLS: Final[Mapping[str, Literal["open", "paid", "void"]]] = {
    "draft": "open",
    "open": "open",
    "uncollectible": "open",  # given up in the books, and still owed: it can be paid
    "paid": "paid",
    "void": "void",
}
_MOVEMENTS: Final[Mapping[str, Literal["charge", "refund", "refund_failure", "payout", "fee"]]] = {
    "charge": "charge",
    "payment": "charge",
    "refund": "refund",
    "payment_refund": "refund",
    "refund_failure": "refund_failure",
    "payout": "payout",
    "payout_failure": "payout",
    "payout_cancel": "payout",
    # Monthly fees and those of single services: https://docs.stripe.com/reports/balance-transaction-types
    "stripe_fee": "fee",
    "stripe_fx_fee": "fee",
    "tax_fee": "fee",
}
_CODE: Final = re.compile(r"[a-z0-9_]{1,80}")
_REQUEST: Final = re.compile(r"req_[A-Za-z0-9]{1,80}")


State = TypeVar("State")


@contextmanager
def speaking() -> Iterator[None]:
    """Turns the library's errors into ours. Its messages stay here: they quote what was sent, be it a piece of a key."""
    try:
        yield
    except stripe.StripeError as error:
        raise fault(error) from None


def fault(error: stripe.StripeError) -> Rejected | Unavailable:
    """Whether asking again may help. What isn't known to have been refused may have been done."""
    words = _words(error)
    if isinstance(error, stripe.AuthenticationError | stripe.PermissionError):
        return Rejected("payments_refused", f"the card processor doesn't take the key for this{words}")
    if isinstance(error, stripe.CardError | stripe.InvalidRequestError | stripe.IdempotencyError):
        return Rejected("payments_refused", f"the card processor refuses this{words}")
    return Unavailable("payments_unavailable", f"the card processor doesn't answer now; try again shortly{words}")


def _words(error: stripe.StripeError) -> str:
    """The processor's code, parameter and number of the request, where they are what they should be: no free text."""
    code, parameter = error.code, getattr(error, "param", None)
    words = [
        f"code {code}" if isinstance(code, str) and _CODE.fullmatch(code) else "",
        f"at {parameter}" if isinstance(parameter, str) and re.fullmatch(r"[a-z0-9_\[\]]{1,80}", parameter) else "",
        f"request {error.request_id}" if _REQUEST.fullmatch(str(error.request_id)) else "",
    ]
    said = ", ".join(word for word in words if word)
    return f" ({said})" if said else ""


def was_replayed(headers: Mapping[str, str] | None) -> bool:
    """Whether an answer is the one that was given when the idempotency key was seen first.

    https://docs.stripe.com/error-low-level#sending-idempotency-keys
    """
    return headers is not None and headers.get("Idempotent-Replayed") == "true"


def quoted(text: str) -> str:
    """A value in a search: https://docs.stripe.com/search#search-query-language."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def plain(found: object, kind: str, *, live: bool) -> dict[str, Any]:
    """The answer as a plain object of the kind that was asked for.

    Raises `Rejected` where it is of the other mode, and `Unavailable` where it is something else.
    """
    answer = found.to_dict() if isinstance(found, stripe.StripeObject) else None
    if answer is None or answer.get("object") != kind:
        raise _unreadable(f"it should be a {kind}")
    # Refunds and movements of the balance don't say which mode they are of.
    if answer.get("livemode", live) is not live:
        modes = "a test where it should be live" if live else "live where it should be a test"
        raise Rejected("payments_refused", f"what the card processor answers is {modes}")
    return answer


def intent(answer: Mapping[str, Any]) -> Intent:
    """A PaymentIntent, its latest charge expanded."""
    charge = answer.get("latest_charge")
    state = _known(_INTENTS, answer)
    error = answer.get("last_payment_error") or {}
    declined = (error.get("decline_code") or error.get("code")) if isinstance(error, Mapping) else None
    paid_at = None
    if state == "succeeded" and isinstance(charge, Mapping):
        paid_at = instant(charge)
    return Intent(
        id=_text(answer, "id"),
        state=state,
        amount=_whole(answer, "amount"),
        currency=_text(answer, "currency").upper(),
        payment_id=named(answer, "payment"),
        tenant_id=named(answer, "tenant"),
        client_secret=_text(answer, "client_secret"),
        charge_id=reference(charge),
        paid_at=paid_at,
        declined=declined if isinstance(declined, str) and state != "succeeded" else None,
    )


def checkout(answer: Mapping[str, Any]) -> Checkout:
    """A Checkout Session. Its page is gone once it isn't open."""
    url = answer.get("url")
    return Checkout(
        id=_text(answer, "id"),
        url=url if isinstance(url, str) else "",
        open=_text(answer, "status") == "open",
        intent_id=reference(answer.get("payment_intent")),
    )


def refund(answer: Mapping[str, Any]) -> Refunded:
    """A Refund."""
    return Refunded(
        id=_text(answer, "id"),
        state=_known(_REFUNDS, answer),
        amount=_whole(answer, "amount"),
        intent_id=reference(answer.get("payment_intent")) or "",
        refund_id=named(answer, "refund"),
        tenant_id=named(answer, "tenant"),
    )


def dispute(answer: Mapping[str, Any]) -> Dispute:
    """A Dispute."""
    return Dispute(
        id=_text(answer, "id"),
        state=_DISPUTES.get(_text(answer, "status"), "open"),
        intent_id=reference(answer.get("payment_intent")) or "",
        amount=_whole(answer, "amount"),
        currency=_text(answer, "currency").upper(),
    )


def bill(answer: Mapping[str, Any]) -> BillSent:
    """An Invoice."""
    url = answer.get("hosted_invoice_url")
    return BillSent(_text(answer, "id"), _known(_BILLS, answer), url if isinstance(url, str) else None)


def movement(answer: Mapping[str, Any]) -> BalanceEntry:
    """A BalanceTransaction, its source expanded: a charge carries its payment's metadata, a refund its own."""
    source, amount = answer.get("source"), _whole(answer, "amount")
    expanded: Mapping[str, Any] = source if isinstance(source, Mapping) else {}
    kind: Literal["charge", "refund", "refund_failure", "dispute", "dispute_reversal", "payout", "fee", "other"]
    kind = _MOVEMENTS.get(_text(answer, "type"), "other")
    if answer["type"] == "adjustment" and expanded.get("object") == "dispute":
        kind = "dispute" if amount < 0 else "dispute_reversal"
    return BalanceEntry(
        id=_text(answer, "id"),
        kind=kind,
        source=reference(source) or "",
        amount=amount,
        fee=_whole(answer, "fee"),
        currency=_text(answer, "currency").upper(),
        at=instant(answer),
        tenant_id=named(expanded, "tenant"),
        ours=named(expanded, "refund") or named(expanded, "payment"),
    )


def reference(value: object) -> str | None:
    """The id of another object, which stands as its id or, expanded, as itself."""
    found = value.get("id") if isinstance(value, Mapping) else value
    return found if isinstance(found, str) and found else None


def named(answer: Mapping[str, Any], name: str) -> str:
    """One of our names in an object's metadata; "" where it isn't there."""
    metadata = answer.get("metadata")
    value = metadata.get(name) if isinstance(metadata, Mapping) else None
    return value if isinstance(value, str) else ""


def instant(answer: Mapping[str, Any]) -> datetime:
    """When an object was made."""
    return datetime.fromtimestamp(_whole(answer, "created"), UTC)


def _text(answer: Mapping[str, Any], name: str) -> str:
    value = answer.get(name)
    if isinstance(value, str) and value:
        return value
    raise _unreadable(f"it lacks {name}")


def _whole(answer: Mapping[str, Any], name: str) -> int:
    value = answer.get(name)
    if type(value) is int:
        return value
    raise _unreadable(f"its {name} is no whole number")


def _known(states: Mapping[str, State], answer: Mapping[str, Any]) -> State:
    found = states.get(_text(answer, "status"))
    if found is None:
        raise _unreadable("its status isn't known here")
    return found


def _unreadable(why: str) -> Unavailable:
    return Unavailable("payments_unavailable", f"the card processor's answer can't be read: {why}")
