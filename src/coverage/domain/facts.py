"""Facts: what happened, told with ids only. Each names the work that it causes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from coverage.domain.cover import Turning

# The scope that a key needs to read of a fact, by what the fact is about: the first word of its kind.
SCOPES: Final = {"quote": "quotes", "cover": "covers", "claim": "claims"}


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened to `subject` (an id). `causes` are the kinds of job that follow from it."""

    kind: str
    subject: str
    data: dict[str, Any] = field(default_factory=dict)
    causes: tuple[str, ...] = ()


def quote_made(quote_id: str, state: str) -> Fact:
    """A quote was made: open, referred or declined."""
    return Fact("quote.created", quote_id, {"state": state})


def quote_expired(quote_id: str) -> Fact:
    """A quote's time to be bound was over."""
    return Fact("quote.expired", quote_id)


def cover_issued(cover_id: str, quote_id: str, transaction_id: str) -> Fact:
    """A cover was issued; its certificate is to be rendered."""
    return Fact("cover.issued", cover_id, {"quote": quote_id, "transaction": transaction_id}, ("render_certificate",))


def cover_cancelled(cover_id: str, transaction_id: str) -> Fact:
    """A cover was cancelled; its certificate is to be rendered anew."""
    return Fact("cover.cancelled", cover_id, {"transaction": transaction_id}, ("render_certificate",))


def cover_turned(cover_id: str, kind: Turning) -> Fact:
    """A cover came on risk, went off it, or lapsed before it was paid for: by the clock alone."""
    return Fact(f"cover.{kind}", cover_id)


def claim_declared(claim_id: str, cover_id: str, flags: tuple[str, ...]) -> Fact:
    """A claim was declared, with what stood out about it."""
    return Fact("claim.created", claim_id, {"cover": cover_id, "flags": list(flags)})
