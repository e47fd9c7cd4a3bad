"""Cancelling a cover before it begins: what was paid goes back by the product's own refund rule."""

from __future__ import annotations

from dataclasses import dataclass

from coverage.domain.cover import check_cancellable
from coverage.domain.facts import cover_cancelled
from coverage.domain.faults import Conflict
from coverage.domain.journal import transfers_for_return
from coverage.domain.money import Money
from coverage.domain.period import Period
from coverage.operations.house import Work
from coverage.operations.quoting import edition_of, find_quote
from coverage.operations.showing import find_cover
from coverage.rulebook.format import Refund
from coverage.rulebook.terms import refund_due
from coverage.storage import covers, journal
from coverage.storage.covers import Cover, Transaction
from coverage.storage.identity import new_id


@dataclass(frozen=True, slots=True)
class Cancellation:
    """A cover that was cancelled, or would be: what goes back."""

    cover: Cover
    refund: Money


def cancel_cover(tx: Work, cover_id: str, *, preview: bool) -> Cancellation:
    """Cancels a cover that hasn't begun; with `preview` only tells what would go back.

    Raises `Conflict` once it has begun, is cancelled already, or would give back a part of what was paid only.
    """
    find_cover(tx, cover_id)
    # Lock the cover: two cancellations must not refund twice.
    cover = covers.lock(tx.session, tx.tenant_id, cover_id)
    if cover is None:
        raise AssertionError("a cover is never removed")
    tx.look_at_clock()
    # What was told has happened: a worker's clock, by which a cover begins, may be a moment ahead of ours.
    now = tx.now if cover.next_due_at == cover.starts_at else max(tx.now, cover.starts_at)
    check_cancellable(cover.state, Period(cover.starts_at, cover.ends_at), now)
    _check_whole_refund(tx, cover)
    refund = Money(cover.gross, cover.currency)
    if preview:
        return Cancellation(cover, refund)
    original = covers.transactions_of(tx.session, [cover.id])[0]
    transaction = Transaction(
        tenant_id=tx.tenant_id, id=new_id("transaction"), cover_id=cover.id, sequence=original.sequence + 1,
        risk_type="Cancellation", premium_type="Return Premium", effective_at=cover.starts_at, booked_at=tx.now,
        currency=cover.currency, net=-original.net, surcharges=-original.surcharges, tax=-original.tax,
        fees=-original.fees, gross=-original.gross, price={"returns": original.id},
    )  # fmt: skip
    tx.session.add(transaction)
    tx.session.flush()
    issued = journal.of_transaction(tx.session, original.id)
    journal.append(tx.session, tx.tenant_id, transaction.id, transfers_for_return(issued), tx.wall)
    cover.state, cover.cancelled_at, cover.next_due_at = "cancelled", tx.now, None
    covers.let_go(tx.session, cover.id, "cancelled")
    tx.record(cover_cancelled(cover.id, transaction.id))
    tx.session.flush()
    return Cancellation(cover, refund)


def _check_whole_refund(tx: Work, cover: Cover) -> None:
    """Raises `Conflict` where the product gives less than everything back: a part of it is worked out by a person yet."""
    rules = edition_of(tx, find_quote(tx, cover.quote_id)).rules
    refund = refund_due(rules, cover.starts_at, tx.now)
    if refund != Refund(100):
        gives = "nothing" if refund.percent == 0 else str(refund)
        raise Conflict("not_refundable", f"{cover.product} gives {gives} back at this time, which needs a person")
    kept = [fee.name for fee in rules.fees if fee.amount.micros and not fee.refundable]
    if kept:
        message = f"{cover.product} keeps its fee {', '.join(kept)} when a cover is cancelled, which needs a person"
        raise Conflict("not_refundable", message)
