"""Covers with their parties, the objects and amounts that they hold, and their append-only transactions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, LargeBinary, and_, select, text
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range
from sqlalchemy.orm import Mapped, Session, mapped_column

from coverage.domain.cover import HOLDING
from coverage.storage.members import Member
from coverage.storage.schema import Instant, Json, JsonList, Minor, Table, TenantRow, in_turn


class Cover(TenantRow, Table):
    __tablename__ = "covers"
    number: Mapped[str]  # the certificate's number, as people read it
    quote_id: Mapped[str]
    master_policy_id: Mapped[str]
    product: Mapped[str]
    country: Mapped[str]
    state: Mapped[str]
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    timezone: Mapped[str]
    language: Mapped[str]
    currency: Mapped[str]
    net: Mapped[Minor]
    surcharges: Mapped[Minor]
    tax: Mapped[Minor]
    fees: Mapped[Minor]
    gross: Mapped[Minor]
    policyholder_id: Mapped[str]
    object_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # the personal facts, under the policyholder's key
    payment_method: Mapped[str]
    disclosures: Mapped[Json]
    metadata_: Mapped[Json] = mapped_column("metadata")
    issued_at: Mapped[Instant | None]
    cancelled_at: Mapped[Instant | None]
    created_at: Mapped[Instant]
    next_due_at: Mapped[Instant | None]  # when its tenant's clock next changes it
    hold_until: Mapped[Instant | None]  # until when it waits for its card payment


class CoverParty(TenantRow, Table):
    """Who stands where in a cover."""

    __tablename__ = "cover_parties"
    cover_id: Mapped[str]
    position: Mapped[int]
    role: Mapped[str]
    member_id: Mapped[str | None]  # None where the partner itself stands there


class ObjectHeld(TenantRow, Table):
    """A section of an object that a cover holds; the database refuses a second one at the same time."""

    __tablename__ = "objects_held"
    cover_id: Mapped[str]
    section: Mapped[str]
    object_key: Mapped[bytes] = mapped_column(LargeBinary)
    period: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    state: Mapped[str]


class AmountHeld(TenantRow, Table):
    """An amount at risk that counts against a cap over one member's overlapping covers."""

    __tablename__ = "amounts_held"
    cover_id: Mapped[str]
    member_id: Mapped[str]
    product: Mapped[str]
    section: Mapped[str]
    amount: Mapped[Minor]
    currency: Mapped[str]
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    state: Mapped[str]


class Transaction(TenantRow, Table):
    """One dated change of a cover's terms and premium. Append-only."""

    __tablename__ = "transactions"
    cover_id: Mapped[str]
    sequence: Mapped[int]
    risk_type: Mapped[str]  # New Business, Adjustment or Cancellation
    premium_type: Mapped[str]  # Original Premium, Additional Premium or Return Premium
    effective_at: Mapped[Instant]
    booked_at: Mapped[Instant]
    currency: Mapped[str]
    net: Mapped[Minor]
    surcharges: Mapped[Minor]
    tax: Mapped[Minor]
    fees: Mapped[Minor]
    gross: Mapped[Minor]
    price: Mapped[Json]


class TransactionTerms(TenantRow, Table):
    """The frozen terms of one section in a transaction. Append-only; a claim reads those at the loss."""

    __tablename__ = "transaction_terms"
    transaction_id: Mapped[str]
    cover_id: Mapped[str]
    section: Mapped[str]
    position: Mapped[int]
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    layer: Mapped[str]
    per: Mapped[str]
    limits: Mapped[Json]
    sublimits: Mapped[Json]
    deductible: Mapped[Json | None]
    average: Mapped[str]
    net: Mapped[Minor]
    currency: Mapped[str]
    exclusions: Mapped[JsonList]


class Document(TenantRow, Table):
    """A document that was rendered, kept once for each transaction, kind and language. Its bytes lie in a blob."""

    __tablename__ = "documents"
    cover_id: Mapped[str]
    transaction_id: Mapped[str]
    kind: Mapped[str]
    language: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int]
    blob: Mapped[str]
    created_at: Mapped[Instant]


def find(session: Session, tenant_id: str, cover_id: str) -> Cover | None:
    """The tenant's cover of that id."""
    return session.get(Cover, (tenant_id, cover_id))


def lock(session: Session, tenant_id: str, cover_id: str) -> Cover | None:
    """The cover, locked to the end of the transaction and read anew."""
    return session.get(Cover, (tenant_id, cover_id), with_for_update=True, populate_existing=True)


def phase_filter(phase: str, now: datetime) -> ColumnElement[bool]:
    """`domain.cover.phase` as a condition on rows, so that lists and single covers never disagree."""
    issued = Cover.state == "issued"
    match phase:
        case "scheduled":
            return and_(issued, Cover.starts_at > now)
        case "on_risk":
            return and_(issued, Cover.starts_at <= now, Cover.ends_at > now)
        case "ended":
            return and_(issued, Cover.ends_at <= now)
    return Cover.state == phase


def transactions_of(session: Session, cover_ids: Sequence[str]) -> list[Transaction]:
    """The covers' transactions, the first first."""
    query = select(Transaction).order_by(Transaction.sequence)
    return [one for ids in in_turn(cover_ids) for one in session.scalars(query.where(Transaction.cover_id.in_(ids)))]


def terms_of(session: Session, cover_ids: Sequence[str]) -> list[TransactionTerms]:
    """The frozen terms of all of the covers' transactions, in the sections' order."""
    query = select(TransactionTerms).where(TransactionTerms.cover_id.in_(cover_ids))
    return list(session.scalars(query.order_by(TransactionTerms.transaction_id, TransactionTerms.position)))


def parties_of(session: Session, cover_ids: Sequence[str]) -> list[CoverParty]:
    """Who stands where in the covers, in the order in which they were named."""
    query = select(CoverParty).where(CoverParty.cover_id.in_(cover_ids)).order_by(CoverParty.position)
    return list(session.scalars(query))


def lock_object(session: Session, tenant_id: str, object_key: bytes) -> None:
    """Takes the object for this transaction, waiting for whoever has it.

    The exclusion constraint alone would do, but two inserts that meet in it can each wait for the other, until one of
    them is ended as a deadlock; here they come one after the other.
    """
    digest = hashlib.sha256(tenant_id.encode() + b"\n" + object_key).digest()
    number = int.from_bytes(digest[:8], signed=True)
    session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def lock_member(session: Session, tenant_id: str, member_id: str) -> None:
    """Locks the member's row: what it has at risk is counted by one at a time."""
    session.get(Member, (tenant_id, member_id), with_for_update=True, populate_existing=True)


def amounts_held(
    session: Session, member_id: str, section: str, products: list[str], starts_at: datetime, ends_at: datetime
) -> list[AmountHeld]:
    """What the member has at risk in those products' sections at any time of a window."""
    query = select(AmountHeld).where(
        AmountHeld.member_id == member_id, AmountHeld.section == section, AmountHeld.product.in_(products),
        AmountHeld.starts_at < ends_at, AmountHeld.ends_at > starts_at, AmountHeld.state.in_(HOLDING),
    )  # fmt: skip
    return list(session.scalars(query))


def let_go(session: Session, cover_id: str, state: str) -> None:
    """What the cover held is free again."""
    for held in session.scalars(select(ObjectHeld).where(ObjectHeld.cover_id == cover_id)):
        held.state = state
    for amount in session.scalars(select(AmountHeld).where(AmountHeld.cover_id == cover_id)):
        amount.state = state


def mark_held(session: Session, cover_id: str, state: str) -> None:
    """What the cover holds, it holds in another of the states that hold."""
    for held in session.scalars(select(ObjectHeld).where(ObjectHeld.cover_id == cover_id)):
        held.state = state if held.state in HOLDING else held.state
    for amount in session.scalars(select(AmountHeld).where(AmountHeld.cover_id == cover_id)):
        amount.state = state if amount.state in HOLDING else amount.state


def take_hold(session: Session, cover_id: str, state: str, windows: Mapping[str, tuple[datetime, datetime]]) -> None:
    """What a cover held while it waited is its own in that state, for each section's window from start to end."""
    for held in session.scalars(select(ObjectHeld).where(ObjectHeld.cover_id == cover_id)):
        held.state, held.period = state, Range(*windows[held.section], bounds="[)")
    for amount in session.scalars(select(AmountHeld).where(AmountHeld.cover_id == cover_id)):
        amount.state, (amount.starts_at, amount.ends_at) = state, windows[amount.section]


def end_hold(session: Session, cover_id: str, at: datetime) -> None:
    """What the cover holds is free from an instant on."""
    for held in session.scalars(select(ObjectHeld).where(ObjectHeld.cover_id == cover_id)):
        start, end = held.period.lower, held.period.upper
        if start is not None and start >= at:
            held.state = "cancelled"
        elif end is not None and at < end:
            held.period = Range(start, at, bounds="[)")
    for amount in session.scalars(select(AmountHeld).where(AmountHeld.cover_id == cover_id)):
        amount.ends_at = min(amount.ends_at, max(at, amount.starts_at))


def documents_of(session: Session, transaction_id: str) -> list[Document]:
    """All that is kept of a transaction."""
    query = select(Document).where(Document.transaction_id == transaction_id)
    return list(session.scalars(query.order_by(Document.kind, Document.language)))


def document_of(session: Session, transaction_id: str, kind: str, language: str) -> Document | None:
    """A transaction's document of a kind in a language, if it is kept."""
    query = select(Document).where(
        Document.transaction_id == transaction_id, Document.kind == kind, Document.language == language
    )
    return session.scalars(query).one_or_none()
