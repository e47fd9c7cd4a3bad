"""Earned and unearned premium: pro rata temporis, by the elapsed time of a section's window, in whole minor units.

What is earned to date is rounded, never what is earned in a while: so the parts add up to the whole, to the last cent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from coverage.domain.premium import half_up


@dataclass(frozen=True, slots=True)
class Step:
    """What one transaction does to a section's premium.

    `amount` is what it adds, in minor units, negative for what goes back. `window` is when the section covers from then
    on; None leaves it as it was, and with `ends` the section covers nothing any more.
    """

    booked_at: datetime
    effective_at: datetime
    amount: int
    window: tuple[datetime, datetime] | None
    ends: bool = False

    @property
    def taken_at(self) -> datetime:
        """From when on it changes what is earned. What is effective later changes nothing before: the window says so."""
        return min(self.booked_at, self.effective_at)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """From `since` on, what hadn't been earned by then of `total` is earned evenly until `until`."""

    since: datetime
    until: datetime
    earned_before: int
    total: int

    def earned(self, at: datetime) -> int:
        rest = self.total - self.earned_before
        # More went back than was unearned: that isn't earned bit by bit.
        if at >= self.until or rest < 0:
            return self.total
        part = Fraction((at - self.since) // _TICK, (self.until - self.since) // _TICK)
        return self.earned_before + half_up(rest * part)


_TICK = datetime.resolution


def written(steps: Iterable[Step], at: datetime) -> int:
    """The premium that was booked before an instant."""
    return sum(step.amount for step in steps if step.booked_at < at)


def earned(steps: Sequence[Step], at: datetime) -> int:
    """What of it is earned at an instant. `steps` are a section's, the first first.

    The first premium is earned over the section's window. A change spreads what wasn't earned yet, with what it adds,
    over the window as it is then, from where the change takes hold; an end makes all that was kept earned at once.
    Between two bookings it never falls; it is 0 before the window, and all that was written at its end.
    """
    stretches: list[_Stretch] = []
    total = 0
    for step in steps:
        if step.booked_at >= at:
            continue
        total += step.amount
        since, until = _reach(step, stretches[-1] if stretches else None)
        stretches.append(_Stretch(since, until, _earned(stretches, since), total))
    return _earned(stretches, at)


def unearned(steps: Sequence[Step], at: datetime) -> int:
    """The unearned premium reserve: what is written and isn't earned yet."""
    return written(steps, at) - earned(steps, at)


def _reach(step: Step, before: _Stretch | None) -> tuple[datetime, datetime]:
    if step.ends:
        return step.taken_at, step.taken_at
    if before is None:
        if step.window is None:
            raise ValueError("a section's first transaction says when it covers")
        return step.window
    start, end = step.window or (before.since, before.until)
    since = max(start, step.taken_at)
    return since, max(since, end)


def _earned(stretches: Sequence[_Stretch], at: datetime) -> int:
    """By the last that has begun. What was changed before its start earns nothing until then."""
    return next((one.earned(at) for one in reversed(stretches) if one.since <= at), 0)
