"""A cover's time: instants in UTC, `[start, end)`, read in a product's own time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


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


def term_facts(period: Period, asked_at: datetime, timezone: str, grace: int) -> dict[str, int]:
    """What every risk has: its charged hours and days, when it starts there, and how far ahead it was asked for."""
    local = period.start.astimezone(ZoneInfo(timezone))
    return {
        "term_hours": charged(period.seconds, 3600, grace),
        "term_days": charged(period.seconds, 86_400, grace),
        "start_hour": local.hour,
        "start_weekday": local.isoweekday(),
        "lead_hours": max((period.start - asked_at) // timedelta(hours=1), 0),
    }


def local_day(instant: datetime, timezone: str) -> date:
    """The calendar day of `instant` in a time zone."""
    return instant.astimezone(ZoneInfo(timezone)).date()


def whole_years(born: date, on: date) -> int:
    """Completed years from `born` to `on`, never under zero. Someone born on 29 February completes a year on 1 March
    where the year has no such day.
    """
    return max(on.year - born.year - ((on.month, on.day) < (born.month, born.day)), 0)
