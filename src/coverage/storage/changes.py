"""Changes of covers: what was asked for, what it costs, and whether it was confirmed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from coverage.storage.schema import Count, Instant, Json, JsonList, Minor, Table, TenantRow


class CoverChange(TenantRow, Table):
    """A longer term, more cover or an early return. `starts_at` to `ends_at` is the last segment of the cover once it is
    confirmed, on `facts`; `gross` is charged, or with a minus given back.
    """

    __tablename__ = "changes"
    cover_id: Mapped[str]
    kind: Mapped[str]  # extend, raise or return_early
    state: Mapped[str]  # whether an open one has expired follows from the clock
    asked_at: Mapped[Instant]
    expires_at: Mapped[Instant | None]
    after_sequence: Mapped[Count]  # the cover's last transaction when it was asked for; another since makes it void
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    facts: Mapped[Json]
    given: Mapped[Json]  # the inputs that were raised, in the rule files' notation
    reasons: Mapped[JsonList]
    currency: Mapped[str]
    price: Mapped[Json | None]  # the difference, line by line
    gross: Mapped[Minor]
    transaction_id: Mapped[str | None]
    no_known_loss_at: Mapped[Instant | None]
    confirmed_at: Mapped[Instant | None]
    metadata_: Mapped[Json] = mapped_column("metadata")
    created_at: Mapped[Instant]


def find(session: Session, tenant_id: str, change_id: str) -> CoverChange | None:
    """The tenant's change of that id."""
    return session.get(CoverChange, (tenant_id, change_id))


def lock(session: Session, tenant_id: str, change_id: str) -> CoverChange | None:
    """The change, locked to the end of the transaction and read anew."""
    return session.get(CoverChange, (tenant_id, change_id), with_for_update=True, populate_existing=True)


def confirmed_of(session: Session, cover_ids: Sequence[str]) -> list[CoverChange]:
    """The covers' changes that came true, in that order."""
    query = select(CoverChange).where(CoverChange.cover_id.in_(cover_ids), CoverChange.state == "confirmed")
    return list(session.scalars(query.order_by(CoverChange.confirmed_at, CoverChange.id)))


def waiting_of(session: Session, cover_id: str) -> list[CoverChange]:
    """The cover's changes that wait for their payment."""
    query = select(CoverChange).where(CoverChange.cover_id == cover_id, CoverChange.state == "awaiting_payment")
    return list(session.scalars(query.order_by(CoverChange.id)))


def last_of(session: Session, cover_id: str) -> CoverChange | None:
    """The change of the cover that was asked for last and confirmed, whether it was then paid for or not."""
    query = select(CoverChange).where(CoverChange.cover_id == cover_id, CoverChange.no_known_loss_at.is_not(None))
    return session.scalars(query.order_by(CoverChange.asked_at.desc(), CoverChange.id.desc()).limit(1)).first()
