"""Refunding what the card didn't take back: an operator sees which refunds failed, and notes what was transferred instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from coverage.domain.facts import refund_failed, refund_transferred
from coverage.domain.faults import Conflict, Missing
from coverage.domain.ids import names
from coverage.domain.journal import BANK, REFUNDS, Transfer
from coverage.domain.money import Money
from coverage.domain.tenant import Caller, Tenant
from coverage.operations.collecting import note_refund, processor_of
from coverage.operations.house import House, Work
from coverage.operations.owing import post
from coverage.operations.screening import Person, person_of
from coverage.operations.showing import find_cover
from coverage.storage import covers, partners, payments
from coverage.storage.payments import Refund
from coverage.storage.tenancy import Database, turn_to

State = Literal["pending", "succeeded", "failed", "transferred"]


@dataclass(frozen=True, slots=True)
class RefundSeen:
    """A refund as an operator sees it."""

    id: str
    tenant: str
    cover: str
    reason: str
    amount: Money
    state: str
    created_at: datetime
    failed_at: datetime | None
    bank_reference: str | None


def see_refunds(queue: Database, states: Sequence[State]) -> list[RefundSeen]:
    """The refunds of all partners in some states. `queue` is the database in the worker's role, here and below."""
    found: list[RefundSeen] = []
    with queue.outside() as session:
        for tenant_id in partners.tenant_ids(session):
            turn_to(session, tenant_id)
            found += [seen(one) for one in payments.refunds_in(session, states)]
    return found


def tenant_of_refund(queue: Database, refund_id: str) -> Tenant:
    """Whose refund it is; raises `Missing`."""
    with queue.outside() as session:
        for tenant_id in partners.tenant_ids(session) if names("refund", refund_id) else ():
            turn_to(session, tenant_id)
            if payments.find_refund(session, tenant_id, refund_id) is not None:
                return Tenant.of(tenant_id)
    raise Missing("unknown_refund", f"there is no refund {refund_id}")


def look_at_refund(house: House, caller: Caller, refund_id: str) -> RefundSeen:
    """Asks the processor what has become of a refund, and notes it: where what it told of that was lost.

    Raises `Missing`, and `Unavailable` where it can't be asked.
    """
    with house.transaction(caller) as tx:
        row = _find(tx, refund_id)
        known, as_it_was = row.processor_id, seen(row)
    if known is None:
        return as_it_was  # nothing that was sent has been noted: whoever sends it again finds it
    told = processor_of(house, caller.tenant).look_at_refund(known)
    with house.transaction(caller) as tx:
        return seen(note_refund(tx, refund_id, told))


def people_refunded(house: House, caller: Caller, refund_id: str) -> list[Person]:
    """Who has to be looked up before money is transferred: whose cover it is. Raises `Missing`."""
    with house.transaction(caller) as tx:
        found = person_of(tx, find_cover(tx, _find(tx, refund_id).cover_id).policyholder_id)
        return [found] if found else []


def transfer_refund(tx: Work, refund_id: str, bank_reference: str) -> RefundSeen:
    """Notes that a refund which failed was transferred by bank. Noted again with the same reference, it is noted once.

    Raises `Missing`, and `Conflict` for one that hasn't failed, or was transferred under another reference, and where the
    holder has the money by a dispute already.
    """
    covers.lock(tx.session, tx.tenant_id, _find(tx, refund_id).cover_id)
    tx.look_at_clock()
    row = payments.lock_refund(tx.session, tx.tenant_id, refund_id)
    if row is None:
        raise AssertionError("a refund is never removed")
    if row.state == "transferred" and row.bank_reference == bank_reference:
        return seen(row)
    if row.state != "failed":
        words = f"{row.state} as {row.bank_reference}" if row.bank_reference else row.state
        raise Conflict("refund_not_failed", f"{refund_id} hasn't failed: it is {words}")
    if payments.is_taken_back(tx.session, row.payment_id):
        words = "its card payment is disputed: the bank has given the money back, or may; wait until that is decided"
        raise Conflict("payment_disputed", words)
    row.state, row.bank_reference = "transferred", bank_reference
    post(tx, row.id, Transfer(REFUNDS, BANK, row.amount, row.currency))
    tx.record(refund_transferred(row.cover_id, row.id))
    tx.session.flush()
    return seen(row)


def give_up_refund(tx: Work, refund_id: str) -> RefundSeen:
    """Notes that a refund won't go back to the card, as where the processor refuses it for good: it is owed still, and may be
    transferred. Raises `Missing`, and `Conflict` for one that was sent.
    """
    covers.lock(tx.session, tx.tenant_id, _find(tx, refund_id).cover_id)
    tx.look_at_clock()
    row = payments.lock_refund(tx.session, tx.tenant_id, refund_id)
    payment = payments.lock(tx.session, tx.tenant_id, row.payment_id) if row else None
    if row is None or payment is None:
        raise AssertionError("a refund is of a payment, and neither is ever removed")
    if row.state == "failed":
        return seen(row)
    if row.state != "pending" or row.processor_id is not None:
        raise Conflict("refund_not_failed", f"{refund_id} is {row.state}, and was sent; it can't be given up")
    row.state, row.failed_at = "failed", tx.now
    payment.refunded -= row.amount
    tx.record(refund_failed(row.cover_id, row.id))
    tx.session.flush()
    return seen(row)


def seen(row: Refund) -> RefundSeen:
    """A refund as it is told."""
    return RefundSeen(
        row.id, row.tenant_id, row.cover_id, row.reason, Money(row.amount, row.currency), row.state, row.created_at,
        row.failed_at, row.bank_reference,
    )  # fmt: skip


def _find(tx: Work, refund_id: str) -> Refund:
    found = payments.find_refund(tx.session, tx.tenant_id, refund_id) if names("refund", refund_id) else None
    if found is None:
        raise Missing("unknown_refund", f"there is no refund {refund_id}")
    return found
