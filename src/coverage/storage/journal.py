"""The journal's transfers. Append-only: the database refuses to change or remove one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session

from coverage.domain.journal import Transfer
from coverage.storage.identity import new_id
from coverage.storage.schema import Instant, Minor, Table, TenantRow


class Posted(TenantRow, Table):
    __tablename__ = "transfers"
    transaction_id: Mapped[str]
    debit: Mapped[str]
    credit: Mapped[str]
    amount: Mapped[Minor]
    currency: Mapped[str]
    posted_at: Mapped[Instant]


def append(session: Session, tenant_id: str, transaction_id: str, transfers: Iterable[Transfer], at: datetime) -> None:
    """Posts the transfers of one transaction."""
    session.add_all(
        Posted(
            tenant_id=tenant_id, id=new_id("transfer"), transaction_id=transaction_id, debit=t.debit, credit=t.credit,
            amount=t.amount, currency=t.currency, posted_at=at,
        )
        for t in transfers
    )  # fmt: skip


def of_transaction(session: Session, transaction_id: str) -> list[Transfer]:
    """A transaction's transfers, in the order they were posted."""
    query = select(Posted).where(Posted.transaction_id == transaction_id).order_by(Posted.id)
    return [Transfer(row.debit, row.credit, row.amount, row.currency) for row in session.scalars(query)]
