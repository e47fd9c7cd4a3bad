"""Facts, and the work that they cause. Both are written in the transaction of what happened: one truth.

A fact is append-only, names its actor and carries ids only. A job outside row-level security carries ids only too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

from psycopg import Error as DriverError
from sqlalchemy import BigInteger, ColumnElement, Identity, and_, delete, func, not_, or_, select, text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from coverage.domain.facts import PATIENT, Fact
from coverage.domain.faults import Unavailable
from coverage.storage.identity import new_id
from coverage.storage.schema import Instant, Json, Table, TenantRow
from coverage.storage.tenancy import Database

CHANNEL: Final = "sharecover_outbox"

State = Literal["waiting", "running", "set_aside", "done"]
STATES: Final[tuple[State, ...]] = get_args(State)


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
    due_at: Mapped[Instant]  # when it may be taken; while it runs, when its lease is over
    attempts: Mapped[int]
    last_error: Mapped[str | None]
    done_at: Mapped[Instant | None]
    set_aside_at: Mapped[Instant | None]  # since when it waits for an operator
    taken_by: Mapped[str | None]  # the worker that has it


_OPEN: Final = (Job.done_at.is_(None), Job.set_aside_at.is_(None))


def record(session: Session, tenant_id: str, actor: str, fact: Fact, *, now: datetime, wall: datetime) -> str:
    """Keeps a fact, and the jobs that it causes, in the transaction that makes it true; answers the fact's id."""
    fact_id = new_id("fact")
    session.add(
        FactKept(
            tenant_id=tenant_id, id=fact_id, kind=fact.kind, subject=fact.subject, actor=actor,
            happened_at=now, recorded_at=wall, data=fact.data,
        )
    )  # fmt: skip
    for kind in fact.causes:
        session.add(Job(tenant_id=tenant_id, kind=kind, subject=fact.subject, fact_id=fact_id, due_at=wall, attempts=0))
    return fact_id


def claim_jobs(session: Session, now: datetime, lease: timedelta, limit: int, by: str) -> list[Job]:
    """Takes due jobs until `now + lease`, for the worker `by`: those that are due first, and none of those for which nobody
    waits while there are others. Workers pass each other's by.

    What is done or set aside never comes back by itself.
    """
    due = (
        select(Job)
        .where(*_OPEN, Job.due_at <= now)
        .order_by(Job.due_at, Job.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    # Asked for apart, each goes along the index of what is due; sorted together, all that is due would be read each time.
    jobs = list(session.scalars(due.where(Job.kind.not_in(PATIENT))))
    jobs = jobs or list(session.scalars(due.where(Job.kind.in_(PATIENT))))
    for job in jobs:
        job.attempts, job.due_at, job.taken_by = job.attempts + 1, now + lease, by
    return jobs


def renew(session: Session, job: Job, until: datetime) -> bool:
    """Leaves a job that was taken to its taker until then; False, and nothing done, when it is its taker's no more."""
    # Each taking counts an attempt: who was late and takes the same job again isn't who had it before.
    same = (Job.id == job.id, Job.attempts == job.attempts, Job.taken_by == job.taken_by)
    return session.scalar(update(Job).where(*same, *_OPEN).values(due_at=until).returning(Job.id)) is not None


def prune(session: Session, before: datetime, limit: int) -> int:
    """Throws away jobs that were done before an instant, `limit` at most; answers how many."""
    old = select(Job.id).where(Job.done_at < before).limit(limit).with_for_update(skip_locked=True)
    return len(session.execute(delete(Job).where(Job.id.in_(old)).returning(Job.id)).all())


# ------------------------------------------------------------------------------------- for operators


@dataclass(frozen=True, slots=True)
class Gauged:
    """How many jobs aren't done, and since when the one that is due longest could have been taken."""

    waiting: int
    running: int
    set_aside: int
    due_since: datetime | None


def gauge(session: Session, now: datetime) -> Gauged:
    """Looks at what isn't done alone: what is done is kept for a month, and would be looked through each time."""
    is_open, running = and_(*_OPEN), and_(Job.taken_by.is_not(None), Job.due_at > now)
    counts = select(func.count().filter(not_(running)), func.count().filter(running)).where(is_open)
    waiting, runs = session.execute(counts.select_from(Job)).one()
    set_aside = select(func.count()).select_from(Job).where(Job.done_at.is_(None), Job.set_aside_at.is_not(None))
    # A worker that died holds its job until the lease is over, and the job is due from then on.
    due_since = session.scalar(select(func.min(Job.due_at)).where(is_open, Job.due_at <= now))
    return Gauged(waiting, runs, session.scalar(set_aside) or 0, due_since)


def state_of(job: Job, now: datetime) -> State:
    """Where a job stands. One whose worker died runs until its lease is over, and waits then."""
    if job.done_at is not None:
        return "done"
    if job.set_aside_at is not None:
        return "set_aside"
    return "running" if job.taken_by is not None and job.due_at > now else "waiting"


def _in_state(state: State, now: datetime) -> ColumnElement[bool]:
    """`state_of` as a condition on rows."""
    running = and_(Job.taken_by.is_not(None), Job.due_at > now)
    match state:
        case "done":
            return Job.done_at.is_not(None)
        case "set_aside":
            return and_(Job.done_at.is_(None), Job.set_aside_at.is_not(None))
        case "running":
            return and_(*_OPEN, running)
        case "waiting":
            return and_(*_OPEN, not_(running))


def several(session: Session, states: Sequence[State], now: datetime, limit: int) -> list[Job]:
    """The jobs in those states, the oldest first."""
    query = select(Job).where(or_(*(_in_state(state, now) for state in states))).order_by(Job.id).limit(limit)
    return list(session.scalars(query))


def count(session: Session, now: datetime) -> dict[State, int]:
    """How many jobs there are in each state."""
    counts = [func.count().filter(_in_state(state, now)).label(state) for state in STATES]
    row = session.execute(select(*counts).select_from(Job)).one()
    return {state: getattr(row, state) for state in STATES}


def lock(session: Session, ids: Sequence[int]) -> list[Job]:
    """The jobs of those ids, locked to the end of the transaction, in the order of their ids."""
    query = select(Job).where(Job.id.in_(ids)).order_by(Job.id)
    return list(session.scalars(query.with_for_update(), execution_options={"populate_existing": True}))


def lock_set_aside(session: Session) -> list[Job]:
    """All jobs that are set aside, locked to the end of the transaction."""
    query = select(Job).where(Job.set_aside_at.is_not(None), Job.done_at.is_(None)).order_by(Job.id)
    return list(session.scalars(query.with_for_update()))


# ------------------------------------------------------------------------------------- hearing of jobs


def tell(session: Session) -> None:
    """Lets those who listen know, at the commit, that there is something to do."""
    session.execute(text(f"SELECT pg_notify('{CHANNEL}', '')"))


def news(database: Database, wait_seconds: float) -> Iterator[bool]:
    """Listens on a connection of its own: True when a job was recorded, False when none was for so long.

    The first is True: what was recorded before is to be looked for. Raises `Unavailable` when listening is refused or the
    connection dies.
    """
    try:
        pooled = database.engine.raw_connection()
        driver = pooled.driver_connection
        if driver is None:
            raise AssertionError("a connection that was just made has a driver")
        # What listens isn't handed on to others: it leaves the pool, and is closed at the end.
        pooled.detach()
        with closing(driver):
            driver.rollback()
            driver.autocommit = True
            driver.execute(f"LISTEN {CHANNEL}")
            yield True
            while True:
                yield any(True for _ in driver.notifies(timeout=wait_seconds, stop_after=1))
    except (SQLAlchemyError, DriverError) as error:
        raise Unavailable("nothing_heard", f"the database tells of no jobs ({type(error).__name__})") from error
