"""What falls due by a tenant's clock alone: quotes and covers, by the instant that stands on each row."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TypeVar

from sqlalchemy import exists, or_, select, text
from sqlalchemy.orm import Session, aliased

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
    quotes, quotes_until = _first_due(session, Quote, now, limit)
    covers, covers_until = _first_due(session, Cover, now, limit)
    return [*quotes, *covers], min(quotes_until, covers_until)


def _first_due(session: Session, kind: type[Row], now: datetime, limit: int) -> tuple[list[Row], datetime]:
    """The rows of one kind, and up to when these are all.

    A row that is waited for may come with a later instant than it was chosen by, beyond rows that aren't read. So how far
    they reach is told by what the same statement saw before it locked anything.
    """
    seen = aliased(kind)
    last = select(seen.next_due_at).where(seen.next_due_at <= now).order_by(seen.next_due_at, seen.id)
    until = last.offset(limit - 1).limit(1).scalar_subquery()
    query = select(kind, until).where(kind.next_due_at <= now).order_by(kind.next_due_at, kind.id).limit(limit)
    # No key changes, so that whoever refers to a row needn't wait.
    found = session.execute(query.with_for_update(key_share=True, of=kind)).all()
    horizon = found[-1][1] if len(found) == limit else None
    return [row for row, _ in found], horizon or now


def is_something_due(session: Session, now: datetime) -> bool:
    """Whether anything of the transaction's tenant is due."""
    due = [exists().where(kind.next_due_at <= now) for kind in (Quote, Cover)]
    return bool(session.scalar(select(or_(*due))))
