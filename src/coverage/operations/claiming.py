"""Claiming: a loss is declared. Nothing is refused for lateness or doubt: it is noted, and a person looks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from coverage.domain.claim import flags
from coverage.domain.facts import claim_declared
from coverage.domain.faults import Detail, Missing, Rejected
from coverage.domain.ids import names
from coverage.domain.journal import transfer_for_reserve
from coverage.domain.period import Period, local_day
from coverage.operations.house import Work
from coverage.operations.owing import post
from coverage.operations.showing import find_cover
from coverage.rulebook.language.expressions import nearest
from coverage.storage import claims, covers
from coverage.storage.claims import Claim, Exposure
from coverage.storage.covers import Cover, TransactionTerms
from coverage.storage.identity import new_code, new_id


@dataclass(frozen=True, slots=True)
class Loss:
    """What is claimed on one section; `estimate` in minor units of the cover's currency."""

    section: str
    claimant: str
    estimate: int | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class Declaration:
    cover_id: str
    loss_at: datetime
    cause: str
    description: str
    losses: tuple[Loss, ...]
    contact: Mapping[str, Any]
    metadata: dict[str, str]


def declare_claim(tx: Work, declaration: Declaration) -> Claim:
    """Opens a claim on a cover, with an exposure for each loss, reserved at what was declared.

    Raises `Rejected` for an unknown cover, a loss that lies in the future, or a section that the cover hasn't.
    """
    try:
        cover = find_cover(tx, declaration.cover_id)
    except Missing as missing:
        raise Rejected(missing.code, missing.detail, errors=(Detail("/cover", missing.detail, missing.code),)) from None
    terms = covers.terms_of(tx.session, [cover.id])
    _check(tx, declaration, {term.section for term in terms}, cover.currency)
    claim_id, code = new_id("claim"), new_code(10)
    found = flags(
        declaration.loss_at,
        local_day(tx.now, cover.timezone),
        local_day(declaration.loss_at, cover.timezone),
        declaration.cause,
        _windows(declaration, terms_at(tx, cover.id, declaration.loss_at)),
        _state_at(cover, declaration.loss_at),
    )
    personal = {"description": declaration.description, "contact": dict(declaration.contact)}
    claim = Claim(
        tenant_id=tx.tenant_id, id=claim_id, number=f"CL-{code[:5]}-{code[5:]}", cover_id=cover.id,
        member_id=cover.policyholder_id, state="open", cause=declaration.cause, loss_at=declaration.loss_at,
        reported_at=tx.now, flags=list(found), sealed=tx.seal_json(cover.policyholder_id, personal, f"claims/{claim_id}"),
        metadata_=declaration.metadata, created_at=tx.now,
    )  # fmt: skip
    tx.session.add(claim)
    tx.session.flush()
    for position, loss in enumerate(declaration.losses):
        open_exposure(tx, claim, cover, position, loss)
    tx.record(claim_declared(claim_id, cover.id, found))
    tx.session.flush()
    return claim


def open_exposure(tx: Work, claim: Claim, cover: Cover, position: int, loss: Loss) -> Exposure:
    """An exposure of a claim, for a section that the cover has, with its first reserve."""
    exposure = Exposure(
        tenant_id=tx.tenant_id, id=new_id("exposure"), claim_id=claim.id, position=position, section=loss.section,
        claimant=loss.claimant, decision="pending", estimate=loss.estimate, currency=cover.currency, opened_at=tx.now,
        payable=0, paid_out=0,
    )  # fmt: skip
    tx.session.add(exposure)
    if loss.estimate:
        # The first reserve is what was declared, until a person knows better.
        post(tx, exposure.id, transfer_for_reserve(cover.product, loss.section, loss.estimate, cover.currency))
    return exposure


def terms_at(tx: Work, cover_id: str, at: datetime) -> list[TransactionTerms]:
    """A cover's terms as they held at an instant: of the last transaction that had taken effect by then, or of the first."""
    dated = [one for one in covers.transactions_of(tx.session, [cover_id]) if one.risk_type != "Cancellation"]
    held = [one for one in dated if one.effective_at <= at][-1:] or dated[:1]
    return [row for row in covers.terms_of(tx.session, [cover_id]) if row.transaction_id in {one.id for one in held}]


def _state_at(cover: Cover, loss_at: datetime) -> str:
    """The cover's state as it was at the loss, where it was on risk until it was cancelled."""
    ended = cover.cancelled_at is not None and cover.starts_at <= loss_at < cover.cancelled_at
    return "issued" if ended else cover.state


def _windows(declaration: Declaration, terms: Sequence[TransactionTerms]) -> list[Period]:
    """When the sections that are claimed on cover. They may cover at different times: the first that misses the loss
    decides. All sections of the cover where none was named yet.
    """
    for section in dict.fromkeys(loss.section for loss in declaration.losses):
        found = [Period(term.starts_at, term.ends_at) for term in terms if term.section == section]
        if not any(window.contains(declaration.loss_at) for window in found):
            return found
    return [Period(term.starts_at, term.ends_at) for term in terms]


def find_claim(tx: Work, claim_id: str) -> Claim:
    """The claim of that id; raises `Missing`."""
    found = claims.find(tx.session, tx.tenant_id, claim_id) if names("claim", claim_id) else None
    if found is None:
        raise Missing("unknown_claim", "there is no claim of that id")
    return found


def _check(tx: Work, declaration: Declaration, sections: set[str], currency: str) -> None:
    errors = []
    if declaration.loss_at > tx.now:
        errors.append(Detail("/loss_at", "the loss lies in the future; expected when it happened", "invalid_value"))
    seen: set[tuple[str, str]] = set()
    for index, loss in enumerate(declaration.losses):
        pointer = f"/losses/{index}"
        if loss.section not in sections:
            errors.append(
                Detail(
                    f"{pointer}/section",
                    f"the cover has no such section; expected {nearest(loss.section, sorted(sections))}",
                    "invalid_value",
                )
            )
        if loss.currency not in (None, currency):
            errors.append(
                Detail(f"{pointer}/estimate/currency", f"expected {currency}, the cover's currency", "invalid_value")
            )
        if (loss.section, loss.claimant) in seen:
            errors.append(
                Detail(pointer, "the same section and claimant twice; expected one exposure each", "invalid_value")
            )
        seen.add((loss.section, loss.claimant))
    if errors:
        raise Rejected("invalid_claim", "the claim can't be declared as sent", errors=tuple(errors))
