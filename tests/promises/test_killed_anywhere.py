"""Promise 1: killed at any boundary of a bind, a cancellation, a claim or a job, nothing is lost, doubled or half done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from coverage.domain.chain import Fault
from coverage.gateways.anchors import FileAnchors
from coverage.operations.verifying import verify_events
from coverage.storage.tenancy import Database
from tests.builders import Platform, a_bind, a_claim, soon
from tests.processes import wait_for
from tests.promises.books import counted, examined, more, waiting
from tests.promises.nursery import ANCHOR, Ended, Nursery, nursery
from tests.promises.trial import Trial, promise

TIMES_EACH = 5  # at full size
WORKED_OFF_SECONDS = 60
PROVOKED = ("killed inside", "killed once kept", "repeated")
WORKED = "finished by the worker"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("born")


@pytest.fixture(scope="module")
def born(database_url: str, folder: Path) -> Iterator[Nursery]:
    with nursery(database_url, folder) as found:
        yield found


@pytest.fixture(autouse=True)
def _nothing_else_to_do(owner: Database) -> None:
    """Other tests left jobs; ours are to be the only ones."""
    with owner.engine.begin() as connection:
        connection.execute(text("DELETE FROM outbox"))


@dataclass(frozen=True, slots=True)
class Doing:
    """Something to be done once: where it is posted and what is said, or which of a worker's chores it is."""

    path: str | None
    body: Any = None
    chore: str = "jobs"


def binding(platform: Platform) -> Doing:
    return Doing("/v1/covers", a_bind(platform.quote()))


def cancelling(platform: Platform) -> Doing:
    return Doing(f"/v1/covers/{platform.cover()['id']}/cancel", {"preview": False})


def claiming(platform: Platform) -> Doing:
    return Doing("/v1/claims", a_claim(platform.cover(), loss_at=soon(seconds=-60)))


def certifying(platform: Platform) -> Doing:
    platform.cover()
    return Doing(None)


def falling_due(platform: Platform) -> Doing:
    """A cover ends, and the price of a start at issue has floated for long enough, when the clock is moved."""
    now = datetime.fromisoformat(platform.get("/v1/test_clock").json()["now"])
    at_issue = {"start": "at_issue", "end": None, "duration": "PT1H"}
    platform.cover(platform.quote(**at_issue))
    platform.quote(**at_issue)
    platform.advance((now + timedelta(hours=2)).isoformat())
    return Doing(None, chore="due")


def sealing(platform: Platform) -> Doing:
    platform.quote()
    return Doing(None, chore="seal")


@dataclass(slots=True)
class Killing:
    """An operation that is killed, repeated and looked at. `made` and `worked` are the rows that it leaves undisturbed:
    itself, and once a worker has done what it caused.
    """

    make: Callable[[Platform], Doing]
    platform: Platform
    owner: Database
    born: Nursery
    trial: Trial
    boundaries: list[str]
    made: dict[str, int]
    worked: dict[str, int]
    ahead: list[Doing] = field(default_factory=list)
    number: int = 0

    @classmethod
    def of(
        cls, make: Callable[[Platform], Doing], platform: Platform, owner: Database, born: Nursery, trial: Trial
    ) -> Killing:
        """Counts the boundaries by a run that nobody disturbs."""
        killing = cls(make, platform, owner, born, trial, [], {}, {})
        for chore in ("due", "seal"):
            assert born.work(chore).status == 200  # what other tests have left
        killing.ahead = [make(platform)]
        if killing.ahead[0].path is not None:
            # What it stands on has caused jobs too, which are done beforehand.
            killing.ahead += [make(platform) for _ in range(trial.size)]
            wait_for("the worker", killing._all_worked_off, seconds=WORKED_OFF_SECONDS * 10)
        doing, before = killing._ready()
        ended = killing._do(doing)
        assert ended.status < 300, ended.answer
        killing.boundaries, killing.made = ended.crossed, killing._more(before)
        assert born.work(doing.chore).status == 200
        killing.worked = killing._more(before)
        assert killing.made
        return killing

    def kill_all(self) -> None:
        """Kills at each boundary in turn; at a small size at some, among them the two around the commit that counts."""
        everywhere = list(range(len(self.boundaries)))
        commit = max(number for number in everywhere if self.boundaries[number] == "before COMMIT")
        if self.trial.size < self.trial.promise.full:
            self.trial.random.shuffle(everywhere)
            everywhere = [commit + 1, commit, *everywhere]
        else:
            assert self.trial.size >= TIMES_EACH * len(everywhere), f"{len(everywhere)} boundaries: raise `full`"
        for number in self.trial.each():
            self._kill(everywhere[number % len(everywhere)])
        found = examined(self.owner, self.platform.tenant)
        assert found.wrong == []
        self.trial.met("boundaries", len(self.boundaries))

    def _kill(self, boundary: int) -> None:
        where = f"killed {self.boundaries[boundary]} ({boundary} of {len(self.boundaries)})"
        doing, before = self._ready()
        ended = self._do(doing, killed_at=boundary)
        assert ended.killed, f"{where}: it lived on, {ended}"
        left = self._more(before)
        assert left in ({}, self.made), f"{where}: half done, {left} of {self.made}"
        if doing.path is not None:
            self._repeat(doing, where)
            assert self._more(before) == self.made, where
        self.trial.met("killed once kept" if left == self.made != {} else "killed inside")
        if doing.path is not None and self.worked == self.made:
            return  # it causes no job
        if doing.chore == "jobs":
            wait_for(f"the worker; {where}", self._all_worked_off, WORKED_OFF_SECONDS)
        else:
            self.born.work(doing.chore)
        assert self._more(before) == self.worked, where
        self.trial.met(WORKED)

    def _repeat(self, doing: Doing, where: str) -> None:
        """The same request with the same key, to a fresh process."""

        def answered() -> Ended | None:
            ended = self._do(doing)
            # The server may still be about to notice that the first one's process is gone.
            return ended if ended.status != 409 or ended.answer["code"] != "idempotency_key_in_use" else None

        ended = wait_for(f"an answer; {where}", answered)
        assert ended is not None
        assert ended.status < 300, f"{where}: {ended.answer}"
        self.trial.met("repeated")

    def _ready(self) -> tuple[Doing, Counter[str]]:
        doing = self.ahead.pop() if self.ahead else self.make(self.platform)
        self.number += 1
        return doing, counted(self.owner, self.platform.tenant)

    def _do(self, doing: Doing, killed_at: int | None = None) -> Ended:
        if doing.path is None:
            return self.born.work(doing.chore, killed_at=killed_at)
        headers = {
            "Authorization": f"Bearer {self.platform.key}",
            "Idempotency-Key": f"{self.make.__name__}-{self.number}",
        }
        return self.born.ask(doing.path, doing.body, headers, killed_at=killed_at)

    def _more(self, before: Counter[str]) -> dict[str, int]:
        return more(before, counted(self.owner, self.platform.tenant))

    def _all_worked_off(self) -> bool:
        self.born.work("jobs")
        return waiting(self.owner, self.platform.tenant) == 0


class TestKilledAtEveryBoundary:
    @promise(
        1, "a bind that is killed anywhere and repeated makes one cover, charged once",
        unit="kills", small=4, full=500, provokes=(*PROVOKED, WORKED),
    )  # fmt: skip
    def test_a_bind_makes_one_cover(self, platform: Platform, owner: Database, born: Nursery, trial: Trial) -> None:
        Killing.of(binding, platform, owner, born, trial).kill_all()

    @promise(
        1, "a cancellation that is killed anywhere and repeated gives back once",
        unit="kills", small=3, full=350, provokes=(*PROVOKED, WORKED),
    )  # fmt: skip
    def test_a_cancellation_gives_back_once(
        self, platform: Platform, owner: Database, born: Nursery, trial: Trial
    ) -> None:
        Killing.of(cancelling, platform, owner, born, trial).kill_all()

    @promise(
        1, "a claim that is killed anywhere and repeated is declared once",
        unit="kills", small=3, full=200, provokes=PROVOKED,
    )  # fmt: skip
    def test_a_claim_is_declared_once(self, platform: Platform, owner: Database, born: Nursery, trial: Trial) -> None:
        Killing.of(claiming, platform, owner, born, trial).kill_all()

    @promise(
        1, "a worker that is killed anywhere in a job leaves it to the next, who ends it",
        unit="kills", small=3, full=450, provokes=("killed inside", WORKED),
    )  # fmt: skip
    def test_a_job_is_ended_by_the_next_worker(
        self, platform: Platform, owner: Database, born: Nursery, trial: Trial
    ) -> None:
        Killing.of(certifying, platform, owner, born, trial).kill_all()

    @promise(
        1, "what is due is fired once and in whole, wherever the worker that fires it is killed",
        unit="kills", small=3, full=180, provokes=("killed inside", "killed once kept", WORKED),
    )  # fmt: skip
    def test_what_is_due_is_fired_once(self, platform: Platform, owner: Database, born: Nursery, trial: Trial) -> None:
        Killing.of(falling_due, platform, owner, born, trial).kill_all()

    @promise(
        1, "every fact is sealed once and anchored, wherever the worker that seals is killed",
        unit="kills", small=3, full=120, provokes=("killed inside", "killed once kept", WORKED),
    )  # fmt: skip
    def test_every_fact_is_sealed_once(
        self, platform: Platform, owner: Database, born: Nursery, folder: Path, trial: Trial, database_url: str
    ) -> None:
        Killing.of(sealing, platform, owner, born, trial).kill_all()
        queue = Database.connect(database_url, "sharecover_worker", pool_size=1)
        faults: list[Fault] = []
        verdict = verify_events(queue.outside, FileAnchors(folder / ANCHOR).read(), faults.append, lambda *_: None)
        queue.close()
        assert faults == []
        assert (verdict.anchored, verdict.waiting) == (verdict.head, 0)
        assert verdict.verified >= trial.size
