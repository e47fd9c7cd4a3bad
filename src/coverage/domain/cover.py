"""A cover's life. What is stored moves rarely; whether it is on risk follows from the clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from coverage.domain.faults import Conflict
from coverage.domain.period import Period

State = Literal["awaiting_payment", "issued", "cancelled", "lapsed", "not_taken_up", "payment_disputed"]
Phase = Literal[
    "scheduled", "on_risk", "ended", "awaiting_payment", "cancelled", "lapsed", "not_taken_up", "payment_disputed"
]

Turning = Literal["started", "ended", "payment_overdue"]

# The states in which a cover holds its object, so that no second one may.
HOLDING: Final = ("awaiting_payment", "issued", "payment_disputed")


def phase(state: str, period: Period, now: datetime) -> str:
    """What a cover is at `now`: its stored state, or where the clock stands in the window of an issued one."""
    if state != "issued":
        return state
    if now < period.start:
        return "scheduled"
    return "on_risk" if now < period.end else "ended"


@dataclass(frozen=True, slots=True)
class Turn:
    """What becomes of a cover by the clock alone: the kind of change, its state then, and when it changes again."""

    kind: Turning
    state: str
    next_at: datetime | None


def turn_at(state: str, period: Period, at: datetime, waits_until: datetime | None = None) -> Turn:
    """The change that is due at `at`, where a change of the cover's may wait `waits_until` then to be paid by card.

    Raises AssertionError for a cover that no clock changes.
    """
    if state == "awaiting_payment":
        # Whether it was paid in time is for the processor to say.
        return Turn("payment_overdue", state, None)
    if state not in ("issued", "payment_disputed"):
        raise AssertionError(f"no clock changes a cover that is {state}")
    if waits_until == at and at not in (period.start, period.end):
        return Turn("payment_overdue", state, next_turn(period, at))
    if at >= period.end:
        return Turn("ended", state, None)
    between = waits_until is not None and at < waits_until < period.end
    return Turn("started", state, waits_until if between else period.end)


def next_turn(period: Period, at: datetime) -> datetime:
    """When the clock next changes a cover in force, seen from an instant at which it begins or ends not."""
    return period.start if at < period.start else period.end


def check_in_force(state: str, period: Period, now: datetime) -> None:
    """Raises `Conflict` unless the cover is issued and isn't over, so that there is something to change or cancel."""
    if state == "cancelled":
        raise Conflict("cover_cancelled", "the cover is cancelled already")
    if state == "payment_disputed":
        raise Conflict("payment_disputed", "the cover's payment is disputed; nothing changes until that is decided")
    if state != "issued":
        raise Conflict("cover_not_issued", f"the cover is {state.replace('_', ' ')}, so there is nothing to change")
    if now >= period.end:
        raise Conflict("cover_ended", "the cover is over; nothing of it can be changed")


@dataclass(frozen=True, slots=True)
class SectionTerms:
    """The frozen terms of a section in one transaction; a claim reads them as of the loss.

    `limits` and `sublimits` are minor units by name (None is unlimited); `deductible` is as the edition wrote it,
    resolved for this risk, in minor units. `exclusions` are codes; their words stand with the product's texts.
    """

    section: str
    period: Period
    layer: str
    per: str
    limits: dict[str, int | None]
    sublimits: dict[str, int | None]
    deductible: dict[str, Any] | None
    average: str
    net: int
    exclusions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """An amount that is at risk over a window, counted against an accumulation's cap."""

    period: Period
    amount: int


def peak(held: Iterable[Held], within: Period) -> int:
    """The most that is at risk at any one instant of `within`. Windows that only touch don't add up."""
    changes: list[tuple[datetime, int]] = []
    for item in held:
        start, end = max(item.period.start, within.start), min(item.period.end, within.end)
        if start < end:
            changes += [(start, item.amount), (end, -item.amount)]
    highest = running = 0
    # At one instant what ends comes off before what starts is added.
    for _, change in sorted(changes):
        running += change
        highest = max(highest, running)
    return highest
