"""Claims as declared, with an exposure for each section that is claimed on."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import LargeBinary, exists, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from coverage.storage.schema import Instant, Json, JsonList, Minor, Table, TenantRow


class Claim(TenantRow, Table):
    __tablename__ = "claims"
    number: Mapped[str]
    cover_id: Mapped[str]
    member_id: Mapped[str]  # the policyholder, whose key seals what is personal
    state: Mapped[str]  # open, in_review or closed
    cause: Mapped[str]
    loss_at: Mapped[Instant]
    reported_at: Mapped[Instant]
    flags: Mapped[JsonList]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)  # what happened, and who to reach
    metadata_: Mapped[Json] = mapped_column("metadata")
    created_at: Mapped[Instant]


class Exposure(TenantRow, Table):
    """One section and one claimant of a claim, decided on its own."""

    __tablename__ = "exposures"
    claim_id: Mapped[str]
    position: Mapped[int]
    section: Mapped[str]
    claimant: Mapped[str]  # policyholder, or third_party: a victim may claim directly (Code des assurances L124-3)
    decision: Mapped[str]  # pending, approved, repudiated or goodwill
    estimate: Mapped[Minor | None]  # as it was declared: the first reserve
    currency: Mapped[str]
    opened_at: Mapped[Instant | None]  # by the tenant's clock; those that were declared first have their claim's alone
    payable: Mapped[Minor] = mapped_column(server_default="0")  # what the last decision lets be paid of it
    paid_out: Mapped[Minor] = mapped_column(server_default="0")  # of which all payouts that didn't fail add up to


def find(session: Session, tenant_id: str, claim_id: str) -> Claim | None:
    """The tenant's claim of that id."""
    return session.get(Claim, (tenant_id, claim_id))


def weigh_on(session: Session, cover_id: str) -> bool:
    """Whether a loss that was declared on the cover may still cost something, or has."""
    paid = exists().where(Exposure.tenant_id == Claim.tenant_id, Exposure.claim_id == Claim.id, Exposure.paid_out > 0)
    return bool(session.scalar(select(exists().where(Claim.cover_id == cover_id, (Claim.state != "closed") | paid))))


def exposures_of(session: Session, claim_ids: Sequence[str]) -> list[Exposure]:
    """The claims' exposures, in the order in which they were declared."""
    return list(session.scalars(select(Exposure).where(Exposure.claim_id.in_(claim_ids)).order_by(Exposure.position)))
