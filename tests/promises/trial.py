"""What a promise's test is given: how much to try, by which seed, and where to note what was met.

A promise is a test like any other. `./dev test` tries it at a small size; `./dev promises` at its full one, and writes
what was found to docs/promises.md. A trial that never met the fault that the promise is about fails too.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import pytest

SEED: Final = 20261121
PROGRESS_SECONDS: Final = 5.0

Test = TypeVar("Test", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Promise:
    """What is promised, in words; how much of it is tried; and which faults a trial has to have met."""

    number: int
    words: str
    unit: str  # what is counted as one
    small: int
    full: int
    provokes: tuple[str, ...] = ()
    alone: bool = False  # whether at full size nothing else may run beside it


def promise(
    number: int, words: str, *, unit: str, small: int, full: int, provokes: tuple[str, ...] = (), alone: bool = False
) -> Callable[[Test], Test]:
    """Marks a test as one that tries a promise; it takes `trial`.

    `words` say what is promised, in the present tense; `unit` what is counted, in the plural ("binds"); `provokes` names
    what must be counted at least once with `trial.met`. `alone` is for what measures how long the service takes.
    """
    return pytest.mark.promise(Promise(number, words, unit, small, full, provokes, alone))


Turn = Literal["together", "alone"]


def to_try(promises: Iterable[tuple[str, Promise]], held: Collection[str], turn: Turn | None) -> list[str]:
    """Which tests to run at full size, in the promises' order: those of a turn, or of both, that aren't known to hold."""
    chosen = [
        (promise.number, test)
        for test, promise in promises
        if test not in held and (turn is None or promise.alone == (turn == "alone"))
    ]
    return [test for _, test in sorted(chosen, key=lambda one: one[0])]


@dataclass(slots=True)
class Trial:
    """One trial of a promise. `size` is how much to try."""

    promise: Promise
    size: int
    seed: int = SEED
    counts: Counter[str] = field(default_factory=Counter)
    tried: int = 0
    random: random.Random = field(init=False)
    _told_at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def met(self, what: str, times: int = 1) -> None:
        """Notes that something was met, such as "killed" or "replayed"."""
        self.counts[what] += times

    def each(self) -> Iterator[int]:
        """0 to `size` - 1, telling how far it is."""
        for number in range(self.tried, self.size):
            yield number
            self.done()

    def done(self, several: int = 1) -> None:
        """Notes that so many more were tried, and says so now and then."""
        self.tried += several
        if time.monotonic() - self._told_at > PROGRESS_SECONDS and sys.stderr.isatty():
            self._told_at = time.monotonic()
            sys.stderr.write(f"\r  {self.promise.number}: {self.tried:,} of {self.size:,} {self.promise.unit}   ")
            sys.stderr.flush()

    @property
    def unmet(self) -> list[str]:
        """What should have been met and wasn't."""
        return [what for what in self.promise.provokes if not self.counts[what]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a trial came to."""

    test: str
    number: int
    words: str
    tried: str
    found: str
    verdict: str
    seconds: int
    seed: int
    commit: str

    @classmethod
    def of(cls, test: str, trial: Trial, seconds: float, verdict: str, commit: str) -> Outcome:
        found = ", ".join(f"{what} {count:,}" for what, count in sorted(trial.counts.items())) or "–"
        tried = f"{trial.tried:,} {trial.promise.unit}"
        return cls(
            test, trial.promise.number, trial.promise.words, tried, found, verdict, round(seconds), trial.seed, commit
        )

    @property
    def line(self) -> str:
        """The outcome in a line, for who waits."""
        return f"{self.number}. {self.words}: {self.tried} in {self.seconds} s ({self.found}): {self.verdict}"

    def keep(self, folder: Path) -> None:
        """Leaves the outcome in a file of its own, so that what was tried once needn't be tried again."""
        folder.mkdir(parents=True, exist_ok=True)
        name = self.test.replace("/", ".").replace("::", "-")
        (folder / f"{name}.json").write_text(json.dumps(asdict(self), indent=2) + "\n")


def kept(folder: Path) -> list[Outcome]:
    """The outcomes in a folder, by number and then by test."""
    found = [Outcome(**json.loads(path.read_text())) for path in folder.glob("*.json")]
    return sorted(found, key=lambda outcome: (outcome.number, outcome.test))
