"""The worker: every job is done, once, whatever happens to whoever does it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from coverage.domain.faults import Conflict, Fault, Missing, Rejected, Unavailable
from coverage.operations.house import House
from coverage.storage import outbox
from coverage.storage.outbox import Job
from coverage.storage.tenancy import Database
from coverage.worker import LEASE, LISTENING_POLL_SECONDS, MOST_ATTEMPTS, Round, Worker
from tests.builders import Platform, a_risk, soon
from tests.processes import clean_environment, wait_for

HouseWith = Callable[..., House]
SHORT = timedelta(seconds=0.6)


class Typesetter:
    """Stands behind the port Documents: counts what is set, waits on demand, fails on demand."""

    def __init__(self, *, fails: Exception | None = None) -> None:
        self.set: list[str] = []  # the certificates' numbers
        self.fails = fails
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self._lock = threading.Lock()

    def render(self, template: str, language: str, values: Mapping[str, object], enclosed: object = None) -> bytes:
        """The certificate's number in place of a PDF."""
        number: str = values["certificate"].number  # type: ignore[attr-defined]
        with self._lock:
            self.set.append(number)
        assert self.may_go_on.wait(60)
        if self.fails is not None:
            raise self.fails
        return number.encode()


class Clock:
    """A wall clock that a test moves."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now

    def catch_up(self) -> None:
        """Moves past what the service's own clock has come to: jobs that were made are due, however long that took."""
        self.now = datetime.now(UTC) + timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _nothing_else_to_do(owner: Database) -> None:
    """Other tests left jobs; ours are to be the only ones."""
    with owner.engine.begin() as connection:
        connection.execute(text("DELETE FROM outbox"))


class Cyclist(Platform):
    """A partner that lends cargo bikes. No vehicle is told to a file, so that each cover causes one job."""

    def quote(self, **changes: Any) -> dict[str, Any]:
        return super().quote(**({"risk": a_risk(vehicle_class="cargo_bike")} | changes))


@pytest.fixture
def platform(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """A partner whose covers cause a certificate alone."""
    monkeypatch.setattr("coverage.domain.facts._DOCUMENTS", ("render_certificate",))
    return Cyclist(platform.tenant, platform.key, platform.client)


@pytest.fixture
def queue(database_url: str) -> Iterator[Database]:
    database = Database.connect(database_url, "sharecover_worker", pool_size=10)
    yield database
    database.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def typesetter() -> Typesetter:
    return Typesetter()


@pytest.fixture
def worker(house_with: HouseWith, queue: Database, typesetter: Typesetter, clock: Clock) -> Worker:
    """A worker whose typesetter and clock the test holds in its hand."""
    return Worker(house_with(documents=typesetter, wall=clock), queue)


def renewing(job: Job) -> bool:
    """Whether some worker still renews the job's lease."""
    return any(thread.name == f"renewing-{job.id}" for thread in threading.enumerate())


def the_job(queue: Database) -> Job:
    """The only job there is."""
    with queue.outside() as session:
        return session.query(Job).one()


class TestWorker:
    def test_keeps_a_certificate_before_anyone_asks(
        self, platform: Platform, house_with: HouseWith, queue: Database, typesetter: Typesetter
    ) -> None:
        worker = Worker(house_with(documents=typesetter), queue)
        thread = threading.Thread(target=worker.run)
        thread.start()
        try:
            cover = platform.cover()
            wait_for("the job", lambda: the_job(queue).done_at)
        finally:
            worker.stop()
            thread.join()
        # Were it set only now, it would be a real PDF.
        assert platform.get(f"/v1/covers/{cover['id']}/certificate").content == cover["number"].encode()

    def test_fires_what_falls_due(self, platform: Platform, house: House, queue: Database) -> None:
        platform.cover()
        worker = Worker(house, queue)
        thread = threading.Thread(target=worker.run)
        thread.start()
        try:
            platform.advance(soon(days=30))
            wait_for("the clock", lambda: platform.get("/v1/test_clock").json()["status"] == "ready")
        finally:
            worker.stop()
            thread.join()

    def test_goes_its_rounds_on_after_one_that_failed(self, house: House, queue: Database) -> None:
        gone: list[int] = []

        def failing(_: House, __: Database) -> None:
            gone.append(len(gone))
            raise RuntimeError("a table that a migration renames under us")

        worker = Worker(house, queue, rounds=(Round("failing", 0.01, failing),))
        thread = threading.Thread(target=worker.run)
        thread.start()
        try:
            wait_for("the third time", lambda: len(gone) > 2)
        finally:
            worker.stop()
            thread.join()

    def test_does_no_job_twice_beside_others(
        self, platform: Platform, house_with: HouseWith, queue: Database, typesetter: Typesetter
    ) -> None:
        numbers = [platform.cover()["number"] for _ in range(12)]
        workers = [Worker(house_with(documents=typesetter), queue) for _ in range(4)]

        def drain(worker: Worker) -> None:
            while worker.work_once():
                pass

        with ThreadPoolExecutor(len(workers)) as threads:
            list(threads.map(drain, workers))
        assert sorted(typesetter.set) == sorted(numbers)

    def test_holds_no_job_that_it_does_not_do(
        self, platform: Platform, house_with: HouseWith, queue: Database, typesetter: Typesetter, clock: Clock
    ) -> None:
        numbers = [platform.cover()["number"] for _ in range(3)]
        slow = Typesetter()
        slow.may_go_on.clear()
        clock.catch_up()
        stuck = threading.Thread(target=Worker(house_with(documents=slow, wall=clock), queue).work_once)
        stuck.start()
        try:
            wait_for("the slow one to begin", lambda: slow.set)
            quick = Worker(house_with(documents=typesetter, wall=clock), queue)
            assert [quick.work_once(), quick.work_once(), quick.work_once()] == [True, True, False]
            assert sorted(slow.set + typesetter.set) == sorted(numbers)
        finally:
            slow.may_go_on.set()
            stuck.join()

    def test_ends_with_the_job_in_hand_done(
        self, platform: Platform, house_with: HouseWith, queue: Database, typesetter: Typesetter
    ) -> None:
        platform.cover()
        typesetter.may_go_on.clear()
        worker = Worker(house_with(documents=typesetter), queue)
        thread = threading.Thread(target=worker.run)
        thread.start()
        wait_for("the job to begin", lambda: typesetter.set)
        worker.stop()
        typesetter.may_go_on.set()
        thread.join(60)
        assert the_job(queue).done_at is not None

    def test_goes_on_after_a_failure_that_nobody_foresaw(
        self, platform: Platform, house_with: HouseWith, queue: Database, typesetter: Typesetter
    ) -> None:
        class Unforeseen(Worker):
            failed = False

            def work_once(self) -> bool:
                if not self.failed:
                    self.failed = True
                    raise RuntimeError("a table that a migration renames under us")
                return super().work_once()

        platform.cover()
        worker = Unforeseen(house_with(documents=typesetter), queue)
        thread = threading.Thread(target=worker.run)
        thread.start()
        try:
            wait_for("the job", lambda: the_job(queue).done_at)
        finally:
            worker.stop()
            thread.join()


class TestFailure:
    def test_comes_back_later_each_time_and_is_kept(
        self, platform: Platform, worker: Worker, queue: Database, typesetter: Typesetter, clock: Clock
    ) -> None:
        cover = platform.cover()
        clock.catch_up()
        typesetter.fails = Unavailable("rendering_timed_out", "the document took too long")
        for attempt, seconds in enumerate([2, 4, 8, 16], start=1):
            assert worker.work_once()
            job = the_job(queue)
            assert (job.attempts, job.done_at) == (attempt, None)
            assert job.last_error == "rendering_timed_out: the document took too long"
            assert job.taken_by is None
            assert clock.now + timedelta(seconds=seconds * 0.75) <= job.due_at <= clock.now + timedelta(seconds=seconds)
            clock.now = job.due_at - timedelta(milliseconds=1)
            assert not worker.work_once(), "it isn't due yet"
            clock.now = job.due_at
        typesetter.fails = None
        assert worker.work_once()
        job = the_job(queue)
        assert job.done_at == clock.now
        assert job.last_error is not None, "what went wrong before is still told"
        assert not worker.work_once()
        assert platform.get(f"/v1/covers/{cover['id']}/certificate").content == cover["number"].encode()

    def test_that_nobody_foresaw_is_kept_by_its_kind_alone(
        self, platform: Platform, worker: Worker, queue: Database, typesetter: Typesetter, clock: Clock
    ) -> None:
        platform.cover()
        clock.catch_up()
        typesetter.fails = RuntimeError("Camille Martin")
        assert worker.work_once()
        assert the_job(queue).last_error == "RuntimeError"

    def test_comes_back_within_the_hour_and_is_set_aside_at_last(
        self, platform: Platform, worker: Worker, queue: Database, typesetter: Typesetter, clock: Clock
    ) -> None:
        platform.cover()
        clock.catch_up()
        typesetter.fails = Unavailable("blobs_unavailable", "the disk is full")
        waits = set()
        for _ in range(MOST_ATTEMPTS - 1):
            assert worker.work_once()
            waits.add(the_job(queue).due_at - clock.now)
            clock.now = the_job(queue).due_at
        assert max(waits) <= timedelta(hours=1)
        assert len(waits) == MOST_ATTEMPTS - 1, "those that failed together come back apart"
        assert worker.work_once()
        job = the_job(queue)
        assert (job.attempts, job.set_aside_at, job.taken_by) == (MOST_ATTEMPTS, clock.now, None)
        clock.now += timedelta(days=1)
        assert not worker.work_once()

    @pytest.mark.parametrize("refusal", [Rejected, Missing, Conflict])
    def test_for_good_is_set_aside_at_once(
        self, platform: Platform, worker: Worker, queue: Database, typesetter: Typesetter, clock: Clock,
        refusal: type[Fault],
    ) -> None:  # fmt: skip
        platform.cover()
        clock.catch_up()
        typesetter.fails = refusal("never_mind", "it will never be")
        assert worker.work_once()
        job = the_job(queue)
        assert (job.attempts, job.set_aside_at, job.last_error) == (1, clock.now, "never_mind: it will never be")
        clock.now += timedelta(days=1)
        assert not worker.work_once()

    def test_of_those_who_took_it_and_never_came_back_is_set_aside_too(
        self, platform: Platform, worker: Worker, queue: Database, typesetter: Typesetter, clock: Clock
    ) -> None:
        platform.cover()
        clock.catch_up()
        with queue.outside() as session:
            session.query(Job).one().attempts = MOST_ATTEMPTS
        assert worker.work_once()
        job = the_job(queue)
        assert job.set_aside_at == clock.now
        assert (job.last_error or "").startswith("worker_lost")
        assert typesetter.set == []

    def test_is_none_where_the_person_was_erased(
        self, platform: Platform, worker: Worker, queue: Database, clock: Clock, owner: Database
    ) -> None:
        platform.cover()
        with owner.transaction(platform.tenant) as session:
            session.execute(text("UPDATE data_keys SET wrapped = NULL, erased_at = created_at"))
        clock.catch_up()
        assert worker.work_once()
        job = the_job(queue)
        assert (job.done_at, job.last_error, job.set_aside_at) == (clock.now, None, None)

    def test_of_one_job_does_not_hold_up_the_next(
        self, platform: Platform, worker: Worker, queue: Database, typesetter: Typesetter, clock: Clock
    ) -> None:
        platform.cover()
        typesetter.fails = Unavailable("rendering_failed", "the document can't be set")
        clock.catch_up()
        assert worker.work_once()
        second = platform.cover()
        typesetter.fails = None
        clock.now = max(clock.now, datetime.now(UTC))
        assert worker.work_once()
        assert typesetter.set[-1] == second["number"]

    def test_of_a_kind_that_only_a_newer_version_knows_waits_for_it(
        self, platform: Platform, worker: Worker, queue: Database, clock: Clock, owner: Database
    ) -> None:
        platform.cover()
        with owner.engine.begin() as connection:
            connection.execute(text("UPDATE outbox SET kind = 'sing'"))
        clock.catch_up()
        assert worker.work_once()
        job = the_job(queue)
        assert (job.done_at, job.last_error) == (None, "KeyError")


class TestLease:
    def test_of_a_worker_that_was_killed_runs_out(
        self,
        platform: Platform,
        worker: Worker,
        queue: Database,
        clock: Clock,
        database_url: str,
        tmp_path: Path,
        typesetter: Typesetter,
    ) -> None:
        cover = platform.cover()
        with subprocess.Popen(
            [sys.executable, "-P", "-c", HANGING, database_url, str(tmp_path)],
            env=clean_environment(PYTHONPATH=os.pathsep.join(sys.path)),
            stdout=subprocess.PIPE,
        ) as doomed:
            assert doomed.stdout is not None
            assert doomed.stdout.readline() == b"setting\n"
            os.kill(doomed.pid, signal.SIGKILL)
        job = the_job(queue)
        assert (job.attempts, job.done_at) == (1, None)
        clock.now = job.due_at - timedelta(milliseconds=1)
        assert not worker.work_once(), "it might still be at it"
        clock.now = job.due_at
        assert worker.work_once()
        assert typesetter.set == [cover["number"]]
        assert the_job(queue).done_at == clock.now

    def test_of_a_worker_that_was_killed_is_over_within_a_minute(self) -> None:
        assert LEASE + timedelta(seconds=LISTENING_POLL_SECONDS) < timedelta(minutes=1)

    @pytest.mark.parametrize("failures", [[], [Unavailable("overloaded", "busy"), RuntimeError("a table renamed")]])
    def test_is_renewed_while_the_job_runs(
        self, platform: Platform, house_with: HouseWith, queue: Database, clock: Clock, typesetter: Typesetter,
        monkeypatch: pytest.MonkeyPatch, failures: list[Exception],
    ) -> None:  # fmt: skip
        renew, left = outbox.renew, [*failures]

        def failing_first(session: Session, job: Job, until: datetime) -> bool:
            if left:
                raise left.pop()
            return renew(session, job, until)

        monkeypatch.setattr("coverage.storage.outbox.renew", failing_first)
        worker = Worker(house_with(documents=typesetter, wall=clock), queue, lease=SHORT)
        with self.working(platform, worker, typesetter, clock):
            other = Worker(house_with(wall=clock), queue)
            for _ in range(3):
                clock.now += SHORT * 0.6
                wait_for("a renewal", lambda: the_job(queue).due_at == clock.now + SHORT, seconds=20)
                assert not other.work_once(), "it's in hand"
        assert (the_job(queue).attempts, the_job(queue).done_at, left) == (1, clock.now, [])

    @pytest.mark.parametrize(
        "change",
        [
            {"attempts": 2}, {"taken_by": "another"}, {"taken_by": None},
            {"done_at": datetime(2026, 1, 1, tzinfo=UTC)}, {"set_aside_at": datetime(2026, 1, 1, tzinfo=UTC)},
        ],
    )  # fmt: skip
    def test_is_not_renewed_by_a_worker_that_lost_it(
        self, platform: Platform, house_with: HouseWith, queue: Database, clock: Clock, typesetter: Typesetter,
        change: dict[str, object],
    ) -> None:  # fmt: skip
        worker = Worker(house_with(documents=typesetter, wall=clock), queue, lease=SHORT)
        with self.working(platform, worker, typesetter, clock):
            with queue.outside() as session:
                session.execute(update(Job).values(change))
            clock.now += SHORT
            wait_for("the renewing to end", lambda: not renewing(the_job(queue)), seconds=20)
            assert the_job(queue).due_at < clock.now + SHORT

    def test_is_not_renewed_for_a_job_that_hangs(
        self, platform: Platform, house_with: HouseWith, queue: Database, clock: Clock, typesetter: Typesetter,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        monkeypatch.setattr("coverage.worker.LONGEST_JOB", SHORT * 2)
        worker = Worker(house_with(documents=typesetter, wall=clock), queue, lease=SHORT)
        with self.working(platform, worker, typesetter, clock):
            assert renewing(the_job(queue))
            wait_for("the renewing to end", lambda: not renewing(the_job(queue)), seconds=20)

    @staticmethod
    @contextmanager
    def working(platform: Platform, worker: Worker, typesetter: Typesetter, clock: Clock) -> Iterator[None]:
        """The worker has a new cover's job in hand until the block ends."""
        platform.cover()
        clock.catch_up()
        typesetter.may_go_on.clear()
        thread = threading.Thread(target=worker.work_once)
        thread.start()
        try:
            wait_for("the worker to begin", lambda: typesetter.set)
            yield
        finally:
            typesetter.may_go_on.set()
            thread.join(60)

    def test_that_ran_out_leaves_the_failure_to_whoever_has_it_now(
        self, platform: Platform, house_with: HouseWith, queue: Database, clock: Clock, typesetter: Typesetter,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        def away(*_: object) -> bool:
            raise Unavailable("database_unavailable", "gone")

        monkeypatch.setattr("coverage.storage.outbox.renew", away)
        platform.cover()
        clock.catch_up()
        late = Typesetter(fails=Unavailable("rendering_timed_out", "too late"))
        late.may_go_on.clear()
        lease = timedelta(seconds=5)
        first = threading.Thread(target=Worker(house_with(documents=late, wall=clock), queue, lease=lease).work_once)
        first.start()
        wait_for("the first to begin", lambda: late.set)
        clock.now += lease
        typesetter.may_go_on.clear()
        second_worker = Worker(house_with(documents=typesetter, wall=clock), queue, lease=lease)
        second = threading.Thread(target=second_worker.work_once)
        second.start()
        wait_for("the second to begin", lambda: typesetter.set)
        late.may_go_on.set()
        first.join(60)
        job = the_job(queue)
        assert (job.attempts, job.last_error, job.due_at) == (2, None, clock.now + lease), "it's the second's"
        typesetter.may_go_on.set()
        second.join(60)
        assert the_job(queue).done_at == clock.now


class TestHearing:
    """A worker is told of jobs where it can be, and finds them by itself where it can't."""

    @pytest.fixture
    def running(self, house_with: HouseWith, queue: Database, typesetter: Typesetter) -> Iterator[Worker]:
        worker = Worker(house_with(documents=typesetter), queue, rounds=())
        thread = threading.Thread(target=worker.run)
        thread.start()
        yield worker
        worker.stop()
        thread.join(60)

    @staticmethod
    def listeners(owner: Database) -> list[int]:
        with owner.engine.connect() as connection:
            query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %%'"
            return list(connection.exec_driver_sql(query).scalars())

    def seconds_until_done(self, platform: Platform, queue: Database) -> float:
        """How long a cover's job takes from the answer on, at the quickest of five."""
        taken = []
        for _ in range(5):
            platform.cover()
            began = time.monotonic()
            wait_for("the job", lambda: not self.open_jobs(queue))
            taken.append(time.monotonic() - began)
        return min(taken)

    @staticmethod
    def open_jobs(queue: Database) -> int:
        with queue.outside() as session:
            return session.query(Job).filter(Job.done_at.is_(None)).count()

    def test_does_at_once_what_it_is_told_of(
        self, platform: Platform, running: Worker, queue: Database, owner: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Looking now and then alone would take longer.
        monkeypatch.setattr("coverage.worker.LISTENING_POLL_SECONDS", 60.0)
        monkeypatch.setattr("coverage.worker.POLL_SECONDS", 60.0)
        wait_for("the worker to listen", lambda: self.listeners(owner))
        assert self.seconds_until_done(platform, queue) < LISTENING_POLL_SECONDS

    def test_listens_again_when_the_connection_died(
        self, platform: Platform, running: Worker, queue: Database, owner: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (first,) = wait_for("the worker to listen", lambda: self.listeners(owner))
        with owner.engine.connect() as connection:
            connection.exec_driver_sql("SELECT pg_terminate_backend(%s)", (first,))
        wait_for("the worker to listen again", lambda: set(self.listeners(owner)) - {first})
        monkeypatch.setattr("coverage.worker.LISTENING_POLL_SECONDS", 60.0)
        assert self.seconds_until_done(platform, queue) < LISTENING_POLL_SECONDS

    def test_looks_for_jobs_where_listening_is_refused(
        self, platform: Platform, queue: Database, house_with: HouseWith, typesetter: Typesetter, owner: Database,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        def refused(*_: object) -> Iterator[bool]:
            raise Unavailable("nothing_heard", "no")

        monkeypatch.setattr("coverage.storage.outbox.news", refused)
        assert self.listeners_while_draining(platform, queue, house_with(documents=typesetter), owner) == []

    def test_only_looks_for_jobs_behind_a_pooler(
        self, platform: Platform, queue: Database, house_with: HouseWith, typesetter: Typesetter, owner: Database,
    ) -> None:  # fmt: skip
        pooled = replace(queue, behind_pooler=True)
        assert self.listeners_while_draining(platform, pooled, house_with(documents=typesetter), owner) == []

    def listeners_while_draining(self, platform: Platform, queue: Database, house: House, owner: Database) -> list[int]:
        worker = Worker(house, queue, rounds=())
        thread = threading.Thread(target=worker.run)
        thread.start()
        try:
            platform.cover()
            wait_for("the job", lambda: the_job(queue).done_at)
            return self.listeners(owner)
        finally:
            worker.stop()
            thread.join(60)

    def test_goes_on_when_all_its_connections_died(
        self, platform: Platform, running: Worker, queue: Database, owner: Database, typesetter: Typesetter
    ) -> None:
        typesetter.may_go_on.clear()
        platform.cover()
        wait_for("the job to begin", lambda: typesetter.set)
        with owner.engine.connect() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        typesetter.may_go_on.set()
        wait_for("the job", lambda: not self.open_jobs(queue))


HANGING = """
import sys, time
from datetime import timedelta
from pathlib import Path
from coverage.gateways.blobs import FileBlobs
from coverage.gateways.keyring import MasterKeyring
from coverage.operations.house import House
from coverage.storage.tenancy import Database
from coverage.worker import Worker

class Hanging:
    def render(self, template, language, values, enclosed=None):
        print("setting", flush=True)
        time.sleep(600)

url, blobs = sys.argv[1:]
house = House(Database.connect(url), lambda: None, MasterKeyring(bytes(range(32))), Hanging(), FileBlobs(Path(blobs)))
Worker(house, Database.connect(url, "sharecover_worker"), lease=timedelta(seconds=5)).work_once()
"""
