"""Card payments with what was given back of them, and what was disputed. The processor's secrets never lie here."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session

from coverage.storage.schema import Instant, Minor, Table, TenantRow


class Payment(TenantRow, Table):
    """An amount that a member pays by card, for a cover or for a change of one."""

    __tablename__ = "payments"
    cover_id: Mapped[str]
    change_id: Mapped[str | None]
    amount: Mapped[Minor]
    currency: Mapped[str]
    state: Mapped[str]  # pending, succeeded or cancelled
    refunded: Mapped[Minor]  # of which all refunds that didn't fail add up to
    hold_until: Mapped[Instant]  # by the tenant's clock
    intent_id: Mapped[str | None]
    checkout_id: Mapped[str | None]
    charge_id: Mapped[str | None]
    declined: Mapped[str | None]  # why the last card was refused, in the processor's code
    created_at: Mapped[Instant]  # on the wall, by which the processor keeps what it was asked
    settled_at: Mapped[Instant | None]


class Refund(TenantRow, Table):
    """An amount of a payment that goes back. One that fails is owed still, until it is transferred."""

    __tablename__ = "refunds"
    payment_id: Mapped[str]
    cover_id: Mapped[str]
    transaction_id: Mapped[str | None]  # None where the payment came too late, and bought nothing
    amount: Mapped[Minor]
    currency: Mapped[str]
    reason: Mapped[str]
    state: Mapped[str]  # pending, succeeded, failed or transferred
    processor_id: Mapped[str | None]
    created_at: Mapped[Instant]
    settled_at: Mapped[Instant | None]  # when the processor sent it, whatever became of it since
    failed_at: Mapped[Instant | None]
    bank_reference: Mapped[str | None]  # of what was transferred instead


class CardDispute(TenantRow, Table):
    """A payment that the card's holder disputes with the bank."""

    __tablename__ = "disputes"
    payment_id: Mapped[str]
    processor_id: Mapped[str]
    amount: Mapped[Minor]
    currency: Mapped[str]
    state: Mapped[str]
    created_at: Mapped[Instant]
    settled_at: Mapped[Instant | None]


class BalanceEntryKept(TenantRow, Table):
    """A movement of the processor's balance, as it was read to be held against the journal. Append-only."""

    __tablename__ = "balance_entries"
    processor_id: Mapped[str]
    kind: Mapped[str]
    source: Mapped[str]
    amount: Mapped[Minor]
    fee: Mapped[Minor]
    currency: Mapped[str]
    happened_at: Mapped[Instant]
    created_at: Mapped[Instant]


def find(session: Session, tenant_id: str, payment_id: str) -> Payment | None:
    """The tenant's payment of that id."""
    return session.get(Payment, (tenant_id, payment_id))


def lock(session: Session, tenant_id: str, payment_id: str) -> Payment | None:
    """The payment, locked to the end of the transaction and read anew."""
    return session.get(Payment, (tenant_id, payment_id), with_for_update=True, populate_existing=True)


def of_covers(session: Session, cover_ids: Sequence[str]) -> list[Payment]:
    """The covers' payments, the first first."""
    query = select(Payment).where(Payment.cover_id.in_(cover_ids)).order_by(Payment.created_at, Payment.id)
    return list(session.scalars(query))


def lock_of_cover(session: Session, cover_id: str) -> list[Payment]:
    """The cover's payments, the last first, locked to the end of the transaction."""
    query = select(Payment).where(Payment.cover_id == cover_id).order_by(Payment.created_at.desc(), Payment.id.desc())
    return list(session.scalars(query.with_for_update(), execution_options={"populate_existing": True}))


def of_change(session: Session, change_id: str) -> Payment | None:
    """The payment of a change, if it is paid by card."""
    return session.scalars(select(Payment).where(Payment.change_id == change_id)).one_or_none()


def pending_change_of(session: Session, cover_id: str) -> Payment | None:
    """The payment that a change of the cover waits for: of one at most."""
    query = select(Payment).where(Payment.cover_id == cover_id, Payment.change_id.is_not(None))
    return session.scalars(query.where(Payment.state == "pending")).one_or_none()


def of_intent(session: Session, intent_id: str) -> Payment | None:
    """The payment that an intent was made for."""
    return session.scalars(select(Payment).where(Payment.intent_id == intent_id)).one_or_none()


def refunds_of(session: Session, cover_ids: Sequence[str]) -> list[Refund]:
    """What goes back of the covers' payments, the first first."""
    query = select(Refund).where(Refund.cover_id.in_(cover_ids)).order_by(Refund.created_at, Refund.id)
    return list(session.scalars(query))


def refunds_in(session: Session, states: Sequence[str]) -> list[Refund]:
    """The tenant's refunds in some states, the first first."""
    query = select(Refund).where(Refund.state.in_(states)).order_by(Refund.created_at, Refund.id)
    return list(session.scalars(query))


def find_refund(session: Session, tenant_id: str, refund_id: str) -> Refund | None:
    """The tenant's refund of that id."""
    return session.get(Refund, (tenant_id, refund_id))


def lock_refund(session: Session, tenant_id: str, refund_id: str) -> Refund | None:
    """The refund, locked to the end of the transaction and read anew."""
    return session.get(Refund, (tenant_id, refund_id), with_for_update=True, populate_existing=True)


def dispute_named(session: Session, processor_id: str) -> CardDispute | None:
    """The dispute that the processor calls so, locked to the end of the transaction."""
    query = select(CardDispute).where(CardDispute.processor_id == processor_id)
    return session.scalars(query.with_for_update(), execution_options={"populate_existing": True}).one_or_none()


def is_disputed(session: Session, cover_id: str) -> bool:
    """Whether something that the cover was bought with is disputed, or was taken back. What bought nothing isn't."""
    late = exists().where(Refund.payment_id == Payment.id, Refund.reason == "late_payment")
    query = exists().where(
        CardDispute.payment_id == Payment.id, CardDispute.state != "won", Payment.cover_id == cover_id, ~late
    )
    return bool(session.scalar(select(query)))


def is_lost(session: Session, cover_id: str) -> bool:
    """Whether a bank has decided that a payment of the cover's is the holder's."""
    query = exists().where(
        CardDispute.payment_id == Payment.id, CardDispute.state == "lost", Payment.cover_id == cover_id
    )
    return bool(session.scalar(select(query)))


def is_taken_back(session: Session, payment_id: str) -> bool:
    """Whether the card's holder has the payment by a dispute, or may get it so."""
    return bool(
        session.scalar(select(exists().where(CardDispute.payment_id == payment_id, CardDispute.state != "won")))
    )


def keep_entry(session: Session, entry: BalanceEntryKept) -> bool:
    """Keeps a movement of the processor's balance; False where the tenant has it already."""
    columns = {column.key: getattr(entry, column.key) for column in BalanceEntryKept.__table__.columns}
    done = session.execute(
        insert(BalanceEntryKept)
        .values(**columns)
        .on_conflict_do_nothing(index_elements=["tenant_id", "processor_id"])
        .returning(BalanceEntryKept.id)
    )
    return done.scalar() is not None


def entries(session: Session) -> list[BalanceEntryKept]:
    """The tenant's movements of the processor's balance that were read, the first first."""
    query = select(BalanceEntryKept).order_by(BalanceEntryKept.happened_at, BalanceEntryKept.processor_id)
    return list(session.scalars(query))
