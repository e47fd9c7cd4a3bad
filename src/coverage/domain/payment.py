"""What is paid by card: an amount asked for once, and what the card processor says became of it.

The processor's words stop at the gateway. Here an intent is open, on its way, paid or given up, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

IntentState = Literal["open", "processing", "succeeded", "cancelled"]
# An inquiry only asks: the bank has taken nothing yet, and may never.
DisputeState = Literal["inquiry", "open", "won", "lost"]
RefundState = Literal["pending", "succeeded", "failed"]

# Card processors take nothing smaller. Stripe's least amounts by currency, in minor units:
# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
LEAST_CHARGE: Final = {"EUR": 50, "GBP": 30, "CHF": 50, "SEK": 300, "DKK": 250, "NOK": 300, "PLN": 200, "USD": 50}


@dataclass(frozen=True, slots=True)
class Order:
    """A payment to be asked for. `payment_id` is its idempotency key: asked for twice, it is one intent."""

    tenant_id: str
    payment_id: str
    cover_id: str
    cover_number: str
    amount: int  # minor units of `currency`
    currency: str
    email: str | None = field(default=None, repr=False)  # where the processor sends its receipt
    # When it was asked for first, by the wall's clock. Processors forget idempotency keys after a day: what was asked for
    # longer ago is searched for before it is asked for again. None: it is asked for first now.
    asked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Intent:
    """A payment as the processor has it. `client_secret` lets a member's browser pay it, and is never kept."""

    id: str
    state: IntentState
    amount: int
    currency: str
    payment_id: str  # "" where it isn't one of ours
    tenant_id: str
    client_secret: str = field(repr=False)
    charge_id: str | None = None
    paid_at: datetime | None = None
    declined: str | None = None  # the processor's code, such as card_declined, where the last attempt failed


@dataclass(frozen=True, slots=True)
class Checkout:
    """A page of the processor's on which a member pays. `intent_id` is known once the member has begun to."""

    id: str
    url: str
    open: bool
    intent_id: str | None


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """An amount to be given back of a payment. `refund_id` is its idempotency key."""

    tenant_id: str
    refund_id: str
    intent_id: str
    amount: int


@dataclass(frozen=True, slots=True)
class Refunded:
    """A refund as the processor has it."""

    id: str
    state: RefundState
    amount: int
    intent_id: str = ""
    refund_id: str = ""  # ours; "" where it isn't one of ours, as one that was made by hand
    tenant_id: str = ""


@dataclass(frozen=True, slots=True)
class Dispute:
    """A charge that the card's holder disputes, as the processor has it."""

    id: str
    state: DisputeState
    intent_id: str
    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What a verified event of the processor's is about. What became of it is looked up: events come twice, late and in
    any order.
    """

    id: str
    kind: Literal["payment", "refund", "dispute", "invoice", "other"]
    subject: str  # the processor's id of the intent, refund, dispute or invoice
    tenant_id: str  # "" where the event doesn't say
    payment_id: str  # ours; "" where the event doesn't say


@dataclass(frozen=True, slots=True)
class BalanceEntry:
    """A movement of the processor's balance: `net` = `amount` - `fee`, in minor units; a refund's amount is negative.

    `kind` is charge, refund, refund_failure, dispute, dispute_reversal, payout, fee (of the account, and no payment's) or other; `source` the processor's id of what caused it.
    """

    id: str
    kind: Literal["charge", "refund", "refund_failure", "dispute", "dispute_reversal", "payout", "fee", "other"]
    source: str
    amount: int
    fee: int
    currency: str
    at: datetime
    tenant_id: str
    ours: str  # our id of the payment or refund; "" where it isn't known

    @property
    def net(self) -> int:
        return self.amount - self.fee


@dataclass(frozen=True, slots=True)
class BillLine:
    """A line of an invoice that the processor sends; negative for what is given back."""

    text: str
    amount: int


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice to be sent to a partner. `invoice_id` is its idempotency key."""

    tenant_id: str
    invoice_id: str
    number: str
    partner_id: str
    partner_name: str
    partner_email: str
    currency: str
    days_until_due: int
    lines: tuple[BillLine, ...]


@dataclass(frozen=True, slots=True)
class BillSent:
    """An invoice as the processor has it; `url` is its page for who pays it."""

    id: str
    state: Literal["open", "paid", "void"]
    url: str | None
