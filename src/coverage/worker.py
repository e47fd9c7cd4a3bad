"""The worker: takes jobs from the outbox under a lease, does each in its tenant, and lets a failed one come back later."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from coverage.domain.faults import Fault, Unavailable
from coverage.domain.tenant import Caller, Tenant
from coverage.operations.certifying import certificate_of
from coverage.operations.house import House
from coverage.storage import outbox
from coverage.storage.outbox import Job
from coverage.storage.tenancy import Database

log = logging.getLogger("coverage.worker")

LEASE: Final = timedelta(seconds=60)
BATCH: Final = 10
POLL_SECONDS: Final = 0.5
MAX_WAIT: Final = timedelta(hours=1)


def _render_certificate(house: House, caller: Caller, cover_id: str) -> None:
    certificate_of(house, caller, cover_id, None)


# What each kind of job does, with the house, the job's tenant and its subject.
HANDLERS: Final[dict[str, Callable[[House, Caller, str], None]]] = {"render_certificate": _render_certificate}


class Worker:
    """Drains the outbox of `house` until it is stopped. `queue` is the same database in the worker's role."""

    def __init__(self, house: House, queue: Database) -> None:
        self.house, self.queue = house, queue
        self.stopping = threading.Event()

    def run(self) -> None:
        """Works until `stop` is called. A database that is away is waited for."""
        while not self.stopping.is_set():
            try:
                worked = self.work_once()
            except Unavailable as fault:
                log.warning("waiting: %s", fault.detail)
                worked = 0
            if not worked:
                self.stopping.wait(POLL_SECONDS)

    def stop(self) -> None:
        self.stopping.set()

    def work_once(self) -> int:
        """Takes what is due and does it; answers how many jobs were taken."""
        with self.queue.outside() as session:
            jobs = outbox.claim_jobs(session, self.house.wall(), LEASE, BATCH)
        for job in jobs:
            if self.stopping.is_set():
                break
            self._do(job)
        return len(jobs)

    def _do(self, job: Job) -> None:
        error = None
        try:
            HANDLERS[job.kind](self.house, Caller(Tenant.of(job.tenant_id), "worker"), job.subject)
        except Fault as fault:
            error = f"{fault.code}: {fault.detail}"
        except Exception as failure:
            log.exception("job %s (%s) broke", job.id, job.kind)
            error = type(failure).__name__
        with self.queue.outside() as session:
            row = session.get_one(Job, job.id)
            if error is None:
                row.done_at = self.house.wall()
            else:
                row.last_error = error
                row.due_at = self.house.wall() + min(timedelta(seconds=2**job.attempts), MAX_WAIT)
