"""Invoices to partners: a month's transactions, each invoiced once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Mapped, Session

from coverage.storage.covers import Cover, Transaction
from coverage.storage.schema import Count, Instant, Minor, Table, TenantRow


class Invoice(TenantRow, Table):
    """What a partner owes for a month of its days; `total` is negative where more was given back than charged."""

    __tablename__ = "invoices"
    number: Mapped[str]
    month: Mapped[date]  # its first day
    currency: Mapped[str]
    total: Mapped[Minor]
    state: Mapped[str]  # open, paid or void
    processor_id: Mapped[str | None]  # where it was sent through the card processor
    processor_url: Mapped[str | None]
    due_at: Mapped[Instant]
    paid_at: Mapped[Instant | None]
    paid_by: Mapped[str | None]  # the transfer's reference, or the processor's
    created_at: Mapped[Instant]


class InvoiceLine(TenantRow, Table):
    """A transaction on an invoice. Append-only."""

    __tablename__ = "invoice_lines"
    invoice_id: Mapped[str]
    position: Mapped[Count]
    transaction_id: Mapped[str]
    amount: Mapped[Minor]


def find(session: Session, tenant_id: str, invoice_id: str) -> Invoice | None:
    """The tenant's invoice of that id."""
    return session.get(Invoice, (tenant_id, invoice_id))


def lock(session: Session, tenant_id: str, invoice_id: str) -> Invoice | None:
    """The invoice, locked to the end of the transaction and read anew."""
    return session.get(Invoice, (tenant_id, invoice_id), with_for_update=True, populate_existing=True)


def lines_of(session: Session, invoice_ids: Sequence[str]) -> list[InvoiceLine]:
    """The invoices' lines, in their order."""
    query = select(InvoiceLine).where(InvoiceLine.invoice_id.in_(invoice_ids))
    return list(session.scalars(query.order_by(InvoiceLine.invoice_id, InvoiceLine.position)))


def not_invoiced(session: Session, before: datetime) -> list[tuple[Transaction, Cover]]:
    """The transactions of invoiced covers that were booked before an instant and stand on no invoice yet, the first first."""
    query = (
        select(Transaction, Cover)
        .join(Cover, and_(Cover.tenant_id == Transaction.tenant_id, Cover.id == Transaction.cover_id))
        .outerjoin(
            InvoiceLine,
            and_(InvoiceLine.tenant_id == Transaction.tenant_id, InvoiceLine.transaction_id == Transaction.id),
        )
        .where(Transaction.booked_at < before, Cover.payment_method == "invoice", InvoiceLine.id.is_(None))
        .order_by(Transaction.booked_at, Transaction.id)
    )
    return [(transaction, cover) for transaction, cover in session.execute(query).all()]
