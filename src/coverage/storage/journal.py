"""The journal's transfers. Append-only: the database refuses to change or remove one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Mapped, Session

from coverage.domain.ids import names
from coverage.domain.journal import Transfer
from coverage.storage.identity import new_id
from coverage.storage.schema import Instant, Minor, Table, TenantRow


class Posted(TenantRow, Table):
    __tablename__ = "transfers"
    transaction_id: Mapped[str | None]
    cause: Mapped[str | None]  # what caused it where that is no transaction: a payment, a refund, a claim …
    debit: Mapped[str]
    credit: Mapped[str]
    amount: Mapped[Minor]
    currency: Mapped[str]
    posted_at: Mapped[Instant]  # on the wall
    booked_at: Mapped[Instant | None]  # by the tenant's clock; those that were posted first have the wall's alone


def append(
    session: Session, tenant_id: str, cause: str, transfers: Iterable[Transfer], *, now: datetime, wall: datetime
) -> None:
    """Posts the transfers that `cause` makes: the id of a transaction, or of what else moved money. Whatever isn't a
    transaction posts each movement once; the database refuses a second one.
    """
    is_transaction = names("transaction", cause)
    session.add_all(
        Posted(
            tenant_id=tenant_id, id=new_id("transfer"), transaction_id=cause if is_transaction else None,
            cause=None if is_transaction else cause, debit=t.debit, credit=t.credit,
            amount=t.amount, currency=t.currency, posted_at=wall, booked_at=now,
        )
        for t in transfers
    )  # fmt: skip
