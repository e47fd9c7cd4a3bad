"""How a benchmark is declared and run: its sides answer first, and then take turns against the clock."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import zip_longest
from pathlib import Path
from statistics import median
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
ROUND_SECONDS: Final = 0.3  # a round goes through its work until it has taken about so long
FIRST_DIFFERENCES: Final = 3


@dataclass(frozen=True)
class Side:
    """One way to do the work: `module:function`, which readies it in a process of its own, run by the Python of
    `environment`: ours, or the peers'.
    """

    ready: str
    environment: str = "ours"


@dataclass(frozen=True)
class Contest:
    """A side of ours against a peer. `goal`: ours is to be at least so many times as fast; None is for the record."""

    what: str
    ours: str
    peer: str
    goal: float | None = None


@dataclass(frozen=True)
class Case:
    """A workload and the sides that go through it. `write` lays it down in a folder and says what it is; `sort` says
    of an answer what it is counted under. The first side's answers are the measure of the others'. Times are told
    for `unit`, which is `per` of a side's units. Where nothing is done but `computing` the processor's time counts,
    so that what else runs on the core takes nothing away from a side; else the clock's.
    """

    what: str
    unit: str
    write: Callable[[Path], str]
    sides: Mapping[str, Side]
    sort: Callable[[Any], str]
    contests: tuple[Contest, ...] = ()
    per: int = 1
    computing: bool = False


@dataclass
class Timed:
    """What a side took, a figure for each round: seconds a unit, and the share of the time that it had the core."""

    by: str
    seconds: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)


@dataclass
class Outcome:
    """How a case went: how many answers there were, of which sort, how many weren't the first side's, and the times."""

    case: Case
    workload: str
    sorts: Counter[str] = field(default_factory=Counter)
    different: dict[str, int] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    timed: dict[str, Timed] = field(default_factory=dict)

    @property
    def same(self) -> bool:
        return not any(self.different.values())

    def ratio(self, contest: Contest) -> tuple[float, float, float] | None:
        """How many times as fast ours is: by the medians, and in the rounds where it was least and most so."""
        ours, peer = self.timed.get(contest.ours), self.timed.get(contest.peer)
        if ours is None or peer is None:
            return None
        rounds = [theirs / mine for mine, theirs in zip(ours.seconds, peer.seconds, strict=True)]
        return median(peer.seconds) / median(ours.seconds), min(rounds), max(rounds)

    def met(self, contest: Contest) -> bool | None:
        """Whether the goal is met; None where there is none, or nothing was measured."""
        ratio = self.ratio(contest)
        return None if contest.goal is None or ratio is None else self.same and ratio[0] >= contest.goal


class Worker:
    """A side at work in its process, on one core where the machine lets us choose."""

    def __init__(self, side: Side, python: Path, folder: Path, core: str) -> None:
        self._process = subprocess.Popen(
            [python, "-c", "from benchmarks.work import serve; serve()", side.ready, str(folder), core],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
        )  # fmt: skip
        self._ready = side.ready
        # What it says when it is ready: who it is (`by`, `units`), or what is `missing`.
        self.told = self._heard()

    def answer(self, to: Path) -> None:
        """Writes its answers to a file, one JSON on a line."""
        self._ask(to=str(to))

    def round(self, passes: int) -> tuple[float, float]:
        """Seconds that so many passes took, and the processor's."""
        done = self._ask(passes=passes)
        return done["seconds"], done["cpu"]

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()

    def _ask(self, **what: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        print(json.dumps(what), file=self._process.stdin, flush=True)
        return self._heard()

    def _heard(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._ready} ended with {self._process.wait()}; what it said stands above")
        heard: dict[str, Any] = json.loads(line)
        return heard


def run(case: Case, pythons: Mapping[str, Path], rounds: int) -> Outcome:
    """Runs a case with the Python of each environment: all sides answer, then those that agree take turns."""
    with tempfile.TemporaryDirectory(prefix="bench-") as made, ExitStack() as open_until_done:
        folder = Path(made)
        outcome = Outcome(case, case.write(folder))
        workers: dict[str, Worker] = {}
        for name, side in case.sides.items():
            worker = open_until_done.enter_context(Worker(side, pythons[side.environment], folder, _core()))
            if "missing" in worker.told:
                outcome.missing[name] = worker.told["missing"]
            else:
                workers[name] = worker
                worker.answer(folder / f"{name}.answers")
        compare(outcome, folder, list(workers))
        if case.contests:
            _take_turns(outcome, {n: worker for n, worker in workers.items() if not outcome.different.get(n)}, rounds)
    return outcome


def _core() -> str:
    """The last core that we may run on: the first has the machine's own errands. None is chosen on macOS."""
    return str(max(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else ""


def compare(outcome: Outcome, folder: Path, names: list[str]) -> None:
    """Holds the answers in `NAME.answers` to the first side's, one by one."""
    if not names:
        return
    first, *others = names
    outcome.sorts = Counter(outcome.case.sort(answer) for answer in _answers(folder, first))
    for name in others:
        different = 0
        pairs = zip_longest(_answers(folder, first), _answers(folder, name))
        for number, (expected, got) in enumerate(pairs, start=1):
            if expected != got:
                different += 1
                if different <= FIRST_DIFFERENCES:
                    outcome.differences.append(f"{name}, answer {number}: {got}; {first} says {expected}")
        outcome.different[name] = different


def _answers(folder: Path, name: str) -> Iterator[Any]:
    with (folder / f"{name}.answers").open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _take_turns(outcome: Outcome, workers: Mapping[str, Worker], rounds: int) -> None:
    passes = {}
    for name, worker in workers.items():
        worker.round(1)  # what is done for the first time is done
        seconds, _ = worker.round(1)
        passes[name] = max(1, round(ROUND_SECONDS / seconds))
        outcome.timed[name] = Timed(worker.told["by"])
    for number in range(rounds):
        # There and back, so that a machine that slows down slows all alike.
        for name in list(workers) if number % 2 == 0 else reversed(list(workers)):
            seconds, cpu = workers[name].round(passes[name])
            units = passes[name] * workers[name].told["units"] / outcome.case.per
            outcome.timed[name].seconds.append((cpu if outcome.case.computing else seconds) / units)
            outcome.timed[name].shares.append(cpu / seconds)
