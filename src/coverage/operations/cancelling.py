"""Cancelling a cover: what was paid goes back by the product's own refund rule, or by the right to withdraw."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from coverage.domain.cover import check_in_force
from coverage.domain.facts import cover_cancelled
from coverage.domain.faults import Conflict
from coverage.domain.money import Money
from coverage.domain.period import Period, local_day
from coverage.domain.premium import Premium
from coverage.operations import booking
from coverage.operations.house import Work
from coverage.operations.owing import give_back
from coverage.operations.quoting import edition_of, find_quote
from coverage.operations.showing import find_cover
from coverage.rulebook.format import Refund
from coverage.rulebook.loaded import LoadedEdition
from coverage.rulebook.terms import insures_vehicle, is_exempt_from_withdrawal, refund_due, refund_share, returned
from coverage.storage import changes, claims, covers
from coverage.storage.covers import Cover
from coverage.storage.quotes import Quote

Reason = Literal["request", "withdrawal"]


@dataclass(frozen=True, slots=True)
class Cancellation:
    """A cover that was cancelled, or would be: what goes back."""

    cover: Cover
    refund: Money


def cancel_cover(tx: Work, cover_id: str, *, preview: bool, reason: Reason = "request") -> Cancellation:
    """Cancels a cover; with `preview` only tells what would go back.

    By `request` the product's refund rule says how much goes back. By `withdrawal` the member uses the right to withdraw
    from a distance contract (Code des assurances L112-2-1): all of the premium, less the part of the term that has run.
    Raises `Conflict` where the cover is over, cancelled already, has been claimed on, would give nothing back, or where
    there is no such right any more.
    """
    find_cover(tx, cover_id)
    # Lock the cover: two cancellations must not refund twice.
    cover = covers.lock(tx.session, tx.tenant_id, cover_id)
    if cover is None:
        raise AssertionError("a cover is never removed")
    tx.look_at_clock()
    # What was told has happened: a worker's clock, by which a cover begins, may be a moment ahead of ours.
    now = tx.now if cover.next_due_at == cover.starts_at else max(tx.now, cover.starts_at)
    period = Period(cover.starts_at, cover.ends_at)
    check_in_force(cover.state, period, now)
    _check_nothing_waits(tx, cover)
    quote = find_quote(tx, cover.quote_id)
    edition = edition_of(tx, quote)
    paid = booking.paid_so_far(tx, cover)
    refund = _withdrawn(edition, quote, cover, now) if reason == "withdrawal" else _requested(edition, cover, now)
    back = returned(edition.rules, paid.premium, refund_share(refund, period, now))
    amount = Money(back.gross, cover.currency)
    if preview:
        return Cancellation(cover, amount)
    transaction = booking.give_back(
        tx, cover, back, paid, risk_type="Cancellation", effective_at=max(now, cover.starts_at)
    )
    if cover.payment_method == "card" and back.gross:
        give_back(tx, cover, back.gross, transaction.id, "withdrawal" if reason == "withdrawal" else "cancellation")
    cover.state, cover.cancelled_at, cover.next_due_at = "cancelled", tx.now, None
    covers.let_go(tx.session, cover.id, "cancelled")
    vehicle = insures_vehicle(edition, quote.facts)
    tx.record(cover_cancelled(cover.id, transaction.id, refunds=_goes_to_card(cover, back), vehicle=vehicle))
    tx.session.flush()
    return Cancellation(cover, amount)


def _goes_to_card(cover: Cover, back: Premium) -> bool:
    return cover.payment_method == "card" and back.gross > 0


def _check_nothing_waits(tx: Work, cover: Cover) -> None:
    if claims.weigh_on(tx.session, cover.id):
        words = "a loss has been declared on the cover, so what goes back of its premium is for a person to say"
        raise Conflict("cover_claimed", words)
    if changes.waiting_of(tx.session, cover.id):
        raise Conflict(
            "change_pending", "a change of the cover waits for its payment; wait until it is paid or abandoned"
        )


def _requested(edition: LoadedEdition, cover: Cover, now: datetime) -> Refund:
    """What the product gives back at this time. Nobody means to lose the rest of a cover for nothing."""
    refund = refund_due(edition.rules, cover.starts_at, now)
    if not refund.percent and now >= cover.starts_at:
        words = f"the cover has begun, and {cover.product} gives nothing back any more: it runs to its end"
        raise Conflict("cover_started", words)
    return refund


def _withdrawn(edition: LoadedEdition, quote: Quote, cover: Cover, now: datetime) -> Refund:
    """All that hasn't run. Raises `Conflict` where the product is exempt, or the days are over."""
    rule = edition.rules.withdrawal
    if rule is None or not rule.days or is_exempt_from_withdrawal(edition, quote.facts):
        raise Conflict("no_withdrawal", f"there is no right to withdraw from this cover of {cover.product}; cancel it")
    if cover.issued_at is None:
        raise AssertionError("a cover in force was issued")
    # Full calendar days: the day of the contract isn't counted, and the last one runs out at its midnight.
    last = local_day(cover.issued_at, cover.timezone) + timedelta(days=rule.days)
    if local_day(now, cover.timezone) > last:
        raise Conflict("withdrawal_over", f"the right to withdraw ended with {last:%Y-%m-%d}; cancel the cover instead")
    return Refund(100, of_unused=now >= cover.starts_at)
