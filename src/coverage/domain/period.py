"""A cover's time: instants in UTC, `[start, end)`, read in a product's own time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

HOUR: Final = 3600
DAY: Final = 86_400
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` until just before `end`, in elapsed time: clock changes make it neither longer nor shorter."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is not UTC or self.end.tzinfo is not UTC:
            raise ValueError("a period is told in UTC")
        if self.end <= self.start:
            raise ValueError("a period ends after it starts")

    @property
    def seconds(self) -> int:
        """The elapsed seconds, a started one counted whole."""
        return -(-(self.end - self.start) // timedelta(seconds=1))

    def contains(self, instant: datetime) -> bool:
        return self.start <= instant < self.end


def charged(seconds: int, unit: int, grace: int) -> int:
    """How many started units (in seconds: 3600 for hours) a term of `seconds` costs, `grace` seconds being free."""
    return max(-(-(seconds - grace) // unit), 1)


def term_facts(period: Period, asked_at: datetime, timezone: str, grace: int, day: str = "24h") -> dict[str, int]:
    """What every risk has: its charged hours and days, when it starts there, and how far ahead it was asked for.

    A `day` is "24h" from the start, or "calendar": then each local day counts that the term touches before its grace,
    and the facts also tell how many charged hours begin on the first day and on the last (0 where it touches one day),
    never more than 24.
    """
    zone = ZoneInfo(timezone)
    local = period.start.astimezone(zone)
    hours = charged(period.seconds, HOUR, grace)
    facts = {
        "term_hours": hours,
        "term_days": charged(period.seconds, DAY, grace),
        "start_hour": local.hour,
        "start_weekday": local.isoweekday(),
        "lead_hours": max((period.start - asked_at) // timedelta(hours=1), 0),
    }
    return facts if day == "24h" else facts | _calendar_days(period, local.date(), zone, grace, hours)


def _calendar_days(period: Period, first: date, zone: ZoneInfo, grace: int, hours: int) -> dict[str, int]:
    # The last instant that is charged, the grace before the term's end.
    ends = period.end - timedelta(seconds=grace, microseconds=1)
    last = max(ends, period.start).astimezone(zone).date()
    if last == first:
        return {"term_days": 1, "first_day_hours": min(hours, 24), "last_day_hours": 0}
    before_second = _hours_until(period.start, day_begins(first + timedelta(days=1), zone))
    before_last = _hours_until(period.start, day_begins(last, zone))
    return {
        "term_days": (last - first).days + 1,
        "first_day_hours": min(before_second, 24),
        "last_day_hours": min(hours - before_last, 24),
    }


def day_begins(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a local day, in UTC: its midnight, or the change of clocks that leaves midnight out."""
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def _hours_until(start: datetime, instant: datetime) -> int:
    """How many of the hours that follow each other from `start` on begin before `instant`."""
    return -(-(instant - start) // timedelta(hours=1))


def begun_hours(start: datetime, count: int, timezone: str) -> list[tuple[int, int]]:
    """What the local clock shows as each of `count` hours on end begins, in runs that no change of clocks parts.

    A run is how many hours begin in it, and what the clock shows as the first does, in seconds since it showed
    1970-01-01T00:00; the others follow by 3,600.
    """
    began = _epoch_seconds(start)
    last = began + (count - 1) * HOUR
    years = range(start.year, (start + timedelta(hours=count)).year + 1)
    known = [shift for year in years for shift in _shifts(timezone, year)]
    runs, first = [], 0
    for (_, shift), (changes_at, _) in pairwise([*known, (last + 1, 0)]):
        after = min(-(-(changes_at - began) // HOUR), count)
        if after > first:
            runs.append((after - first, began + first * HOUR + shift))
            first = after
    return runs


@lru_cache(maxsize=1024)
def _shifts(timezone: str, year: int) -> tuple[tuple[int, int], ...]:
    """From when on in a year (UTC) the local clock is how much ahead of UTC, both in seconds. The clock is looked at
    once a day: no zone changes it more often.
    """
    zone = ZoneInfo(timezone)

    def ahead(instant: int) -> int:
        return int(((EPOCH + timedelta(seconds=instant)).astimezone(zone).utcoffset() or timedelta()).total_seconds())

    begins, ends = (_epoch_seconds(datetime(found, 1, 1, tzinfo=UTC)) for found in (year, year + 1))
    found = [(begins, ahead(begins))]
    for day in range(begins, ends, DAY):
        until = min(day + DAY, ends) - 1
        if ahead(until) != found[-1][1]:
            same, other = day - 1, until
            while other - same > 1:
                between = (same + other) // 2
                same, other = (between, other) if ahead(between) == found[-1][1] else (same, between)
            found.append((other, ahead(other)))
    return tuple(found)


def _epoch_seconds(instant: datetime) -> int:
    return (instant - EPOCH) // timedelta(seconds=1)


def local_day(instant: datetime, timezone: str) -> date:
    """The calendar day of `instant` in a time zone."""
    return instant.astimezone(ZoneInfo(timezone)).date()


def whole_years(born: date, on: date) -> int:
    """Completed years from `born` to `on`, never under zero. Someone born on 29 February completes a year on 1 March
    where the year has no such day.
    """
    return max(on.year - born.year - ((on.month, on.day) < (born.month, born.day)), 0)
