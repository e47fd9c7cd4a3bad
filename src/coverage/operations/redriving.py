"""Redriving: what an operator sees of the outbox, and how what was set aside is given another chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from coverage.storage import outbox
from coverage.storage.outbox import Job, State
from coverage.storage.tenancy import Database

# How long a job that is done is kept, to be looked at.
KEPT_FOR: Final = timedelta(days=30)
BATCH: Final = 1000


@dataclass(frozen=True, slots=True)
class JobSeen:
    """A job as an operator sees it: ids, instants and what went wrong, and nothing of a person."""

    id: int
    kind: str
    state: State
    tenant: str
    subject: str
    fact: str
    attempts: int
    due_at: datetime  # when it may be taken; while it runs, when its lease is over
    taken_by: str | None
    last_error: str | None
    set_aside_at: datetime | None
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Retried:
    """Which jobs are tried again, and why the others aren't."""

    again: tuple[int, ...]
    refused: dict[int, str]


def see_jobs(queue: Database, wall: datetime, states: Sequence[State], limit: int) -> list[JobSeen]:
    """The jobs in those states, the oldest first. `queue` is the database in the worker's role."""
    with queue.outside() as session:
        return [_seen(job, wall) for job in outbox.several(session, states, wall, limit)]


def count_jobs(queue: Database, wall: datetime) -> dict[State, int]:
    """How many jobs there are in each state."""
    with queue.outside() as session:
        return outbox.count(session, wall)


def retry_jobs(queue: Database, wall: datetime, ids: Sequence[int] | None) -> Retried:
    """Lets jobs be tried again at once: those of `ids`, or all that are set aside, as if for the first time.

    Of those that are named, one that waits is taken sooner; one that runs or is done is refused.
    """
    with queue.outside() as session:
        jobs = outbox.lock_set_aside(session) if ids is None else outbox.lock(session, ids)
        refused = dict.fromkeys(ids or (), "there is no such job")
        again = []
        for job in jobs:
            refused.pop(job.id, None)
            state = outbox.state_of(job, wall)
            if state == "done":
                refused[job.id] = "it is done"
            elif state == "running":
                refused[job.id] = f"{job.taken_by} is at it"
            else:
                if state == "set_aside":
                    # Whoever set it aside is done with it. Of one that waits, a worker that is late may be: the count tells it from the next.
                    job.set_aside_at, job.attempts = None, 0
                job.due_at, job.taken_by = wall, None
                again.append(job.id)
        outbox.tell(session)
    return Retried(tuple(again), refused)


def prune_jobs(queue: Database, wall: datetime) -> int:
    """Throws away the jobs that were done long enough ago; answers how many. Broken off anywhere, the next call goes on."""
    pruned, thrown = 0, BATCH
    while thrown == BATCH:
        with queue.outside() as session:
            thrown = outbox.prune(session, wall - KEPT_FOR, BATCH)
        pruned += thrown
    return pruned


def _seen(job: Job, wall: datetime) -> JobSeen:
    return JobSeen(
        job.id, job.kind, outbox.state_of(job, wall), job.tenant_id, job.subject, job.fact_id, job.attempts, job.due_at,
        job.taken_by, job.last_error, job.set_aside_at, job.done_at,
    )  # fmt: skip
