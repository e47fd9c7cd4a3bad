"""What is decided of an exposure, what is set aside for it, and what is paid out."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import LargeBinary, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Mapped, Session, mapped_column

from coverage.storage.claims import Claim, Exposure
from coverage.storage.schema import Count, Instant, JsonList, Minor, Table, TenantRow


class Decision(TenantRow, Table):
    """What a person decided of an exposure; the last one holds. Append-only."""

    __tablename__ = "decisions"
    exposure_id: Mapped[str]
    sequence: Mapped[Count]
    decision: Mapped[str]  # approved, repudiated or goodwill
    parts: Mapped[JsonList]  # of the loss, as they were assessed, what is owed of each, and how that was worked out
    premium_due: Mapped[Minor | None]
    indemnity: Mapped[Minor]  # what is owed at most
    approved: Mapped[Minor]
    goodwill: Mapped[Minor]  # beside it, outside the limit
    currency: Mapped[str]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)  # why, in words, under the policyholder's key
    decided_by: Mapped[str]
    decided_at: Mapped[Instant]


class ReserveChange(TenantRow, Table):
    """A change of what is set aside. The first reserve of an exposure is its estimate, and no change. Append-only."""

    __tablename__ = "reserve_changes"
    exposure_id: Mapped[str]
    kind: Mapped[str]  # indemnity, or fees of experts and lawyers
    change: Mapped[Minor]
    because: Mapped[str]  # assessed, decided, paid or closed
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # why, in words
    changed_by: Mapped[str]
    changed_at: Mapped[Instant]


class Payout(TenantRow, Table):
    """An amount that goes to somebody by bank transfer."""

    __tablename__ = "payouts"
    claim_id: Mapped[str]
    exposure_id: Mapped[str]
    kind: Mapped[str]
    amount: Mapped[Minor]
    currency: Mapped[str]
    state: Mapped[str]  # pending, paid or failed
    sealed: Mapped[bytes] = mapped_column(LargeBinary)  # to whom, and where, under the policyholder's key
    bank_reference: Mapped[str | None]
    ordered_by: Mapped[str]
    ordered_at: Mapped[Instant]
    paid_at: Mapped[Instant | None]
    failed_at: Mapped[Instant | None]  # also where it was paid, and came back
    created_at: Mapped[Instant]


def find_exposure(session: Session, tenant_id: str, exposure_id: str) -> Exposure | None:
    """The tenant's exposure of that id."""
    return session.get(Exposure, (tenant_id, exposure_id))


def find_payout(session: Session, tenant_id: str, payout_id: str) -> Payout | None:
    """The tenant's payout of that id."""
    return session.get(Payout, (tenant_id, payout_id))


def read_anew(session: Session, *rows: Claim | Exposure | Payout) -> None:
    """Reads rows again, once what guards them is locked."""
    for row in rows:
        session.refresh(row)


def decisions_of(session: Session, exposure_ids: Sequence[str]) -> list[Decision]:
    """What was decided of the exposures, the first first."""
    query = select(Decision).where(Decision.exposure_id.in_(exposure_ids)).order_by(Decision.sequence)
    return list(session.scalars(query))


def in_force_beside(session: Session, exposure: Exposure, cover_id: str) -> list[tuple[Exposure, Decision]]:
    """What holds of the other exposures of the cover's same section, in all of its claims."""
    query = (
        select(Exposure, Decision)
        .join(Claim, (Claim.tenant_id == Exposure.tenant_id) & (Claim.id == Exposure.claim_id))
        .join(Decision, (Decision.tenant_id == Exposure.tenant_id) & (Decision.exposure_id == Exposure.id))
        .where(Claim.cover_id == cover_id, Exposure.section == exposure.section, Exposure.id != exposure.id)
        .order_by(Exposure.id, Decision.sequence.desc())
        .ext(distinct_on(Exposure.id))
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def changes_of(session: Session, exposure_ids: Sequence[str]) -> list[ReserveChange]:
    """How the exposures' reserves were changed, the first first."""
    query = select(ReserveChange).where(ReserveChange.exposure_id.in_(exposure_ids))
    return list(session.scalars(query.order_by(ReserveChange.changed_at, ReserveChange.id)))


def payouts_of(session: Session, claim_ids: Sequence[str]) -> list[Payout]:
    """The claims' payouts, the first first."""
    query = select(Payout).where(Payout.claim_id.in_(claim_ids)).order_by(Payout.created_at, Payout.id)
    return list(session.scalars(query))
