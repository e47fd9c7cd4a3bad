"""A fact of every kind, as operations make them."""

from __future__ import annotations

from dataclasses import replace

from coverage.domain import facts
from coverage.domain.facts import Fact
from coverage.storage.identity import new_id


def one_of_every_kind() -> list[Fact]:
    """A fact by each function that makes one, and by each word that some of them take; no work follows from these."""
    quote, cover, claim, invoice = new_id("quote"), new_id("cover"), new_id("claim"), new_id("invoice")
    key, endpoint, transaction, change = (
        new_id("credential"),
        new_id("webhook_endpoint"),
        new_id("transaction"),
        new_id("change"),
    )
    payment, refund, dispute = new_id("payment"), new_id("refund"), new_id("dispute")
    exposure, payout = new_id("exposure"), new_id("payout")
    made = [
        *(facts.quote_made(quote, state) for state in ("open", "referred", "declined")),
        facts.quote_expired(quote), facts.cover_issued(cover, quote, transaction, vehicle=True),
        facts.cover_awaits_payment(cover, quote, payment), facts.payment_failed(cover, payment, "card_declined"),
        facts.payment_returned(cover, payment, refund), facts.refund_sent(cover, refund), facts.refund_failed(cover, refund),
        facts.refund_transferred(cover, refund), facts.cover_lapsed(cover), facts.payment_disputed(cover, dispute),
        *(facts.dispute_closed(cover, dispute, outcome) for outcome in ("won", "lost")),
        facts.change_abandoned(cover, change), facts.cover_changed(cover, change, transaction, refunds=True),
        facts.cover_cancelled(cover, transaction, refunds=True), facts.cover_turned(cover, "started"),
        facts.cover_turned(cover, "ended"), facts.cover_turned(cover, "payment_overdue"),
        facts.cover_turned(cover, "payment_overdue", change, settles=True),
        facts.claim_declared(claim, cover, ()), facts.claim_declared(claim, cover, ("late_notice", "outside_window")),
        facts.exposure_added(claim, exposure),
        *(facts.claim_decided(claim, exposure, one) for one in ("approved", "repudiated", "goodwill")),
        facts.payout_ordered(claim, exposure, payout),
        *(facts.payout_settled(claim, payout, outcome) for outcome in ("paid", "failed")),
        facts.claim_closed(claim), facts.claim_reopened(claim),
        facts.invoice_issued(invoice, "2026-11"), facts.invoice_paid(invoice),
        facts.key_made(key), facts.key_rotated(key, new_id("credential")), facts.key_revoked(key),
        facts.endpoint_made(endpoint),
        *(facts.endpoint_changed(endpoint, what) for what in ("updated", "secret_rotated", "enabled", "deleted")),
        facts.endpoint_disabled(endpoint, "gone"), facts.endpoint_disabled(endpoint, "failing"),
        facts.endpoint_pinged(endpoint),
    ]  # fmt: skip
    return [replace(fact, causes=()) for fact in made]
