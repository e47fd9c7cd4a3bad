"""What the card processor tells by itself: events, verified by their signature, and what each is about.

https://docs.stripe.com/webhooks#verify-webhook-signatures-with-official-libraries · https://docs.stripe.com/api/events/types
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import stripe

from coverage.domain.faults import Rejected
from coverage.domain.payment import Heard
from coverage.gateways.stripe_answers import named, reference

# An event holds one object. The longest are invoices of many lines; nothing genuine comes near.
LONGEST_BODY: Final = 1 << 20
LONGEST_SIGNATURE: Final = 4_096
TOLERANCE_SECONDS: Final = 300


def hear(body: bytes, signature: str, secret: str | None, *, live: bool) -> Heard:
    """What an event is about. Raises `Rejected` ("bad_signature") unless it was signed with `secret` minutes ago.

    An event of the other mode, or of another account, that is well signed is "other", and names nothing: it is heard
    out, so that it isn't sent again and again, and nothing comes of it.
    """
    event = _verified(body, signature, secret)
    found = event.get("data")
    subject = found.get("object") if isinstance(found, Mapping) else None
    name, number = event.get("type"), event.get("id")
    if not isinstance(subject, Mapping) or not isinstance(name, str) or not isinstance(number, str):
        raise _refused("it is no event")
    if event.get("livemode") is not live or event.get("account") is not None:
        return Heard(number, "other", "", "", "")
    return _heard(number, name, subject)


def _heard(number: str, name: str, subject: Mapping[str, Any]) -> Heard:
    tenant, payment = named(subject, "tenant"), named(subject, "payment")
    this, paid_by = reference(subject.get("id")), reference(subject.get("payment_intent"))
    match name.split("."):
        case ["payment_intent", *_] if this:
            return Heard(number, "payment", this, tenant, payment)
        # A page that nobody has begun to pay on has no intent yet: there is nothing to look up.
        case ["checkout", "session", *_] if paid_by:
            return Heard(number, "payment", paid_by, tenant, payment)
        case ["refund", _] | ["charge", "refund", _] if this:
            return Heard(number, "refund", this, tenant, payment)
        # It names the charge and not the refund, which has an event of its own.
        case ["charge", "refunded"] if paid_by:
            return Heard(number, "payment", paid_by, tenant, payment)
        case ["charge", "dispute", _] if this:
            return Heard(number, "dispute", this, tenant, payment)
        case ["invoice", *_] if this:
            return Heard(number, "invoice", this, tenant, payment)
        case _:
            return Heard(number, "other", this or "", tenant, payment)


def _verified(body: bytes, signature: str, secret: str | None) -> dict[str, Any]:
    if not secret:
        raise _refused("no secret is set to verify it with")
    if len(body) > LONGEST_BODY:
        raise _refused(f"its body is longer than {LONGEST_BODY} bytes")
    # The library compares as ASCII, and fails where it isn't.
    if len(signature) > LONGEST_SIGNATURE or not signature.isascii():
        raise _refused("its signature is none")
    try:
        stripe.WebhookSignature.verify_header(body, signature, secret, TOLERANCE_SECONDS)
        event = json.loads(body)
    except stripe.SignatureVerificationError:
        raise _refused("its signature isn't ours, or is older than five minutes") from None
    except (ValueError, RecursionError):
        raise _refused("its body is no JSON") from None
    if not isinstance(event, dict):
        raise _refused("its body is no JSON object")
    return event


def _refused(why: str) -> Rejected:
    return Rejected("bad_signature", f"the event can't be accepted: {why}")
