"""The worker: takes jobs from the outbox under a lease, does each in its tenant, and lets a failed one come back later.

Beside it, in threads of their own, go rounds: what is to be done again and again, such as firing what is due by a clock.
"""

from __future__ import annotations

import logging
import os
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from typing import Final

from structlog.contextvars import bound_contextvars

from coverage.domain.faults import Fault, Unavailable
from coverage.domain.tenant import Caller, Tenant
from coverage.operations.answering import prune_answers
from coverage.operations.certifying import keep_certificate
from coverage.operations.collecting import send_refunds, settle_payments
from coverage.operations.delivering import prune_deliveries
from coverage.operations.documenting import keep_terms_and_information
from coverage.operations.falling_due import fire_all_due
from coverage.operations.house import Erased, House
from coverage.operations.invoicing import close_all_due, look_at_sent, send_invoice
from coverage.operations.redriving import prune_jobs
from coverage.operations.vehicles import report_vehicle
from coverage.storage import outbox
from coverage.storage.outbox import Job
from coverage.storage.tenancy import Database
from coverage.telemetry import traces
from coverage.telemetry.metrics import round_gone, timed_job

log = logging.getLogger("coverage.worker")

# So long the job of a worker that was killed stays with it. Whoever lives renews it every third of that while the job runs.
LEASE: Final = timedelta(seconds=20)
# Longer than any job takes: the longest keeps two documents, each of which waits for the typesetter once and is set twice at
# most. Whoever isn't back by then has hung, and lets the lease run out.
LONGEST_JOB: Final = timedelta(seconds=180)
# How soon a renewal that failed is tried again, however long the lease is.
RENEW_AGAIN_SECONDS: Final = 1.0
# How often to look for jobs where nobody tells of them; and where somebody does, for those that come back later.
POLL_SECONDS: Final = 0.5
LISTENING_POLL_SECONDS: Final = 2.0
# How long after a connection died to listen on another.
LISTEN_AGAIN_SECONDS: Final = 1.0
LONGEST_WAIT: Final = timedelta(hours=1)
# Some half a day of failing. Whatever lasts longer is for an operator to see, and to mend first.
MOST_ATTEMPTS: Final = 24
# How soon a round that failed is gone again, however seldom it is gone otherwise.
FAILED_ROUND_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Round:
    """Something that a worker does again and again: at once while `once` answers that there was something to do.

    Any number of workers go the same round, so each must be safe beside others, and wherever it is broken off.
    """

    name: str
    every_seconds: float
    once: Callable[[House, Database], object]  # with the house, and the same database in the worker's role


# What each kind of job does, with the house, the job's tenant and its subject. A job may be done again after a crash.
HANDLERS: Final[Mapping[str, Callable[[House, Caller, str], None]]] = {
    "render_certificate": keep_certificate,
    "render_terms": keep_terms_and_information,
    "settle_payments": settle_payments,
    "send_refunds": send_refunds,
    "send_invoice": send_invoice,
    "report_vehicle": report_vehicle,
}


def _prune(house: House, queue: Database) -> None:
    prune_answers(queue, house.wall())
    prune_jobs(queue, house.wall())
    prune_deliveries(queue, house.wall())


ROUNDS: Final = (
    Round("due", 1.0, fire_all_due),
    Round("invoices", 10.0, close_all_due),
    Round("bills", 600.0, look_at_sent),
    Round("prune", 3600.0, _prune),
)


@dataclass(frozen=True, slots=True)
class _Failure:
    """What went wrong with a job: in words for the operator, and whether it would be no use to try again."""

    error: str
    for_good: bool = False


class Worker:
    """Drains the outbox of `house` and goes its rounds until it is stopped. `queue` is the same database in the worker's role."""

    def __init__(
        self, house: House, queue: Database, *, lease: timedelta = LEASE, rounds: tuple[Round, ...] = ROUNDS
    ) -> None:
        self.house, self.queue = house, queue
        self._lease, self._rounds = lease, rounds
        # A signal may come while this very thread waits. It puts something into a queue, which no lock can hold up.
        self._woken: SimpleQueue[None] = SimpleQueue()
        self._stopping = False
        self._over = threading.Event()
        self._hears = False  # whether it is told of new jobs now
        self.name = f"{socket.gethostname()}/{os.getpid()}"

    def run(self) -> None:
        """Works until `stop` is called. A database that is away is waited for."""
        threads = [
            threading.Thread(target=self._go_round, args=(one,), name=f"round-{one.name}") for one in self._rounds
        ]
        if not self.queue.behind_pooler:
            threads.append(threading.Thread(target=self._listen, name="listening"))
        for thread in threads:
            thread.start()
        try:
            self._drain()
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def stop(self) -> None:
        """Ends `run` once the job in hand is done."""
        self._stopping = True
        self._woken.put(None)

    def _drain(self) -> None:
        away = False
        while not self._stopping:
            worked = False
            try:
                worked, away = self.work_once(), False
            except Unavailable as fault:
                if not away:
                    log.warning("the worker waits: %s", fault.detail)
                away = True
            except Exception:
                # Such as a schema that is being migrated under us: a worker that ends helps nobody.
                log.exception("the worker couldn't take a job")
            if not worked:
                self._sleep(LISTENING_POLL_SECONDS if self._hears else POLL_SECONDS)

    def _sleep(self, seconds: float) -> None:
        """Until it is woken, or for so long at most. However often it was woken meanwhile, it looks once."""
        with suppress(Empty):
            self._woken.get(timeout=seconds)
            while True:
                self._woken.get_nowait()

    def _listen(self) -> None:
        """Wakes whoever sleeps when a job is recorded. Where that can't be heard, there is the looking now and then."""
        told = False
        while not self._over.is_set():
            try:
                for heard in outbox.news(self.queue, LISTEN_AGAIN_SECONDS):
                    self._hears = True
                    if heard:
                        self._woken.put(None)
                    if self._over.is_set():
                        return
            except Unavailable as fault:
                if not told:
                    log.info("the worker looks for jobs now and then: %s", fault.detail)
                told = True
            self._hears = False
            self._over.wait(LISTEN_AGAIN_SECONDS)

    def _go_round(self, one: Round) -> None:
        while not self._over.is_set():
            wait = one.every_seconds
            try:
                wait = 0 if one.once(self.house, self.queue) else wait
                round_gone(one.name)
            except Unavailable:  # the thread that takes jobs tells of it
                wait = min(wait, FAILED_ROUND_SECONDS)
            except Exception:
                log.exception("the worker's round %s broke off", one.name)
                wait = min(wait, FAILED_ROUND_SECONDS)
            self._over.wait(wait)

    def work_once(self) -> bool:
        """Takes the job that is due first and does it; whether there was one.

        One at a time: the lease of a job that waits behind another would run out, and a second worker would do it too.
        """
        with self.queue.outside() as session:
            jobs = outbox.claim_jobs(session, self.house.wall(), self._lease, 1, self.name)
        for job in jobs:
            with self._holding(job), timed_job(job.kind) as told, _told_of(job):
                failure = self._do(job)
                told["ended"] = "done" if failure is None else "set_aside" if failure.for_good else "failed"
            self._settle(job, failure)
        return bool(jobs)

    @contextmanager
    def _holding(self, job: Job) -> Iterator[None]:
        """Renews the job's lease in a thread of its own until the block ends."""
        over = threading.Event()
        renewing = threading.Thread(target=self._renew, args=(job, over), name=f"renewing-{job.id}")
        renewing.start()
        try:
            yield
        finally:
            over.set()
            renewing.join()

    def _renew(self, job: Job, over: threading.Event) -> None:
        third = wait = self._lease.total_seconds() / 3
        hung_at = time.monotonic() + LONGEST_JOB.total_seconds()
        while not over.wait(wait) and time.monotonic() < hung_at:
            wait = min(third, RENEW_AGAIN_SECONDS)
            try:
                with self.queue.outside() as session:
                    if not outbox.renew(session, job, self.house.wall() + self._lease):
                        log.warning("job %s (%s) went to another worker meanwhile", job.id, job.kind)
                        return
                wait = third
            except Unavailable as fault:
                log.info("the lease of job %s (%s) couldn't be renewed: %s", job.id, job.kind, fault.detail)
            except Exception:
                log.exception("the lease of job %s (%s) couldn't be renewed", job.id, job.kind)

    def _do(self, job: Job) -> _Failure | None:
        """What went wrong, if something did."""
        if job.attempts > MOST_ATTEMPTS:
            # Those who had it never came back to say why.
            return _Failure("worker_lost: whoever took it didn't come back", for_good=True)
        try:
            HANDLERS[job.kind](self.house, Caller(Tenant.of(job.tenant_id), "worker"), job.subject)
        except Erased:
            # The person whom it was about is gone, and with them whatever there was to do.
            return None
        except Fault as fault:
            # What is refused now will be refused again; what doesn't answer may answer later.
            return _Failure(f"{fault.code}: {fault.detail}", for_good=not isinstance(fault, Unavailable))
        except Exception as failure:
            log.exception("job %s (%s) broke", job.id, job.kind)
            return _Failure(type(failure).__name__)
        return None

    def _settle(self, job: Job, failure: _Failure | None) -> None:
        """Notes that the job is done, when it comes back, or that it is set aside.

        Each taking counts an attempt and names who took it: one that came too late leaves a failure to the other.
        """
        with self.queue.outside() as session:
            (row,) = outbox.lock(session, [job.id])
            wall = self.house.wall()
            if failure is None:
                row.done_at, row.set_aside_at, row.taken_by = wall, None, None
            elif (row.attempts, row.taken_by) == (job.attempts, job.taken_by) and row.done_at is None:
                row.last_error, row.taken_by = failure.error, None
                if failure.for_good or job.attempts >= MOST_ATTEMPTS:
                    row.set_aside_at = wall
                    log.warning("job %s (%s) is set aside: %s", job.id, job.kind, failure.error)
                else:
                    row.due_at = _next_try(wall, job.attempts)


@contextmanager
def _told_of(job: Job) -> Iterator[None]:
    """What logs and traces say of the work in hand."""
    with bound_contextvars(tenant=job.tenant_id), traces.work(f"job {job.kind}", tenant=job.tenant_id, job=str(job.id)):
        yield


def _next_try(now: datetime, attempts: int) -> datetime:
    """2, 4, 8 … seconds from now and an hour at most, less up to a quarter: those that failed together come back apart."""
    # The power is bounded before it is taken: after some days of failing, no clock could hold it.
    wait = min(timedelta(seconds=2 ** min(attempts, 12)), LONGEST_WAIT)
    return now + wait * random.uniform(0.75, 1)  # noqa: S311, nobody gains by guessing it
