"""Members: persons by the partner's stable reference. What is personal is sealed under a key of the member's own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import LargeBinary, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from coverage.storage.schema import Instant, Table, TenantRow


class Member(TenantRow, Table):
    __tablename__ = "members"
    reference: Mapped[str]
    locale: Mapped[str]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # name and email, as JSON
    created_at: Mapped[Instant]


class DataKey(Table):
    """A data key, wrapped by the keyring. Its subject is a member, or a quote that names no member yet.

    Erasing a person is forgetting the key: what it sealed is then noise everywhere, backups included.
    """

    __tablename__ = "data_keys"
    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[Instant]
    erased_at: Mapped[Instant | None]


def find(session: Session, tenant_id: str, member_id: str) -> Member | None:
    """The tenant's member of that id."""
    return session.get(Member, (tenant_id, member_id))


def find_or_add(session: Session, member: Member) -> Member:
    """The member of that reference, locked; added when new. Two first binds at once meet in one row."""
    session.execute(
        insert(Member)
        .values(
            tenant_id=member.tenant_id, id=member.id, reference=member.reference, locale=member.locale,
            sealed=None, created_at=member.created_at,
        )
        .on_conflict_do_nothing(index_elements=["tenant_id", "reference"])
    )  # fmt: skip
    # The row is locked to its end: what one member has at risk is counted by one bind at a time.
    query = select(Member).where(Member.reference == member.reference).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()


def keep_data_key(session: Session, tenant_id: str, subject: str, wrapped: bytes, at: datetime) -> DataKey | None:
    """The subject's key: this one, unless another transaction was first. What seals must be the key that is kept."""
    values = {"tenant_id": tenant_id, "subject": subject, "wrapped": wrapped, "created_at": at}
    session.execute(insert(DataKey).values(**values).on_conflict_do_nothing())
    return data_key(session, tenant_id, subject)


def references(session: Session, member_ids: Iterable[str]) -> dict[str, str]:
    """The partner's references of members, by their ids."""
    query = select(Member.id, Member.reference).where(Member.id.in_(list(member_ids)))
    return {row.id: row.reference for row in session.execute(query)}


def data_keys(session: Session, subjects: Sequence[str]) -> list[DataKey]:
    """The keys of several subjects; one that is missing was never made."""
    return list(session.scalars(select(DataKey).where(DataKey.subject.in_(subjects))))


def data_key(session: Session, tenant_id: str, subject: str) -> DataKey | None:
    """The subject's key, wrapped; its wrapping is None once the subject is erased."""
    return session.get(DataKey, (tenant_id, subject))
