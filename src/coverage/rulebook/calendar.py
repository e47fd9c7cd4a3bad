"""What a rating knows of a term before anything of the risk: its hours and days, and where they fall in the calendar.

All of it follows from the term alone (and from when it was asked for), so a change of term works it out anew and keeps
the other facts. Days are looked at one by one, hours never: a term of a year costs 365 looks at the clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Final

from coverage.domain.period import DAY, EPOCH, HOUR, Period, begun_hours, term_facts
from coverage.rulebook.format import Edition, HoursIn, Season, SeasonRule, TimeOfDay
from coverage.rulebook.format.derived import ALL_DAYS, WEEKDAYS, DayRange
from coverage.rulebook.planning.plan import days_in
from coverage.rulebook.running.scalar import Fact

HOURS_A_DAY: Final = 24
HOURS_A_WEEK: Final = 168
THURSDAY: Final = 3  # of 1970-01-01, Monday being 0


def calendar_facts(edition: Edition, period: Period, asked_at: datetime) -> dict[str, Fact]:
    """The facts that depend on the term alone: its hours and days, hours inside of a time, its season or seasons."""
    term = edition.term
    counted = term_facts(period, asked_at, edition.timezone, term.grace, term.day)
    facts: dict[str, Fact] = dict(counted)
    if not any(isinstance(derived, HoursIn | Season) for derived in edition.derived.values()):
        return facts
    runs = begun_hours(period.start, counted["term_hours"], edition.timezone)
    for name, derived in edition.derived.items():
        if isinstance(derived, HoursIn):
            facts[name] = sum(_hours_inside(derived.hours_in, first, count) for count, first in runs)
        elif isinstance(derived, Season) and derived.season.by == "start":
            facts[name] = _year(derived.season)[_month_and_day(runs[0][1] // DAY)]
        elif isinstance(derived, Season):
            facts |= _each_day(name, derived.season, _days(term.day, runs, counted["term_days"]))
    return facts


# ------------------------------------------------------------------------------------------------ hours


def _hours_inside(wanted: TimeOfDay | Sequence[str], first: int, count: int) -> int:
    """How many of `count` hours on end begin inside; the first when the local clock shows `first` seconds."""
    if isinstance(wanted, TimeOfDay):
        return _hours_by_clock(wanted, first, count)
    chosen = {WEEKDAYS.index(day) for day in wanted}
    weeks, rest = divmod(count, HOURS_A_WEEK)
    return weeks * HOURS_A_DAY * len(chosen) + sum(
        hours for weekday, hours in _by_weekday(first, rest) if weekday in chosen
    )


def _hours_by_clock(wanted: TimeOfDay, first: int, count: int) -> int:
    begins, ends = wanted.begins * 60 - first % DAY, wanted.ends * 60 - first % DAY
    if ends <= begins:
        ends += DAY
    # What the clock shows comes again after a day: whole days hold as many hours each, the rest reach into the next.
    days, rest = divmod(count, HOURS_A_DAY)
    inside = days * (_hours_to(ends) - _hours_to(begins))
    for day in (-DAY, 0, DAY):
        inside += max(min(_hours_to(ends + day), rest) - max(_hours_to(begins + day), 0), 0)
    return inside


def _hours_to(seconds: int) -> int:
    """The first hour that begins then or later, the one that begins at 0 being number 0."""
    return -(-seconds // HOUR)


def _by_weekday(first: int, count: int) -> Iterator[tuple[int, int]]:
    """Each day's weekday (Monday is 0) with how many of the hours begin on it."""
    while count:
        day, shown = divmod(first, DAY)
        hours = min(_hours_to(DAY - shown), count)
        yield (day + THURSDAY) % 7, hours
        first, count = first + hours * HOUR, count - hours


# ------------------------------------------------------------------------------------------------ seasons


def _each_day(name: str, rule: SeasonRule, days: Iterable[int]) -> dict[str, Fact]:
    """How many of the days are in each season."""
    year, counts = _year(rule), dict.fromkeys(rule.names, 0)
    for day in days:
        counts[year[_month_and_day(day)]] += 1
    return {days_in(name, season): count for season, count in counts.items()}


def _days(day: str, runs: Sequence[tuple[int, int]], count: int) -> Iterator[int]:
    """The term's days, numbered from 1970-01-01: those of the calendar, or the local days on which its stretches of 24
    hours begin, which a change of clocks near midnight can part or join.
    """
    if day == "calendar":
        first = runs[0][1] // DAY
        yield from range(first, first + count)
        return
    begun = 0
    for hours, shown in runs:
        # Every 24th hour of the term begins a day of it.
        yield from ((shown + ahead * HOUR) // DAY for ahead in range(-begun % HOURS_A_DAY, hours, HOURS_A_DAY))
        begun += hours


def _month_and_day(day: int) -> tuple[int, int]:
    found = date.fromordinal(EPOCH.toordinal() + day)
    return found.month, found.day


def _year(rule: SeasonRule) -> dict[tuple[int, int], str]:
    """The season of each day of a year."""
    return _seasons(tuple((name, tuple(ranges)) for name, ranges in rule.dates.items()), rule.otherwise)


@lru_cache(maxsize=256)
def _seasons(dates: tuple[tuple[str, tuple[DayRange, ...]], ...], otherwise: str | None) -> dict[tuple[int, int], str]:
    year = dict.fromkeys(ALL_DAYS, otherwise or "")
    for name, ranges in dates:
        year |= dict.fromkeys((day for found in ranges for day in found.days()), name)
    return year
