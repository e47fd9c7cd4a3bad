"""Invoices to partners: a month's transactions, each invoiced once."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Integer, and_, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from coverage.storage.covers import Cover, Transaction
from coverage.storage.members import Member
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


class MonthClosed(Table):
    """A month of a tenant's that is closed, with invoices or without. Append-only."""

    __tablename__ = "closed_months"
    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    closed_at: Mapped[Instant]


class InvoiceDocument(TenantRow, Table):
    """An invoice's document, kept once for each language. Its bytes lie in a blob. Append-only."""

    __tablename__ = "invoice_documents"
    invoice_id: Mapped[str]
    language: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[Count]
    blob: Mapped[str]
    created_at: Mapped[Instant]


@dataclass(frozen=True, slots=True)
class Sums:
    """What an invoice's transactions come to, in minor units, and how many they are."""

    count: int
    net: int
    surcharges: int
    tax: int
    fees: int


@dataclass(frozen=True, slots=True)
class Uninvoiced:
    """A transaction that stands on no invoice."""

    transaction_id: str
    gross: int
    currency: str


@dataclass(frozen=True, slots=True)
class Invoiced:
    """A transaction on an invoice."""

    position: int
    transaction: Transaction
    cover: Cover
    policyholder: str  # the partner's own reference of the person


def find(session: Session, tenant_id: str, invoice_id: str) -> Invoice | None:
    """The tenant's invoice of that id."""
    return session.get(Invoice, (tenant_id, invoice_id))


def lock(session: Session, tenant_id: str, invoice_id: str) -> Invoice | None:
    """The invoice, locked to the end of the transaction and read anew."""
    return session.get(Invoice, (tenant_id, invoice_id), with_for_update=True, populate_existing=True)


def not_invoiced(session: Session, before: datetime) -> list[Uninvoiced]:
    """The transactions of invoiced covers that were booked before an instant and stand on no invoice yet, the first first."""
    query = (
        select(Transaction.id, Transaction.gross, Transaction.currency)
        .join(Cover, and_(Cover.tenant_id == Transaction.tenant_id, Cover.id == Transaction.cover_id))
        .outerjoin(
            InvoiceLine,
            and_(InvoiceLine.tenant_id == Transaction.tenant_id, InvoiceLine.transaction_id == Transaction.id),
        )
        .where(Transaction.booked_at < before, Cover.payment_method == "invoice", InvoiceLine.id.is_(None))
        .order_by(Transaction.booked_at, Transaction.id)
    )
    return [Uninvoiced(*row) for row in session.execute(query)]


def invoiced(session: Session, invoice_id: str) -> list[Invoiced]:
    """The transactions on an invoice in its lines' order, each with its cover, and who holds that."""
    query = (
        select(InvoiceLine.position, Transaction, Cover, Member.reference)
        .join(
            Transaction,
            and_(Transaction.tenant_id == InvoiceLine.tenant_id, Transaction.id == InvoiceLine.transaction_id),
        )
        .join(Cover, and_(Cover.tenant_id == Transaction.tenant_id, Cover.id == Transaction.cover_id))
        .join(Member, and_(Member.tenant_id == Cover.tenant_id, Member.id == Cover.policyholder_id))
        .where(InvoiceLine.invoice_id == invoice_id)
        .order_by(InvoiceLine.position)
    )
    return [Invoiced(*row) for row in session.execute(query)]


def sums_of(session: Session, invoice_ids: Sequence[str]) -> dict[str, Sums]:
    """What each invoice's transactions come to, by the invoice's id."""
    parts = (Transaction.net, Transaction.surcharges, Transaction.tax, Transaction.fees)
    query = (
        select(InvoiceLine.invoice_id, func.count(), *(func.sum(part) for part in parts))
        .join(
            Transaction,
            and_(Transaction.tenant_id == InvoiceLine.tenant_id, Transaction.id == InvoiceLine.transaction_id),
        )
        .where(InvoiceLine.invoice_id.in_(invoice_ids))
        .group_by(InvoiceLine.invoice_id)
    )
    return {row[0]: Sums(*(int(part) for part in row[1:])) for row in session.execute(query)}


def lock_closing(session: Session, tenant_id: str) -> None:
    """Takes the tenant's turn to close a month for this transaction, waiting for whoever has it.

    Months follow each other, and numbers too: one at a time. An invoice is never removed, and its number is taken in the
    transaction that makes it, so that whoever dies leaves no gap.
    """
    digest = hashlib.sha256(f"invoicing\n{tenant_id}".encode()).digest()
    number = int.from_bytes(digest[:8], signed=True)
    session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": number})


def last_closed(session: Session) -> date | None:
    """The last month of the tenant's that is closed."""
    return session.scalar(select(func.max(MonthClosed.month)))


def first_booked(session: Session) -> datetime | None:
    """When the tenant's first invoiced transaction was booked."""
    query = select(func.min(Transaction.booked_at)).join(
        Cover, and_(Cover.tenant_id == Transaction.tenant_id, Cover.id == Transaction.cover_id)
    )
    return session.scalar(query.where(Cover.payment_method == "invoice"))


def last_number(session: Session, series: str) -> int:
    """The last number of a series ("F7K4M-2026-"); 0 where it hasn't begun. To be asked while closing is locked."""
    place = func.cast(func.substr(Invoice.number, len(series) + 1), Integer)
    return session.scalar(select(func.max(place)).where(Invoice.number.startswith(series, autoescape=True))) or 0


def of_month(session: Session, month: date) -> list[Invoice]:
    """The invoices of a month, one for each currency."""
    return list(session.scalars(select(Invoice).where(Invoice.month == month).order_by(Invoice.number)))


def numbered(session: Session, number: str) -> Invoice | None:
    """The tenant's invoice of that number."""
    return session.scalars(select(Invoice).where(Invoice.number == number)).one_or_none()


def sent_as(session: Session, processor_id: str) -> Invoice | None:
    """The invoice that the card processor calls so."""
    return session.scalars(select(Invoice).where(Invoice.processor_id == processor_id)).one_or_none()


def sent_and_open(session: Session) -> list[str]:
    """The ids of the tenant's invoices that were sent through the processor and aren't paid yet."""
    query = select(Invoice.id).where(Invoice.state == "open", Invoice.processor_url.is_not(None))
    return list(session.scalars(query.order_by(Invoice.id)))


def document_of(session: Session, invoice_id: str, language: str) -> InvoiceDocument | None:
    """The invoice's document in a language, if it is kept."""
    query = select(InvoiceDocument).where(
        InvoiceDocument.invoice_id == invoice_id, InvoiceDocument.language == language
    )
    return session.scalars(query).one_or_none()


def tenants_to_invoice(session: Session, wall: datetime) -> list[str]:
    """The tenants whose last month isn't closed, each by its own clock and days. For the worker's role alone."""
    return list(session.scalars(text("SELECT tenants_to_invoice(:wall)"), {"wall": wall}))
