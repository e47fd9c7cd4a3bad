"""What a risk is rated on, worked out slowly and obviously from the typed edition: hour by hour, day by day, birthday
by birthday. `admission` is held against it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo

from coverage.domain.period import Period
from coverage.rulebook.format import Edition, HoursIn, Prefix, Season, TimeOfDay, YearsFrom
from coverage.rulebook.language.expressions import Kind, parse
from coverage.rulebook.language.inputs import Input, Item
from coverage.rulebook.language.lists import ListOf

HOUR: Final = timedelta(hours=1)
WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NUMBERS: Final = ("integer", "decimal", "money")
OLDEST: Final = 130
SUMMED: Final = 10**15  # beyond what any total comes to: bounds of totals decide nothing here

# ------------------------------------------------------------------------------------------- what names are


def kinds_of(edition: Edition) -> dict[str, Kind]:
    """What may be rated on, by name. The bounds are loose: here they only tell what is over zero."""
    hours = -(-edition.term.max // 3600)
    kinds = {
        "term_hours": Kind("integer", 1, hours),
        "term_days": Kind("integer", 1, hours),
        "start_hour": Kind("integer", 0, 23),
        "start_weekday": Kind("integer", 1, 7),
        "lead_hours": Kind("integer", 0, edition.term.book_ahead),
    }
    for name, given in edition.inputs.items():
        if isinstance(given, ListOf):
            kinds |= {total: _total_kind(given, total) for total in _totals(given, name)}
        elif _rated(given):
            kinds[name] = given.kind
    for name, rule in edition.derived.items():
        match rule:
            case YearsFrom():
                kinds[name] = Kind("integer", 0, OLDEST)
            case HoursIn():
                kinds[name] = Kind("integer", 0, hours)
            case Season(season=seasons) if seasons.by == "start":
                kinds[name] = Kind("choice", options=_season_names(rule))
            case Season():
                kinds[name] = Kind("season_days", options=_season_names(rule))
            case Prefix():
                kinds[name] = Kind("prefix")
            case _:
                kinds[name] = parse(rule, kinds).kind
    return kinds


def _rated(given: Input) -> bool:
    """Whether an input itself may be rated on: it is nobody's own fact, always there, and no free text or day."""
    there = given.default is not None or not given.optional
    return not given.personal and there and given.kind.sort in (*NUMBERS, "yes_no", "choice")


def _totals(given: ListOf, name: str) -> list[str]:
    """The texts that name a list's totals; none of a list that is somebody's own."""
    if given.personal:
        return []
    fields = [field for field, asked in given.list_.items() if _rated(asked) and asked.kind.sort in NUMBERS]
    return [f"count({name})", *(f"{op}({name}.{f})" for f in fields for op in ("sum", "highest", "lowest"))]


def _total_kind(given: ListOf, total: str) -> Kind:
    if total.startswith("count("):
        return Kind("integer", given.min, given.max)
    kind = given.list_[total.partition(".")[2].rstrip(")")].kind
    lowest = min(kind.lowest, 0) if given.min == 0 else kind.lowest
    if total.startswith("sum("):
        lowest = given.max * kind.lowest if kind.lowest < 0 else given.min * kind.lowest
    return Kind(kind.sort, lowest, SUMMED, currency=kind.currency)


def _season_names(rule: Season) -> tuple[str, ...]:
    otherwise = rule.season.otherwise
    return (*rule.season.dates, *(() if otherwise is None else (otherwise,)))


# ------------------------------------------------------------------------------------------- what they come to


def facts_of(
    edition: Edition, values: Mapping[str, Any], period: Period, asked_at: datetime
) -> dict[str, int | bool | str]:
    """All that is rated on but the one-line expressions, which follow from it. `values` are the inputs that were read
    (days as dates, lists as lists of things), defaults filled in.
    """
    term = Term(edition, period)
    facts: dict[str, Any] = {
        "term_hours": term.hours,
        "term_days": len(term.days),
        "start_hour": term.start.hour,
        "start_weekday": term.start.isoweekday(),
        "lead_hours": max((period.start - asked_at) // HOUR, 0),
    }
    if edition.term.day == "calendar":
        facts |= {"first_day_hours": term.first_day_hours, "last_day_hours": term.last_day_hours}
    for name, given in edition.inputs.items():
        if isinstance(given, ListOf):
            facts |= {total: _total(total, values[name]) for total in _totals(given, name)}
        elif _rated(given):
            facts[name] = values[name]
    for name, rule in edition.derived.items():
        match rule:
            case YearsFrom():
                facts[name] = _years(rule, values, term.start.date())
            case HoursIn():
                facts[name] = sum(_inside(rule, moment) for moment in term.hour_starts)
            case Season(season=seasons) if seasons.by == "start":
                facts[name] = _season(rule, term.start.date())
            case Season():
                found = [_season(rule, day) for day in term.days]
                facts |= {f"{name}.{season}": found.count(season) for season in _season_names(rule)}
            case Prefix(prefix=source, length=length):
                signs = [sign for sign in str(values[source]).upper() if sign not in " -"]
                facts[name] = "".join(signs[:length])
    return facts


def _total(total: str, items: Sequence[Item]) -> int:
    if total.startswith("count("):
        return len(items)
    field = total.partition(".")[2].rstrip(")")
    found = [int(str(item[field])) for item in items]
    match total.partition("(")[0]:
        case "sum":
            return sum(found)
        case "highest":
            return max(found, default=0)
    return min(found, default=0)


class Term:
    """A term as it is charged: its hours one after the other, and its days."""

    def __init__(self, edition: Edition, period: Period) -> None:
        self.zone = ZoneInfo(edition.timezone)
        self.period = period
        self.start = period.start.astimezone(self.zone)
        seconds = -(-(period.end - period.start) // timedelta(seconds=1))
        self.grace = timedelta(seconds=edition.term.grace)
        self.charged_seconds = max(seconds - edition.term.grace, 1)
        self.hours = -(-self.charged_seconds // 3600)
        self.calendar = edition.term.day == "calendar"
        self.days = self._days()

    @cached_property
    def hour_starts(self) -> list[datetime]:
        """When each charged hour begins, on the local clock."""
        return [(self.period.start + k * HOUR).astimezone(self.zone) for k in range(self.hours)]

    def _days(self) -> list[date]:
        """The local day of each charged day of the term."""
        first = self.start.date()
        if not self.calendar:
            count = -(-self.charged_seconds // 86_400)
            return [(self.period.start + i * timedelta(hours=24)).astimezone(self.zone).date() for i in range(count)]
        last = max(self.period.end - self.grace - timedelta(microseconds=1), self.period.start)
        days = [first]
        while days[-1] < last.astimezone(self.zone).date():
            days.append(days[-1] + timedelta(days=1))
        return days

    @property
    def first_day_hours(self) -> int:
        """The hours started before the first local midnight, 24 at most."""
        return min(sum(moment.date() == self.days[0] for moment in self.hour_starts), 24)

    @property
    def last_day_hours(self) -> int:
        """The hours begun after the last local midnight, 24 at most; none where the term touches one day."""
        if len(self.days) == 1:
            return 0
        return min(sum(moment.date() == self.days[-1] for moment in self.hour_starts), 24)


def _inside(rule: HoursIn, moment: datetime) -> bool:
    """Whether an hour that begins at `moment`, local time, counts."""
    if not isinstance(rule.hours_in, TimeOfDay):
        return WEEKDAYS[moment.weekday()] in rule.hours_in
    minutes = moment.hour * 60 + moment.minute
    begins, ends = rule.hours_in.begins, rule.hours_in.ends
    if begins < ends:
        return begins <= minutes < ends
    return minutes >= begins or minutes < ends


def _season(rule: Season, day: date) -> str:
    """The season whose days hold `day`."""
    for name, ranges in rule.season.dates.items():
        if any((day.month, day.day) in _walked(found.first, found.last) for found in ranges):
            return name
    if rule.season.otherwise is None:
        raise ValueError(f"no season has {day}")
    return rule.season.otherwise


@cache
def _walked(first: tuple[int, int], last: tuple[int, int]) -> frozenset[tuple[int, int]]:
    """The days from `first` to `last`, walked a day at a time through a leap year, and on from its start."""
    walked = [date(2024, *first)]
    while (walked[-1].month, walked[-1].day) != last:
        walked.append((walked[-1] + timedelta(days=1)).replace(year=2024))
    return frozenset((day.month, day.day) for day in walked)


def _years(rule: YearsFrom, values: Mapping[str, Any], starts_on: date) -> int:
    """How many anniversaries were reached; one of 29 February is on 1 March where there is no such day."""
    born, until = values.get(rule.years_from), starts_on if rule.to == "start" else values.get(rule.to)
    if born is None or until is None:
        if rule.otherwise is None:
            raise ValueError(f"{rule.years_from} or {rule.to} isn't given")
        return rule.otherwise
    years = 0
    while years < OLDEST and _anniversary(born, years + 1) <= until:
        years += 1
    return years


def _anniversary(born: date, years: int) -> date:
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)
