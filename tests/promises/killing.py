"""Something that is done once, killed at each of its boundaries, repeated, and looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from coverage.gateways.stripe_stand_in import StripeStandIn
from coverage.storage.tenancy import Database
from tests.builders import Platform
from tests.processes import wait_for
from tests.promises.books import counted, examined, more, waiting
from tests.promises.nursery import Ended, Nursery
from tests.promises.trial import Trial

TIMES_EACH = 2  # at full size
WORKED_OFF_SECONDS = 60
PROVOKED = ("killed inside", "killed once kept", "repeated")
WORKED = "finished by the worker"
JOBS: Final = ("jobs", "job")
AT_THE_PROCESSOR: Final = "processor: "


@dataclass(frozen=True, slots=True)
class Doing:
    """Something to be done once: where it is posted and what is said, or which of a worker's chores it is.

    `signed` makes the signature of a card processor's event, which is `body`. `then` is what is done for it when its turn
    has come, and makes what is really done: for what can't wait.
    """

    path: str | None
    body: Any = None
    chore: str = "jobs"
    signed: Callable[[], str] | None = None
    then: Callable[[], Doing] | None = None


@dataclass(slots=True)
class Killing:
    """An operation that is killed, repeated and looked at. `made` and `worked` are the rows that it leaves undisturbed:
    itself, and once a worker has done what it caused. What a card processor then holds of the partner counts as rows.
    """

    make: Callable[[Platform], Doing]
    platform: Platform
    owner: Database
    born: Nursery
    trial: Trial
    processor: StripeStandIn | None = None
    boundaries: list[str] = field(default_factory=list)
    made: dict[str, int] = field(default_factory=dict)
    worked: dict[str, int] = field(default_factory=dict)
    ahead: list[Doing] = field(default_factory=list)
    number: int = 0

    @classmethod
    def of(
        cls, make: Callable[[Platform], Doing], platform: Platform, owner: Database, born: Nursery, trial: Trial,
        processor: StripeStandIn | None = None,
    ) -> Killing:  # fmt: skip
        """Counts the boundaries by a run that nobody disturbs."""
        killing = cls(make, platform, owner, born, trial, processor)
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
        if doing.chore in JOBS:
            wait_for("the worker", killing._all_worked_off, WORKED_OFF_SECONDS)
        killing.worked = killing._more(before)
        assert killing.worked
        return killing

    def kill_all(self) -> None:
        """Kills at each boundary in turn; at a small size at some, among them the two around the commit that counts."""
        everywhere = list(range(len(self.boundaries)))
        commit = max(number for number in everywhere if self.boundaries[number] == "before COMMIT")
        if self.trial.size < self.trial.promise.full:
            self.trial.random.shuffle(everywhere)
            called = [number for number, name in enumerate(self.boundaries) if "StripePayments" in name]
            everywhere = [commit + 1, commit, *called, *everywhere]
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
        self._check_whole(left, where)
        if doing.path is not None:
            self._repeat(doing, where)
            assert self._more(before) == self.made, where
        self.trial.met("killed once kept" if left == self.made != {} else "killed inside")
        if doing.path is not None and self.worked == self.made:
            return  # it causes no job
        if doing.chore in JOBS:
            wait_for(f"the worker; {where}", self._all_worked_off, WORKED_OFF_SECONDS)
        else:
            self.born.work(doing.chore)
        assert self._more(before) == self.worked, where
        self.trial.met(WORKED)

    def _check_whole(self, left: dict[str, int], where: str) -> None:
        """All of it is here or nothing. At the processor it may have come before, and never after, nor more than once."""
        here, there = _apart(left)
        all_here, all_there = _apart(self.made)
        assert here in ({}, all_here), f"{where}: half done, {left} of {self.made}"
        assert there in ({}, all_there), f"{where}: done more than once, {left} of {self.made}"
        if all_here and here:
            assert there == all_there, f"{where}: noted and not done, {left} of {self.made}"

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
        if doing.then is not None:
            doing = doing.then()
        self.number += 1
        return doing, self._counted()

    def _do(self, doing: Doing, killed_at: int | None = None) -> Ended:
        if doing.path is None:
            return self.born.work(doing.chore, killed_at=killed_at)
        if doing.signed is not None:
            headers = {"Content-Type": "application/json", "Stripe-Signature": doing.signed()}
            return self.born.tell(doing.path, doing.body, headers, killed_at=killed_at)
        headers = {
            "Authorization": f"Bearer {self.platform.key}",
            "Idempotency-Key": f"{self.make.__name__}-{self.number}",
        }
        return self.born.ask(doing.path, doing.body, headers, killed_at=killed_at)

    def _counted(self) -> Counter[str]:
        found = counted(self.owner, self.platform.tenant)
        if self.processor is not None:
            with self.processor.account() as account:
                for kind in ("payment_intent", "charge", "refund"):
                    ours = [
                        one for one in account.all_of(kind)
                        if one["metadata"].get("tenant") == self.platform.tenant.id
                    ]  # fmt: skip
                    found[f"{AT_THE_PROCESSOR}{kind}"] = len(ours)
        return found

    def _more(self, before: Counter[str]) -> dict[str, int]:
        return more(before, self._counted())

    def _all_worked_off(self) -> bool:
        self.born.work("jobs")
        return waiting(self.owner, self.platform.tenant) == 0


def _apart(counts: dict[str, int]) -> tuple[dict[str, int], dict[str, int]]:
    """What is here, and what is at the processor."""
    there = {name: count for name, count in counts.items() if name.startswith(AT_THE_PROCESSOR)}
    return {name: count for name, count in counts.items() if name not in there}, there
