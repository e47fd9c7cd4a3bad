"""Promise 7: whoever is killed, no job and no event is lost, and what was done twice shows once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from coverage.domain.chain import Fault
from coverage.gateways.anchors import FileAnchors
from coverage.operations.house import House
from coverage.operations.invoicing import close_all_due
from coverage.operations.verifying import verify_events
from coverage.storage.outbox import FactKept, Job
from coverage.storage.tenancy import Database
from coverage.web.app import create_app
from tests.builders import Platform, a_risk, enrol_platform, soon
from tests.processes import wait_for
from tests.promises.doomed_workers import a_nursery, house_on, name_of
from tests.promises.trial import Trial, promise

AT_ONCE = 3
# So many more are killed, at the most, to meet one that had a job in hand.
MOST_MORE = 40


@pytest.fixture
def queue(fresh_database_url: str) -> Iterator[Database]:
    with closing(Database.connect(fresh_database_url, "sharecover_worker", pool_size=2)) as database:
        yield database


@pytest.fixture
def there(house: House, fresh_database_url: str, tmp_path: Path) -> Iterator[House]:
    """The house whose documents the doomed workers set."""
    house_there = replace(house_on(fresh_database_url, tmp_path), rules=house.rules)
    with closing(house_there.database):
        yield house_there


@pytest.fixture
def seller(there: House, fresh_database_url: str) -> Iterator[Platform]:
    """A partner on a service of that house."""
    with (
        closing(Database.connect(fresh_database_url, pool_size=2)) as owner,
        TestClient(create_app(there), raise_server_exceptions=False) as client,
    ):
        yield enrol_platform(owner, there, client)


class Selling:
    """Sells covers for the end of the month, and moves the clock towards it."""

    def __init__(self, seller: Platform, trial: Trial) -> None:
        self.seller, self.random = seller, trial.random
        self.covers: list[str] = []
        self.unbound: list[str] = []
        self._hours = 0

    def go_on(self) -> None:
        """A cover or two; now and then a quote that nobody binds, or some hours that pass."""
        for _ in range(self.random.randint(1, 2)):
            self.covers.append(self.seller.cover(self._quote())["id"])
        if self.random.random() < 0.3:
            self.unbound.append(str(self._quote()["id"]))
        if self.random.random() < 0.2 and self._hours < 24 * 14:
            self._hours += 9
            self.seller.advance(soon(hours=self._hours))

    def _quote(self) -> dict[str, object]:
        # No motor vehicle: its cover causes one job, the certificate's.
        return self.seller.quote(
            risk=a_risk(vehicle_class="cargo_bike"), start=soon(days=20), end=soon(days=20, hours=12)
        )


class TestWorkersKilled:
    @promise(
        7, "workers killed while they work lose no job and no event, and what is done twice shows once",
        unit="kills", small=5, full=250, provokes=("with a job in hand", "done again"),
    )  # fmt: skip
    def test_lose_nothing(
        self,
        trial: Trial,
        there: House,
        seller: Platform,
        queue: Database,
        fresh_database_url: str,
        tmp_path: Path,
    ) -> None:
        selling = Selling(seller, trial)
        with a_nursery(fresh_database_url, tmp_path) as nursery:
            workers = [nursery.worker() for _ in range(AT_ONCE)]

            def kill_one() -> None:
                selling.go_on()
                doomed = workers.pop(trial.random.randrange(AT_ONCE))
                self._await_a_job(queue, doomed)
                time.sleep(trial.random.uniform(0, 0.03))
                nursery.kill(doomed)
                trial.met("with a job in hand", bool(self._held_by(queue, doomed)))
                workers.append(nursery.worker())

            for _ in trial.each():
                kill_one()
            # Few kills may all come at other moments, on a machine that is busy.
            more = MOST_MORE
            while more and not trial.counts["with a job in hand"]:
                kill_one()
                more -= 1
            seller.advance(soon(days=30))
            # The workers look every ten seconds for a month that is over, so what they do would have no end to wait for.
            while close_all_due(there, queue):
                pass
            self._await_the_end(seller, queue)
        with queue.outside() as session:
            trial.met("done again", sum(job.attempts > 1 for job in session.query(Job)))
        self._check(selling, queue, tmp_path)

    @staticmethod
    def _held_by(queue: Database, worker: int) -> int:
        with queue.outside() as session:
            return session.query(Job).filter(Job.taken_by == name_of(worker), Job.done_at.is_(None)).count()

    def _await_a_job(self, queue: Database, worker: int) -> None:
        """Waits for the worker to have one in hand, but not for long: the others take them too."""
        deadline = time.monotonic() + 0.5
        while not self._held_by(queue, worker) and time.monotonic() < deadline:
            time.sleep(0.002)

    @staticmethod
    def _await_the_end(seller: Platform, queue: Database) -> None:
        """Waits until those who live have done all that there is to do.

        Causes are looked at before what they cause: what falls due makes jobs and facts, a job makes facts.
        """

        def left() -> dict[str, int]:
            due = seller.get("/v1/test_clock").json()["status"] != "ready"
            with queue.outside() as session:
                jobs = session.query(Job).filter(Job.done_at.is_(None)).count()
                facts = session.execute(text("SELECT count(*) FROM unsealed")).scalar_one()
            return {"due": due, "jobs": jobs, "facts to seal": facts}

        wait_for(lambda: f"the end of {left()}", lambda: not any(left().values()))

    def _check(self, selling: Selling, queue: Database, folder: Path) -> None:
        seller = selling.seller
        with queue.outside() as session:
            jobs = session.query(Job).all()
        unfinished = [(job.kind, job.attempts) for job in jobs if job.done_at is None or job.set_aside_at is not None]
        assert unfinished == []
        # A month was over, as a rule: then there is an invoice to send, too.
        rendered = Counter(job.subject for job in jobs if job.kind == "render_certificate")
        assert rendered == Counter(selling.covers), "a job for each cover"
        with queue.transaction(seller.tenant) as session:
            kept = Counter(tuple(row) for row in session.execute(text("SELECT kind, cover_id FROM documents")))
            for kind in ("certificate", "terms", "ipid"):
                of_kind = {cover: count for (one, cover), count in kept.items() if one == kind}
                assert of_kind == Counter(selling.covers), f"one {kind} for each cover"
            told = Counter((fact.kind, fact.subject) for fact in session.query(FactKept))
        quotes = Counter(kind for kind, _ in told)["quote.created"]
        assert quotes == len(selling.covers) + len(selling.unbound)
        for kind, subjects in {
            "cover.issued": selling.covers,
            "cover.started": selling.covers,
            "cover.ended": selling.covers,
            "quote.expired": selling.unbound,
        }.items():
            assert {subject: told[kind, subject] for subject in subjects} == dict.fromkeys(subjects, 1), kind
        invoiced = {one for one in told if one[0] == "invoice.issued"}
        assert all(told[one] == 1 for one in invoiced)
        assert sum(told.values()) == quotes + 3 * len(selling.covers) + len(selling.unbound) + len(invoiced)
        faults: list[Fault] = []
        anchors = FileAnchors(folder / "events.anchor").read
        verdict = verify_events(queue.outside, anchors, faults.append, lambda *_: None)
        assert (faults, verdict.verified) == ([], sum(told.values()))
        for cover in selling.covers[:: max(1, len(selling.covers) // 20)]:
            certificates = {seller.get(f"/v1/covers/{cover}/certificate").content for _ in range(2)}
            assert len(certificates) == 1
