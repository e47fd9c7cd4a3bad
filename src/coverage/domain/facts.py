"""Facts: what happened, told with ids only. Each names the work that it causes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from coverage.domain.cover import Turning
from coverage.domain.kinds import KINDS
from coverage.domain.scopes import KEYS
from coverage.domain.webhook import PING, Because

# The scope that a key needs to read of a fact, by what the fact is about: the first word of its kind.
SCOPES: Final = {
    "quote": "quotes:read", "cover": "covers:read", "claim": "claims:read", "invoice": "covers:read", "api_key": KEYS,
    "webhook_endpoint": "webhooks:read",
}  # fmt: skip

# What a new state of a cover is written down in: first what the member waits for, then what goes with it.
_DOCUMENTS: Final = ("render_certificate", "render_terms")
# The kinds of job for which nobody waits. They are done when there is no other to do.
PATIENT: Final = ("render_terms",)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened to `subject` (an id). `causes` are the kinds of job that follow from it.

    Raises ValueError for data that its kind doesn't hold: partners are told what holds for each.
    """

    kind: str
    subject: str
    data: dict[str, Any] = field(default_factory=dict)
    causes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind} is no kind of fact")
        if wrong := list(KINDS[self.kind].wrong(self.data)):
            raise ValueError(f"{self.kind}: {'; '.join(wrong)}")


def quote_made(quote_id: str, state: str) -> Fact:
    """A quote was made: open, referred or declined."""
    return Fact("quote.created", quote_id, {"state": state})


def quote_expired(quote_id: str) -> Fact:
    """A quote's time to be bound was over."""
    return Fact("quote.expired", quote_id)


def cover_issued(cover_id: str, quote_id: str, transaction_id: str, *, vehicle: bool = False) -> Fact:
    """A cover was issued; its certificate is to be rendered. An insured vehicle is told to the authority's file."""
    data = {"quote": quote_id, "transaction": transaction_id}
    return Fact("cover.issued", cover_id, data, _told_to_file(_DOCUMENTS, vehicle))


def _told_to_file(causes: tuple[str, ...], vehicle: bool) -> tuple[str, ...]:
    return (*causes, "report_vehicle") if vehicle else causes


def cover_awaits_payment(cover_id: str, quote_id: str, payment_id: str) -> Fact:
    """A cover holds its object until its member has paid by card; that is asked for, should nobody else have done so."""
    return Fact("cover.awaiting_payment", cover_id, {"quote": quote_id, "payment": payment_id}, ("settle_payments",))


def payment_failed(cover_id: str, payment_id: str, declined: str) -> Fact:
    """A card was declined. The member may try another while the cover waits."""
    return Fact("cover.payment_failed", cover_id, {"payment": payment_id, "declined": declined})


def payment_returned(cover_id: str, payment_id: str, refund_id: str) -> Fact:
    """A payment came when there was nothing to buy any more, and goes back."""
    return Fact("cover.payment_returned", cover_id, {"payment": payment_id, "refund": refund_id}, ("send_refunds",))


def refund_sent(cover_id: str, refund_id: str) -> Fact:
    """What was given back is on its way to the card."""
    return Fact("cover.refunded", cover_id, {"refund": refund_id})


def refund_failed(cover_id: str, refund_id: str) -> Fact:
    """What was given back didn't reach the card. It is owed still, and will be transferred."""
    return Fact("cover.refund_failed", cover_id, {"refund": refund_id})


def refund_transferred(cover_id: str, refund_id: str) -> Fact:
    """What couldn't go back to the card was transferred by bank."""
    return Fact("cover.refund_transferred", cover_id, {"refund": refund_id})


def cover_lapsed(cover_id: str) -> Fact:
    """Nobody paid for a cover in time. It never covered anything."""
    return Fact("cover.lapsed", cover_id)


def payment_disputed(cover_id: str, dispute_id: str) -> Fact:
    """The card's holder disputes the payment with the bank. The cover stands (Code des assurances L113-3)."""
    return Fact("cover.payment_disputed", cover_id, {"dispute": dispute_id})


def dispute_closed(cover_id: str, dispute_id: str, outcome: str) -> Fact:
    """The bank decided a dispute: won or lost."""
    return Fact("cover.dispute_closed", cover_id, {"dispute": dispute_id, "outcome": outcome})


def cover_changed(
    cover_id: str, change_id: str, transaction_id: str, *, refunds: bool, vehicle: bool = False
) -> Fact:  # fmt: skip
    """A change of a cover came true; its certificate is to be rendered anew, and what goes back is to be sent."""
    causes = (*_DOCUMENTS, "send_refunds") if refunds else _DOCUMENTS
    return Fact(
        "cover.changed", cover_id, {"change": change_id, "transaction": transaction_id}, _told_to_file(causes, vehicle)
    )


def change_abandoned(cover_id: str, change_id: str) -> Fact:
    """Nobody paid for a change in time. The cover is as it was."""
    return Fact("cover.change_abandoned", cover_id, {"change": change_id})


def cover_cancelled(cover_id: str, transaction_id: str, *, refunds: bool, vehicle: bool = False) -> Fact:
    """A cover was cancelled; its certificate is to be rendered anew, and what goes back is to be sent."""
    causes = (*_DOCUMENTS, "send_refunds") if refunds else _DOCUMENTS
    return Fact("cover.cancelled", cover_id, {"transaction": transaction_id}, _told_to_file(causes, vehicle))


def cover_turned(cover_id: str, kind: Turning, change_id: str | None = None, *, settles: bool = False) -> Fact:
    """A cover came on risk, went off it, or it or a change of it wasn't paid for in time: by the clock alone. What isn't
    paid for lapses once the processor has given the payment up; with `settles` it is asked.
    """
    return Fact(
        f"cover.{kind}", cover_id, {"change": change_id} if change_id else {}, ("settle_payments",) if settles else ()
    )


def claim_declared(claim_id: str, cover_id: str, flags: tuple[str, ...]) -> Fact:
    """A claim was declared, with what stood out about it."""
    return Fact("claim.created", claim_id, {"cover": cover_id, "flags": list(flags)})


def exposure_added(claim_id: str, exposure_id: str) -> Fact:
    """More was claimed, or by somebody else, than was declared at first."""
    return Fact("claim.exposure_added", claim_id, {"exposure": exposure_id})


def claim_decided(claim_id: str, exposure_id: str, decision: str) -> Fact:
    """A person decided on an exposure: approved, repudiated or goodwill."""
    return Fact("claim.decided", claim_id, {"exposure": exposure_id, "decision": decision})


def payout_ordered(claim_id: str, exposure_id: str, payout_id: str) -> Fact:
    """An amount is to be transferred to who claimed, or to who worked on the claim."""
    return Fact("claim.payout_ordered", claim_id, {"exposure": exposure_id, "payout": payout_id})


def payout_settled(claim_id: str, payout_id: str, outcome: str) -> Fact:
    """A payout was transferred (paid), or couldn't be, or came back (failed)."""
    return Fact(f"claim.payout_{outcome}", claim_id, {"payout": payout_id})


def claim_closed(claim_id: str) -> Fact:
    """All that was claimed is decided and paid."""
    return Fact("claim.closed", claim_id)


def claim_reopened(claim_id: str) -> Fact:
    """A claim that was closed is looked at again."""
    return Fact("claim.reopened", claim_id)


def invoice_issued(invoice_id: str, month: str) -> Fact:
    """A month was closed with an invoice, which is to be sent."""
    return Fact("invoice.issued", invoice_id, {"month": month}, ("send_invoice",))


def invoice_paid(invoice_id: str) -> Fact:
    """An invoice was paid, or what it gives back was sent."""
    return Fact("invoice.paid", invoice_id)


def key_made(key_id: str) -> Fact:
    """An API key was made."""
    return Fact("api_key.created", key_id)


def key_rotated(key_id: str, successor_id: str) -> Fact:
    """An API key got a successor, and opens things for some time yet."""
    return Fact("api_key.rotated", key_id, {"replaced_by": successor_id})


def key_revoked(key_id: str) -> Fact:
    """An API key was ended."""
    return Fact("api_key.revoked", key_id)


def endpoint_made(endpoint_id: str) -> Fact:
    """A webhook endpoint was made."""
    return Fact("webhook_endpoint.created", endpoint_id)


def endpoint_changed(endpoint_id: str, what: str) -> Fact:
    """A webhook endpoint was changed: its address or its events (updated), its secret (secret_rotated), or it is told things
    again (enabled) or no more (deleted).
    """
    return Fact(f"webhook_endpoint.{what}", endpoint_id)


def endpoint_disabled(endpoint_id: str, because: Because) -> Fact:
    """A webhook endpoint is told nothing any more: it failed for days (failing), or said that it wants nothing (gone)."""
    return Fact("webhook_endpoint.disabled", endpoint_id, {"because": because})


def endpoint_pinged(endpoint_id: str) -> Fact:
    """Somebody tries whether a webhook endpoint can be reached. It alone is told."""
    return Fact(PING, endpoint_id)
