"""Facts, and the work that they cause. Both are written in the transaction of what happened: one truth.

A fact is append-only, names its actor and carries ids only. A job outside row-level security carries ids only too.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Identity, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from coverage.domain.facts import Fact
from coverage.storage.identity import new_id
from coverage.storage.schema import Instant, Json, Table, TenantRow


class FactKept(TenantRow, Table):
    __tablename__ = "facts"
    kind: Mapped[str]
    subject: Mapped[str]
    actor: Mapped[str]
    happened_at: Mapped[Instant]  # on the tenant's clock
    recorded_at: Mapped[Instant]  # on the wall
    data: Mapped[Json]


class Job(Table):
    """Work to do because of a fact. Workers take it under a lease; one that dies lets the lease run out."""

    __tablename__ = "outbox"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    tenant_id: Mapped[str]
    kind: Mapped[str]
    subject: Mapped[str]
    fact_id: Mapped[str]
    due_at: Mapped[Instant]
    attempts: Mapped[int]
    last_error: Mapped[str | None]
    done_at: Mapped[Instant | None]
    set_aside_at: Mapped[Instant | None]  # since when it waits for an operator
    taken_by: Mapped[str | None]  # the worker that has it


def record(session: Session, tenant_id: str, actor: str, fact: Fact, *, now: datetime, wall: datetime) -> None:
    """Keeps a fact, and the jobs that it causes, in the transaction that makes it true."""
    fact_id = new_id("fact")
    session.add(
        FactKept(
            tenant_id=tenant_id, id=fact_id, kind=fact.kind, subject=fact.subject, actor=actor,
            happened_at=now, recorded_at=wall, data=fact.data,
        )
    )  # fmt: skip
    for kind in fact.causes:
        session.add(Job(tenant_id=tenant_id, kind=kind, subject=fact.subject, fact_id=fact_id, due_at=wall, attempts=0))


def claim_jobs(session: Session, now: datetime, lease: timedelta, limit: int) -> list[Job]:
    """Takes due jobs until `now + lease`. Workers pass each other's by; a job that is done never comes back."""
    query = (
        select(Job)
        .where(Job.done_at.is_(None), Job.due_at <= now)
        .order_by(Job.due_at, Job.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    jobs = list(session.scalars(query))
    for job in jobs:
        job.attempts, job.due_at = job.attempts + 1, now + lease
    return jobs
