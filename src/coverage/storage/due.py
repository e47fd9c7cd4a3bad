"""What falls due by a tenant's clock alone: quotes and covers, by the instant that stands on each row."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TypeVar

from sqlalchemy import exists, or_, select, text
from sqlalchemy.orm import Session

from coverage.storage.covers import Cover
from coverage.storage.quotes import Quote

Row = TypeVar("Row", Quote, Cover)


def tenants_with_work_due(session: Session, wall: datetime) -> list[str]:
    """The tenants of whom something is due, each by its own clock. For the worker's role alone."""
    return list(session.scalars(text("SELECT tenants_with_work_due(:wall)"), {"wall": wall}))


def take_turn(session: Session, tenant_id: str) -> bool:
    """Takes the tenant's turn for this transaction; False while another worker has it."""
    digest = hashlib.sha256(f"due\n{tenant_id}".encode()).digest()
    number = int.from_bytes(digest[:8], signed=True)
    return bool(session.scalar(text("SELECT pg_try_advisory_xact_lock(:number)"), {"number": number}))


def rows_due(session: Session, now: datetime, limit: int) -> tuple[list[Quote | Cover], datetime]:
    """The transaction's tenant's rows that are due first, each locked; and the instant up to which these are all.

    What a bind or a cancellation holds is waited for, and not among them if nothing is due of it afterwards.
    """
    quotes = _first_due(session, Quote, now, limit)
    covers = _first_due(session, Cover, now, limit)
    ends = [max(row.next_due_at or now for row in rows) for rows in (quotes, covers) if len(rows) == limit]
    return [*quotes, *covers], min(ends, default=now)


def _first_due(session: Session, kind: type[Row], now: datetime, limit: int) -> list[Row]:
    query = select(kind).where(kind.next_due_at <= now).order_by(kind.next_due_at, kind.id).limit(limit)
    # No key changes, so that whoever refers to a row needn't wait.
    return list(session.scalars(query.with_for_update(key_share=True)))


def is_something_due(session: Session, now: datetime) -> bool:
    """Whether anything of the transaction's tenant is due."""
    due = [exists().where(kind.next_due_at <= now) for kind in (Quote, Cover)]
    return bool(session.scalar(select(or_(*due))))
