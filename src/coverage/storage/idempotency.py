"""Idempotency: the key's row is written in the work's own transaction, so that the answer and the work are one.

Only successes are kept; a refusal is decided anew. A duplicate that runs at the same time meets an advisory lock.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import LargeBinary, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from coverage.storage.schema import Instant, Table


class Answered(Table):
    __tablename__ = "idempotency_keys"
    tenant_id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)  # SHA-256 of method, path and body
    status: Mapped[int]
    content_type: Mapped[str]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)  # the answer's bytes
    sealed_for: Mapped[str]  # the subject whose key opens them
    created_at: Mapped[Instant]


def hold(session: Session, tenant_id: str, key: str) -> bool:
    """Takes the key for this transaction; False while another transaction works under it."""
    digest = hashlib.sha256(f"{tenant_id}\n{key}".encode()).digest()
    number = int.from_bytes(digest[:8], signed=True)
    return bool(session.scalar(text("SELECT pg_try_advisory_xact_lock(:number)"), {"number": number}))


def find(session: Session, tenant_id: str, key: str) -> Answered | None:
    """The answer that is kept under a key."""
    return session.get(Answered, (tenant_id, key))


def prune(session: Session, before: datetime, limit: int) -> int:
    """Throws away up to `limit` of the transaction's tenant's answers that were kept before an instant; how many it were."""
    statement = text(
        """
        DELETE FROM idempotency_keys WHERE (tenant_id, key) IN (
            SELECT tenant_id, key FROM idempotency_keys
            WHERE tenant_id = current_tenant() AND created_at < :before ORDER BY created_at, key LIMIT :limit
        ) RETURNING 1
        """
    )
    return len(session.execute(statement, {"before": before, "limit": limit}).all())
