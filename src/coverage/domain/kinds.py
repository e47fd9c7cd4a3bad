"""Every kind of fact, as partners read it: what it says, and what its data holds.

Facts are made to this table and to nothing else (`Fact`); the webhooks and events of the OpenAPI document are written from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, get_args

from coverage.domain.webhook import PING, Because


@dataclass(frozen=True, slots=True)
class Holds:
    """What stands in one place of a fact's data: text, or with `many` a list of texts. `among` lists all that it may be;
    what isn't `always` there is left out where there is nothing to say.
    """

    words: str
    among: tuple[str, ...] = ()
    many: bool = False
    always: bool = True

    def wrong(self, value: object) -> str | None:
        """What is wrong about a value; None where it fits."""
        texts = value if self.many else [value]
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            return "is no list of texts" if self.many else "is no text"
        strange = [text for text in texts if self.among and text not in self.among]
        return f"is {', '.join(strange)}, and none of {', '.join(self.among)}" if strange else None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fact: what has happened, in words, and what its data holds."""

    words: str
    data: Mapping[str, Holds] = field(default_factory=dict)

    def wrong(self, data: Mapping[str, object]) -> Iterator[str]:
        """What is wrong about the data of a fact of this kind."""
        for name, holds in self.data.items():
            if name not in data:
                if holds.always:
                    yield f"{name} is missing"
            elif words := holds.wrong(data[name]):
                yield f"{name} {words}"
        yield from (f"{name} is nothing that it holds" for name in data.keys() - self.data.keys())


def _id(noun: str) -> Holds:
    return Holds(f"The {noun}'s id.")


_QUOTE, _TRANSACTION = _id("quote"), _id("transaction")
_CHANGE, _PAYMENT, _REFUND, _DISPUTE = _id("change"), _id("payment"), _id("refund"), _id("dispute")
_COVER, _EXPOSURE, _PAYOUT = _id("cover"), _id("exposure"), _id("payout")

# The first word of each is what it is about.
KINDS: Final[Mapping[str, Kind]] = {
    "quote.created": Kind(
        "A quote was made; `data.state` says whether it is open, referred or declined.",
        {"state": Holds("How it stands.", ("open", "referred", "declined"))},
    ),
    "quote.expired": Kind("A quote's time to be bound was over."),
    "cover.issued": Kind("A cover was issued.", {"quote": _QUOTE, "transaction": _TRANSACTION}),
    "cover.awaiting_payment": Kind(
        "A cover waits for its member to pay by card.", {"quote": _QUOTE, "payment": _PAYMENT}
    ),
    "cover.payment_failed": Kind(
        "A card was declined; the member may try another.",
        {"payment": _PAYMENT, "declined": Holds("Why, in the processor's code.")},
    ),
    "cover.payment_returned": Kind("A payment came too late, and goes back.", {"payment": _PAYMENT, "refund": _REFUND}),
    "cover.payment_overdue": Kind(
        "A cover, or a change of it, wasn't paid for in time.",
        {"change": Holds("The change's id, where it was a change that wasn't paid for.", always=False)},
    ),
    "cover.lapsed": Kind("Nobody paid for a cover in time; nothing was charged."),
    "cover.started": Kind("A cover came on risk."),
    "cover.ended": Kind("A cover's time was over."),
    "cover.changed": Kind("A change of a cover came true.", {"change": _CHANGE, "transaction": _TRANSACTION}),
    "cover.change_abandoned": Kind("Nobody paid for a change in time; the cover is as it was.", {"change": _CHANGE}),
    "cover.cancelled": Kind("A cover was cancelled.", {"transaction": _TRANSACTION}),
    "cover.refunded": Kind("What was given back is on its way to the card.", {"refund": _REFUND}),
    "cover.refund_failed": Kind(
        "What was given back didn't reach the card, and will be transferred.", {"refund": _REFUND}
    ),
    "cover.refund_transferred": Kind("What couldn't go back to the card was transferred by bank.", {"refund": _REFUND}),
    "cover.payment_disputed": Kind("The card's holder disputes the payment; the cover stands.", {"dispute": _DISPUTE}),
    "cover.dispute_closed": Kind(
        "The bank decided a dispute; `data.outcome` says how.",
        {"dispute": _DISPUTE, "outcome": Holds("Whether the payment stays with us.", ("won", "lost"))},
    ),
    "claim.created": Kind(
        "A claim was declared.",
        {
            "cover": _COVER,
            "flags": Holds("What stood out: outside_window, late_notice, cover_not_in_force.", many=True),
        },
    ),
    "claim.exposure_added": Kind("More was claimed, or by somebody else.", {"exposure": _EXPOSURE}),
    "claim.decided": Kind(
        "A person decided on an exposure.",
        {"exposure": _EXPOSURE, "decision": Holds("What was decided.", ("approved", "repudiated", "goodwill"))},
    ),
    "claim.payout_ordered": Kind("An amount is to be transferred.", {"exposure": _EXPOSURE, "payout": _PAYOUT}),
    "claim.payout_paid": Kind("A payout was transferred.", {"payout": _PAYOUT}),
    "claim.payout_failed": Kind("A payout couldn't be transferred, or came back.", {"payout": _PAYOUT}),
    "claim.closed": Kind("All that was claimed is decided and paid."),
    "claim.reopened": Kind("A claim that was closed is looked at again."),
    "invoice.issued": Kind("A month was closed with an invoice.", {"month": Holds("The month, such as 2026-11.")}),
    "invoice.paid": Kind("An invoice was paid."),
    "api_key.created": Kind("An API key was made."),
    "api_key.rotated": Kind("An API key got a successor.", {"replaced_by": Holds("The successor's id.")}),
    "api_key.revoked": Kind("An API key was ended."),
    "webhook_endpoint.created": Kind("A webhook endpoint was made."),
    "webhook_endpoint.updated": Kind("A webhook endpoint's address or events were changed."),
    "webhook_endpoint.secret_rotated": Kind("A webhook endpoint got a new secret."),
    "webhook_endpoint.enabled": Kind("A webhook endpoint is told things again."),
    "webhook_endpoint.disabled": Kind(
        "A webhook endpoint is told nothing any more; `data.because` says why.",
        {
            "because": Holds(
                "`failing`: every try of an event failed, for three days. `gone`: it answered 410.", get_args(Because)
            )
        },
    ),
    "webhook_endpoint.deleted": Kind("A webhook endpoint was taken away."),
    PING: Kind("Somebody tries whether an endpoint can be reached; it alone is told."),
}
