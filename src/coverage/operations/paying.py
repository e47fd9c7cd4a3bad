"""Paying: what a member reads of what is paid by card, and the way to the processor's page."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from coverage.domain.certificate import Certificate, ChangeSaid, CoverSaid
from coverage.domain.faults import Fault, Rejected, Unavailable
from coverage.domain.money import Money
from coverage.domain.tenant import Caller
from coverage.operations.certifying import certificate_said, change_said, cover_said
from coverage.operations.collecting import open_checkout, settle_payment
from coverage.operations.house import House, Work
from coverage.operations.showing import CoverSeen, find_cover, see_cover
from coverage.storage import changes, payments

log = logging.getLogger("coverage.paying")

# Whether what became of a payment is known, or still on its way through the bank, or the processor can't be asked.
Heard = Literal["known", "processing", "unknown"]

# Faults of the processor's, and of nothing else.
_PROCESSORS: Final = ("payments_unavailable", "payments_refused", "payment_processing", "card_unavailable")


@dataclass(frozen=True, slots=True)
class Due:
    """What a member is asked to pay by card, for a cover or for a change of one. `hold_until` is by the tenant's clock."""

    amount: Money
    hold_until: datetime
    over: bool  # nobody is to pay any more; whether somebody did isn't known yet
    declined: str | None  # why the last card was refused, in the processor's code
    lasts_from_payment: bool  # the cover begins when it is paid
    change: ChangeSaid | None


@dataclass(frozen=True, slots=True)
class Back:
    """What goes back to a member."""

    amount: Money
    state: str  # pending, succeeded, failed, or transferred by bank
    sent_at: datetime | None
    came_late: bool  # it was paid when there was nothing to buy any more


@dataclass(frozen=True, slots=True)
class CoverRead:
    """A cover as its member reads it: `said` is a certificate once it is issued."""

    phase: str
    said: CoverSaid | Certificate
    by_card: bool
    due: Due | None
    back: tuple[Back, ...]
    change_unpaid: bool  # the last change didn't come true: it wasn't paid in time
    change_undone: bool = False  # or it was paid, and couldn't come true any more
    dispute_lost: bool = False  # the bank has taken the payment back for good


def read_cover(tx: Work, cover_id: str, language: str) -> CoverRead:
    """The cover as its member reads it, in one language. Raises `Missing`."""
    cover = find_cover(tx, cover_id)
    seen = see_cover(tx, cover)
    last = changes.last_of(tx.session, cover.id)
    abandoned = last is not None and last.state == "abandoned" and seen.phase in ("scheduled", "on_risk")
    of_last = payments.of_change(tx.session, last.id) if last is not None and abandoned else None
    paid = of_last is not None and of_last.state == "succeeded"
    return CoverRead(
        phase=seen.phase,
        said=certificate_said(tx, seen, language) if seen.transactions else cover_said(tx, seen, language),
        by_card=cover.payment_method == "card",
        due=_due(tx, seen, language),
        back=tuple(
            Back(Money(one.amount, one.currency), one.state, one.settled_at, one.reason == "late_payment")
            for one in payments.refunds_of(tx.session, [cover.id])
        ),
        change_unpaid=abandoned and not paid,
        change_undone=abandoned and paid,
        dispute_lost=payments.is_lost(tx.session, cover.id),
    )


def _due(tx: Work, seen: CoverSeen, language: str) -> Due | None:
    waiting = [payment for payment in seen.payments if payment.state == "pending"]
    if not waiting:
        return None
    payment = waiting[0]
    change = changes.find(tx.session, tx.tenant_id, payment.change_id) if payment.change_id else None
    return Due(
        amount=Money(payment.amount, payment.currency),
        hold_until=payment.hold_until,
        over=tx.now >= payment.hold_until,
        declined=payment.declined,
        lasts_from_payment=change is None and seen.quote.floats_until is not None,
        change=change_said(tx, change, seen.quote, language) if change else None,
    )


def hear_of_payment(house: House, caller: Caller, cover_id: str, *, came_back: bool) -> Heard:
    """Asks the processor what became of what the cover's member was to pay, and notes it.

    It is asked only of a member who `came_back` from its page, or once the time to pay is over: what nobody has paid must
    never be told before that is known.
    """
    with house.transaction(caller) as tx:
        waiting = [one for one in payments.of_covers(tx.session, [cover_id]) if one.state == "pending"]
        ids = [one.id for one in waiting if came_back or tx.now >= one.hold_until]
    try:
        intents = [settle_payment(house, caller, payment_id) for payment_id in ids]
    except (Unavailable, Rejected) as fault:
        _log_processors(fault, cover_id)
        return "unknown"
    return "processing" if any(one is not None and one.state == "processing" for one in intents) else "known"


def way_to_pay(house: House, caller: Caller, cover_id: str, *, paid_url: str, back_url: str) -> str | None:
    """The address of the processor's page on which the member pays, the same one each time; None where there is nothing
    to pay any more, or a payment is on its way. Raises `Unavailable` where the processor can't be asked.
    """
    with house.transaction(caller) as tx:
        if all(one.state != "pending" for one in payments.of_covers(tx.session, [cover_id])):
            return None
    try:
        return open_checkout(house, caller, cover_id, paid_url=paid_url, back_url=back_url)
    except (Unavailable, Rejected) as fault:
        _log_processors(fault, cover_id)
        if fault.code == "payment_processing":
            return None
        raise Unavailable("payments_unavailable", fault.detail) from fault


def _log_processors(fault: Fault, cover_id: str) -> None:
    """Logs a fault of the processor's. Any other is raised again: it isn't about a payment."""
    if fault.code not in _PROCESSORS:
        raise fault
    # Refused for good, nobody pays until somebody looks.
    level = logging.ERROR if isinstance(fault, Rejected) else logging.WARNING
    log.log(level, "%s can't be paid for now: %s", cover_id, fault.detail)
