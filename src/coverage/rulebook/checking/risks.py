"""Risks to try rules on: every choice, both sides of every bound, and each in a term that there can be.

What is asked of a risk isn't always free: hours, days, seasons and first hours follow from when a term starts and how
long it is; the sum of a list from its things. Each such group is one `Driver`, whose settings give all of its facts.
The clocks are taken never to change, and no year to be a leap year: what is sought is found without.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Final

import numpy as np

from coverage.rulebook.checking.figures import Column, Layout
from coverage.rulebook.format import Edition, HoursIn, Season, TimeOfDay
from coverage.rulebook.format.derived import ALL_DAYS, WEEKDAYS, SeasonRule
from coverage.rulebook.language.expressions import Expression, Kind
from coverage.rulebook.language.lists import ListOf
from coverage.rulebook.language.notation import MICRO_PER_CENT, Amount
from coverage.rulebook.planning.plan import FIRST_DAY_HOURS, LAST_DAY_HOURS, Lookup, days_in

HALF_HOURS_A_DAY: Final = 48
HOURS_A_WEEK: Final = 168
DAYS: Final = tuple(day for day in ALL_DAYS if day != (2, 29))
MOST_SETTINGS: Final = 64  # of one driver
MOST_LENGTHS: Final = 800
MOST_STARTS: Final = 512
# The least step of a value: a cent, the fourth place of a decimal.
STEPS: Final = {"money": MICRO_PER_CENT, "decimal": 100}
ALWAYS: Final = ("term_hours", "term_days", "start_hour", "start_weekday")
WEEKDAY_WORDS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

START, LENGTH = "start", "length"


def step_of(kind: Kind) -> int:
    """The least step between two values of a kind."""
    return STEPS.get(kind.sort, 1)


def cuts_in(expressions: Iterable[Expression], tables: Iterable[Lookup]) -> dict[str, set[int]]:
    """Of each name the values at which something changes: what it is compared with, and where rows begin."""
    cuts: dict[str, set[int]] = {}
    waiting = list(expressions)
    while waiting:
        found = waiting.pop()
        waiting += found.arguments
        names = [part.name for part in found.arguments if part.op == "name"]
        figures = [part.value for part in found.arguments if part.op == "value" and isinstance(part.value, int)]
        for name in names:
            cuts.setdefault(name, set()).update(figures)
    for table in tables:
        for axis in table.axes:
            cuts.setdefault(axis.key, set()).update(axis.starts)
    return cuts


def words_in(expressions: Iterable[Expression], tables: Iterable[Lookup]) -> dict[str, set[str]]:
    """Of each name the words that rules know: what it is compared with, and what rows name."""
    words: dict[str, set[str]] = {}
    waiting = list(expressions)
    while waiting:
        found = waiting.pop()
        waiting += found.arguments
        options = [option for part in found.arguments if part.op == "value" for option in part.kind.options]
        for part in found.arguments:
            if part.op == "name":
                words.setdefault(part.name, set()).update(options)
    for table in tables:
        for axis in table.axes:
            words.setdefault(axis.key, set()).update(axis.options)
    return words


def thinned(values: Sequence[int], most: int) -> list[int]:
    """At most so many of the values, spread over all of them, both ends among them."""
    if len(values) <= most or most == 1:
        return list(values[:most])
    return [values[round(index * (len(values) - 1) / (most - 1))] for index in range(most)]


def around(kind: Kind, cuts: Iterable[int], step: int, *, between: int = 1) -> list[int]:
    """Values of a number: its ends, both sides of each cut, and `between` so many more."""
    low, high = -(-kind.lowest // step) * step, kind.highest // step * step
    found = {low, high, *(low + (high - low) * part // (between + 1) // step * step for part in range(1, between + 1))}
    for cut in cuts:
        at = -(-cut // step) * step
        found |= {at - step, at, at + step}
    # Nothing is often a case of its own.
    return sorted(value for value in {*found, 0} if low <= value <= high)


@dataclass(frozen=True, slots=True)
class Things:
    """A list of things in a risk, with the fields that are summed: how many, and of each the lowest, highest and sum."""

    name: str
    given: ListOf
    fields: tuple[str, ...]

    @classmethod
    def of(cls, name: str, given: ListOf) -> Things:
        """The things of the input `name`."""
        totals = given.totals(name)
        return cls(name, given, tuple(field for field in given.list_ if f"sum({name}.{field})" in totals))

    def facts(self, count: Column, fields: Mapping[str, tuple[Column, Column, Column]]) -> dict[str, Column]:
        """The facts of `count` things, with the lowest, the highest and the sum of each field."""
        facts = {f"count({self.name})": count}
        for field, figures in fields.items():
            for total, figure in zip(("lowest", "highest", "sum"), figures, strict=True):
                # Of no things each of them is nothing.
                facts[f"{total}({self.name}.{field})"] = np.where(count > 0, figure, 0)
        return facts


class Risks:
    """The drivers of what some rules read, with their settings, and the facts that settings come to."""

    def __init__(
        self, edition: Edition, layout: Layout, names: frozenset[str], cuts: Mapping[str, set[int]],
        words: Mapping[str, set[str]],
    ) -> None:  # fmt: skip
        self.edition, self.layout, self.names, self.cuts = edition, layout, names, cuts
        self.kinds = layout.plan.kinds
        self.hours_in = {name: rule for name, rule in edition.derived.items() if isinstance(rule, HoursIn)}
        self.seasons = {name: rule.season for name, rule in edition.derived.items() if isinstance(rule, Season)}
        self.things = {
            name: Things.of(name, given)
            for name, given in edition.inputs.items()
            if isinstance(given, ListOf) and any(f"({name})" in fact or f"({name}." in fact for fact in names)
        }
        each_day = {name for name, season in self.seasons.items() if season.by == "each_day"}
        self._owners = {name: _owners(season) for name, season in self.seasons.items()}
        self.timed = bool(names & {"term_hours", "term_days", *self.hours_in, *each_day})
        self._starts = self._start_rows()
        self.settings: dict[str, Column] = {
            START: np.arange(len(self._starts[0])),
            LENGTH: np.array(thinned(self.lengths(), 12 if self.timed else 1)),
        }
        for name in sorted(names):
            if name in self.kinds and not self._follows(name):
                self.settings[name] = self._plain(name, words.get(name, set()))
        self._rows = {name: self._thing_rows(things) for name, things in self.things.items()}
        for name, rows in self._rows.items():
            self.settings[name] = np.arange(len(rows))

    def _follows(self, name: str) -> bool:
        """Whether a fact follows from the term, or from the things of a list."""
        return name in ALWAYS or name in self.hours_in or name in self.seasons or "(" in name

    def _plain(self, name: str, words: set[str]) -> Column:
        kind = self.kinds[name]
        match kind.sort:
            case "yes_no":
                return np.array([False, True])
            case "choice":
                return np.array([self.layout.word(option) for option in kind.options])
            case "prefix":
                return np.array([0, *sorted(self.layout.word(word) for word in words)])
        found = around(kind, self.cuts.get(name, ()), step_of(kind))
        return np.array(thinned(found, MOST_SETTINGS), np.int64)

    # --------------------------------------------------------------------------------------- terms

    @property
    def calendar(self) -> bool:
        """Whether a day is one of the calendar."""
        return self.edition.term.day == "calendar"

    def lengths(self) -> list[int]:
        """Charged lengths of a term in half hours, at which something can change."""
        term = self.edition.term
        first = max(-(-(term.min - term.grace) // 3600), 1)
        last = max(-(-(term.max - term.grace) // 3600), first)
        hours = {first, last, *(first + (last - first) * part // 64 for part in range(64))}
        days = {*range(15), 28, 30, 31, last // 24, *self.cuts.get("term_days", ())}
        hours |= {24 * day + more for day in days for more in (-24, -23, -1, 0, 1, 24, 25)}
        hours |= {cut + more for cut in self.cuts.get("term_hours", ()) for more in (-1, 0, 1)}
        if last - first < MOST_LENGTHS // 2:
            hours |= set(range(first, last + 1))
        found = sorted(hour for hour in hours if first <= hour <= last)
        if not self.calendar:
            return [2 * hour for hour in thinned(found, MOST_LENGTHS)]
        # A day of the calendar may end in the middle of a charged hour.
        return sorted({half for hour in thinned(found, MOST_LENGTHS // 2) for half in (2 * hour - 1, 2 * hour)})

    def _start_rows(self) -> tuple[Column, Column, Column]:
        """Starts to try: the weekday (0 is Monday), the half hour of the day, and the day of the year (0 is 1 January)."""
        weekly = any(
            not isinstance(rule.hours_in, TimeOfDay) for name, rule in self.hours_in.items() if name in self.names
        )
        weekdays = range(7) if weekly or "start_weekday" in self.names else [0]
        halves = {16}
        for hour in self.cuts.get("start_hour", ()) if "start_hour" in self.names else ():
            halves |= {2 * hour - 2, 2 * hour, 2 * hour + 2}
        for name, rule in self.hours_in.items():
            if name in self.names and isinstance(rule.hours_in, TimeOfDay):
                halves |= {
                    bound // 30 + more for bound in (rule.hours_in.begins, rule.hours_in.ends) for more in (-1, 0, 1)
                }
        if self.calendar and self.timed:
            halves |= {0, 1, 33, 47}
        if "start_hour" in self.names:
            halves |= {0, 46}
        days = {0}
        for name in self.seasons:
            if name in self.names:
                days |= set(_turns(self._owners[name]))
        shown = sorted({half % HALF_HOURS_A_DAY for half in halves})
        rows = np.array(list(product(weekdays, thinned(shown, 24), thinned(sorted(days), 40))))
        if len(rows) > MOST_STARTS:
            rows = np.random.default_rng(len(rows)).permutation(rows)[:MOST_STARTS]
        return rows[:, 0], rows[:, 1], rows[:, 2]

    def _term_facts(self, start: Column, length: Column) -> dict[str, Column]:
        weekday, half, day = (column[start] for column in self._starts)
        hours = (length + 1) // 2
        facts = {"term_hours": hours, "start_hour": half // 2, "start_weekday": weekday + 1}
        if self.calendar:
            days = (half + length - 1) // HALF_HOURS_A_DAY + 1
            one = days == 1
            facts["term_days"] = days
            facts[FIRST_DAY_HOURS] = np.where(one, np.minimum(hours, 24), (HALF_HOURS_A_DAY - half + 1) // 2)
            before = (HALF_HOURS_A_DAY * (days - 1) - half + 1) // 2
            facts[LAST_DAY_HOURS] = np.where(one, 0, np.minimum(hours - before, 24))
        else:
            facts["term_days"] = days = (hours + 23) // 24
        for name, rule in self.hours_in.items():
            if name in self.names:
                facts[name] = _hours_inside(rule.hours_in, weekday, half, hours)
        for name, season in self.seasons.items():
            facts |= self._season_facts(name, season, day, days)
        return facts

    def _season_facts(self, name: str, season: SeasonRule, day: Column, days: Column) -> dict[str, Column]:
        if name not in self.names:
            return {}
        owners = self._owners[name]
        if season.by == "start":
            return {name: np.array([self.layout.word(owner) for owner in owners])[day]}
        return {
            days_in(name, part): _counted(np.array([owner == part for owner in owners]), day, days)
            for part in season.names
        }

    # --------------------------------------------------------------------------------------- lists

    def _thing_rows(self, things: Things) -> list[tuple[int, dict[str, tuple[int, int, int]]]]:
        """Lists to try: few and many things, all alike or the dearest among the cheapest."""
        given = things.given
        counts = sorted({given.min, min(max(given.min, 1), given.max), min(max(given.min, 2), given.max), given.max,
                         *(cut for cut in self.cuts.get(f"count({things.name})", ()) if given.min <= cut <= given.max)})  # fmt: skip
        rows: list[tuple[int, dict[str, tuple[int, int, int]]]] = []
        for count in thinned(counts, 8):
            for part in range(4):
                fields = {}
                for field in things.fields:
                    kind = given.list_[field].kind
                    cuts = self.cuts.get(f"highest({things.name}.{field})", ())
                    values = thinned(around(kind, cuts, step_of(kind)), 3)
                    low, high = values[0], values[-1]
                    same = values[min(part, len(values) - 1)]
                    mixed = (low, high, low + (count - 1) * high)
                    fields[field] = mixed if part == 3 and count > 1 else (same, same, count * same)
                rows.append((count, fields))
        return rows

    def thing_settings(self, name: str, rows: Column) -> tuple[Column, dict[str, tuple[Column, Column, Column]]]:
        """Of settings of a list: how many things, and of each field the lowest, the highest and the sum."""
        found = self._rows[name]
        count = np.array([count for count, _ in found])[rows]
        fields = {
            field: (
                np.array([figures[field][0] for _, figures in found], np.int64)[rows],
                np.array([figures[field][1] for _, figures in found], np.int64)[rows],
                np.array([figures[field][2] for _, figures in found], np.int64)[rows],
            )
            for field in self.things[name].fields
        }
        return count, fields

    # --------------------------------------------------------------------------------------- words

    @staticmethod
    def length_words(length: int) -> str:
        """A length of a term in half hours, as people say it."""
        return f"{length // 2}{'.5' if length % 2 else ''} hour{'' if length == 2 else 's'}"

    def start_words(self, row: int) -> str:
        """When a term starts, as far as anything hangs on it."""
        weekday, half, day = (int(column[row]) for column in self._starts)
        parts = [f"on {WEEKDAY_WORDS[weekday]}"] if len(set(self._starts[0])) > 1 else []
        parts += [f"at {half // 2:02}:{half % 2 * 30:02}"] if len(set(self._starts[1])) > 1 else []
        parts += [f"on {DAYS[day][0]:02}-{DAYS[day][1]:02}"] if len(set(self._starts[2])) > 1 else []
        return f"starting {' '.join(parts)}"

    def thing_words(self, name: str, row: int) -> str:
        """A list of things, by the totals that are read."""
        totals = self.things[name].facts(*self.thing_settings(name, np.array(row)))
        return ", ".join(f"{fact} {self._figure(fact, int(totals[fact]))}" for fact in totals if fact in self.names)

    def _figure(self, fact: str, value: int) -> str:
        currency = self.kinds[fact].currency
        return str(Amount(value, currency) if currency else value)

    # --------------------------------------------------------------------------------------- facts

    def facts(self, settings: Mapping[str, Column]) -> dict[str, Column]:
        """The facts of risks, one for each entry of the settings' columns."""
        facts: dict[str, Column] = dict(self._term_facts(settings[START], settings[LENGTH]))
        for name, column in settings.items():
            if name in self.things:
                facts |= self.things[name].facts(*self.thing_settings(name, column))
            elif name not in (START, LENGTH):
                facts[name] = column
        return facts

    def drawn(self, most: int, without: str = "") -> dict[str, Column]:
        """Settings of all drivers but one: every meeting of them where those are at most so many, else a draw in which
        every setting comes up.
        """
        drivers = {name: found for name, found in self.settings.items() if name != without}
        if prod(len(found) for found in drivers.values()) <= most:
            meetings = np.meshgrid(*drivers.values(), indexing="ij")
            return {name: column.reshape(-1) for name, column in zip(drivers, meetings, strict=True)}
        chance = np.random.default_rng(most)
        return {name: chance.permutation(np.resize(chance.permutation(found), most)) for name, found in drivers.items()}


def _turns(owners: Sequence[str]) -> Iterator[int]:
    """The days of the year around which a season begins or ends."""
    for day, owner in enumerate(owners):
        if owner != owners[day - 1]:
            yield from (day, (day - 1) % len(owners), (day - 3) % len(owners))


def _owners(season: SeasonRule) -> list[str]:
    """The season of each day of the year."""
    found = {day: name for name, ranges in season.dates.items() for part in ranges for day in part.days()}
    return [found.get(day, season.otherwise or "") for day in DAYS]


def _hours_inside(wanted: TimeOfDay | Sequence[str], weekday: Column, half: Column, hours: Column) -> Column:
    """How many of so many hours from a weekday and half hour on begin inside."""
    found = []
    for minutes in (0, 30):
        slots = np.arange(HOURS_A_WEEK)
        if isinstance(wanted, TimeOfDay):
            shown = slots % 24 * 60 + minutes
            after, before = shown >= wanted.begins, shown < wanted.ends
            inside = after & before if wanted.begins < wanted.ends else after | before
        else:
            inside = np.isin(slots // 24, [WEEKDAYS.index(day) for day in wanted])
        found.append(_counted(inside, weekday * 24 + half // 2, hours))
    return np.where(half % 2, found[1], found[0])


def _counted(inside: Column, first: Column, count: Column) -> Column:
    """How many of `count` entries from `first` on are inside, the row of them beginning again at its end."""
    before = np.concatenate([[0], np.cumsum(np.concatenate([inside, inside]))])
    rounds, rest = count // len(inside), count % len(inside)
    return rounds * before[len(inside)] + before[first + rest] - before[first]
