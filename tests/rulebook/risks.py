"""Risks for any edition, half of them on an edge of the rules ± 1: a band, a bound, a birthday, a started hour, a
midnight, a change of clocks.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from coverage.domain.period import Period
from coverage.rulebook.admission import Admitted, admit, read_written
from coverage.rulebook.format import YearsFrom
from coverage.rulebook.language.expressions import Expression, evaluate
from coverage.rulebook.language.inputs import DateIn, DecimalIn, Input, IntegerIn, MoneyIn, OneOf, TextIn, YesNo
from coverage.rulebook.language.lists import ListOf
from coverage.rulebook.language.notation import MICRO_PER_CENT, decimal_text
from coverage.rulebook.loaded import LoadedEdition
from tests.rulebook.edges import LEAP_DAY, edges_of, prefix_sources
from tests.rulebook.wording import text_like

FIRST: Final = datetime(2026, 2, 1, tzinfo=UTC)
LAST: Final = datetime(2027, 4, 30, tzinfo=UTC)  # a year and both changes of clocks, the spring's twice
ON_EDGE: Final = 0.6  # of the risks; of each of these, every second value
LEFT_OUT: Final = 0.4
SOME: Final = 10  # texts of a pattern
# Of the risks, how many are like one that was kept; of their values, how many are drawn anew.
LIKE_KEPT: Final = 0.7
REDRAWN: Final = 0.35
MOST_KEPT: Final = 500
# The least that a value can change by, in its canonical unit.
GRAIN: Final = {"integer": 1, "money": MICRO_PER_CENT, "decimal": 100}
EARLIEST: Final = date(1890, 1, 1)  # that a day may be
TERM: Final = "the term"
NUMBERS: Final = (IntegerIn, MoneyIn, DecimalIn)


@dataclass(frozen=True)
class Risk:
    """A risk: its values, and as worked prices write it. `edges` are those that were put on an edge, or just beside."""

    values: dict[str, Any]
    given: dict[str, object]
    period: Period
    asked_at: datetime
    edges: frozenset[str]


class Risks:
    """Risks of one edition without end; the same for the same seed."""

    def __init__(self, edition: LoadedEdition, seed: str) -> None:
        self.edition, self.rules, self.chance = edition, edition.rules, random.Random(seed)
        self.zone = ZoneInfo(self.rules.timezone)
        self.edges = edges_of(self.rules, edition.files, FIRST, LAST)
        self.years = {rule.years_from: rule for rule in self.rules.derived.values() if isinstance(rule, YearsFrom)}
        self.year_edges = {
            source: sorted({n for name, rule in self.rules.derived.items() if isinstance(rule, YearsFrom)
                            and rule.years_from == source for n in self.edges.values.get(name, ())})
            for source in self.years
        }  # fmt: skip
        # A day may be counted up to another, which then has to be known.
        self.order = sorted(self.rules.inputs, key=lambda name: name in self.years)
        self.kept: list[Risk] = []
        # Texts are slow to make and their insides decide nothing: some of each are made once.
        begun = prefix_sources(self.rules, self.edges)
        self.texts = {
            name: [text_like(rule.text, self.chance, begins) for begins in (*[""] * SOME, *begun.get(name, ()))]
            for name, rule in self.rules.inputs.items()
            if isinstance(rule, TextIn)
        }

    def __iter__(self) -> Iterator[Admitted]:
        return (self.admitted(risk) for risk in self.risks())

    def admitted(self, risk: Risk) -> Admitted:
        """The risk as it is rated."""
        return admit(self.rules, risk.given, risk.period, risk.asked_at, read_written)

    def risks(self) -> Iterator[Risk]:
        while True:
            yield self._risk(self.chance.choice(self.kept) if self.kept and self.chance.random() < LIKE_KEPT else None)

    def keep(self, risk: Risk) -> None:
        """Takes note of a risk that has a price: others are made like it, since most that are made anew are declined."""
        if len(self.kept) < MOST_KEPT:
            self.kept.append(risk)
        elif self.chance.random() < 0.1:
            self.kept[self.chance.randrange(MOST_KEPT)] = risk

    def _risk(self, like: Risk | None) -> Risk:
        """A risk made anew, or like another but for some of its values."""
        self.wild, self.met = self.chance.random() < ON_EDGE, False
        edges = set()
        if like and not self._redrawn():
            period, asked_at, self.met = like.period, like.asked_at, TERM in like.edges
        else:
            period, asked_at = self._term()
        if self.met:
            edges.add(TERM)
        values: dict[str, Any] = {}
        for name in self.order:
            rule, self.met = self.rules.inputs[name], False
            if like and not self._redrawn():
                if name in like.values:
                    values[name], self.met = self._in_time(rule, like.values[name], asked_at), name in like.edges
            elif rule.required or self.chance.random() >= LEFT_OUT:
                values[name] = self._value(name, rule, period, asked_at, values)
            if self.met:
                edges.add(name)
        if self.edges.formulas and self._edge():
            edges.add(self._aim(values))
        given = {name: self._written(self.rules.inputs[name], value) for name, value in values.items()}
        return Risk(values, given, period, asked_at, frozenset(edges - {""}))

    def _redrawn(self) -> bool:
        return self.chance.random() < REDRAWN

    def _edge(self) -> bool:
        """Whether this value is put on an edge."""
        return self.wild and self.chance.random() < 0.5

    def _beside(self) -> int:
        self.met = True
        return self.chance.choice((-1, 0, 1))

    # ------------------------------------------------------------------------------------------- the term

    def _term(self) -> tuple[Period, datetime]:
        """A term, and when it was asked for."""
        period = self._period()
        return period, period.start - timedelta(seconds=self._ahead())

    def _period(self) -> Period:
        term, chance = self.rules.term, self.chance
        seconds = chance.randint(term.min, term.max)
        if self._edge():
            unit, edges = chance.choice(
                [(3600, self.edges.values.get("term_hours", ())), (86_400, self.edges.values.get("term_days", ()))]
            )
            units = chance.choice([*edges, chance.randint(0, term.max // unit)])
            seconds = (units + chance.choice((0, 0, 1))) * unit + chance.choice((0, term.grace)) + self._beside()
        seconds = min(max(seconds, term.min), term.max)
        start = FIRST + timedelta(seconds=chance.randrange(int((LAST - FIRST).total_seconds())))
        if self._edge():
            return self._turning(seconds)
        if chance.random() < 0.3:  # most people come on the hour
            start = start.replace(minute=0, second=0)
        return Period(start, start + timedelta(seconds=seconds))

    def _turning(self, seconds: int) -> Period:
        """A term that begins, ends or is charged until where the calendar or the clock turns, or a second beside."""
        chance, term = self.chance, self.rules.term
        if chance.random() < 0.5 and self.edges.instants:
            turn = chance.choice(self.edges.instants)
        else:
            day = (FIRST + timedelta(days=chance.randrange((LAST - FIRST).days))).date()
            minutes = chance.choice(
                [*self.edges.times, *(h % 24 * 60 for h in self.edges.values.get("start_hour", ()))]
            )
            turn = datetime.combine(day, time(minutes // 60, minutes % 60), self.zone).astimezone(UTC)
        turn += timedelta(seconds=self._beside())
        match chance.randrange(4):
            case 0:  # the term begins there
                start = turn
            case 1:  # an hour of the term begins there
                start = turn - timedelta(hours=chance.randint(0, seconds // 3600))
            case 2:  # its last charged second lies there
                start = turn - timedelta(seconds=seconds - term.grace)
            case _:
                start = turn - timedelta(seconds=seconds)
        return Period(start, start + timedelta(seconds=seconds))

    def _ahead(self) -> int:
        """How long before the start it is asked for, in seconds."""
        most, chance = self.rules.term.book_ahead, self.chance
        if self._edge():
            hours = chance.choice((0, 1, *self.edges.values.get("lead_hours", ())))
            return min(max((hours + chance.choice((0, 1))) * 3600 + self._beside(), 0), most)
        return chance.choice((0, most, chance.randint(0, most), chance.randint(0, most)))

    # ------------------------------------------------------------------------------------------- the inputs

    def _value(self, name: str, rule: Input, period: Period, asked_at: datetime, values: Mapping[str, Any]) -> Any:
        """A canonical value; of a list, its things."""
        match rule:
            case OneOf(one_of=choices):
                return self.chance.choice(choices)
            case YesNo():
                return self.chance.random() < 0.5
            case IntegerIn() | MoneyIn() | DecimalIn():
                return self._number(rule, self.edges.values.get(name, ()))
            case DateIn():
                return self._day(name, rule, period, asked_at, values)
            case TextIn():
                texts = self.texts[name]
                return self.chance.choice(texts if self.chance.random() < 0.7 else texts[:SOME])
            case ListOf():
                return self._things(name, rule, period, asked_at)
        raise TypeError(f"no values of {rule.key}")

    def _number(self, rule: IntegerIn | MoneyIn | DecimalIn, edges: tuple[int, ...]) -> int:
        kind = rule.kind
        grain = GRAIN[kind.sort]
        value = self.chance.randint(kind.lowest // grain, kind.highest // grain) * grain
        if self._edge():
            return self._near(rule, self.chance.choice((kind.lowest, kind.highest, *edges)))
        if kind.sort == "money" and self.chance.random() < 0.4:
            # Round figures meet exact halves of a cent and of a millionth: 10 EUR × 0.15 % = 0.015.
            value = value // 5_000_000 * 5_000_000
        return min(max(value, kind.lowest), kind.highest)

    def _near(self, rule: Input, edge: int) -> int:
        """An edge, or the next value that can be told on either side of it."""
        kind = rule.kind
        grain = GRAIN[kind.sort]
        value = (edge // grain + self._beside()) * grain
        return min(max(value, kind.lowest), kind.highest)

    def _things(self, name: str, rule: ListOf, period: Period, asked_at: datetime) -> list[dict[str, Any]]:
        chance = self.chance
        count = chance.randint(rule.min, min(rule.max, rule.min + 4))
        if self._edge():
            wanted = chance.choice((rule.min, rule.max, *self.edges.values.get(f"count({name})", ())))
            count = min(max(wanted + self._beside(), rule.min), rule.max)
        things: list[dict[str, Any]] = []
        for _ in range(count):
            thing: dict[str, Any] = {}
            for field, asked in rule.list_.items():
                if not asked.required and chance.random() < LEFT_OUT:
                    continue
                if isinstance(asked, NUMBERS):
                    edges = [
                        e for op in ("highest", "lowest") for e in self.edges.values.get(f"{op}({name}.{field})", ())
                    ]
                    thing[field] = self._number(asked, tuple(edges))
                elif isinstance(asked, TextIn):
                    thing[field] = self._text_of(f"{name}.{field}", asked)
                else:
                    thing[field] = self._value(field, asked, period, asked_at, {})
            things.append(thing)
        return things

    def _text_of(self, name: str, rule: TextIn) -> str:
        if name not in self.texts:
            self.texts[name] = [text_like(rule.text, self.chance) for _ in range(SOME)]
        return self.chance.choice(self.texts[name])

    def _day(self, name: str, rule: DateIn, period: Period, asked_at: datetime, values: Mapping[str, Any]) -> Any:
        """A day on which a number of years is reached, or the day before or after."""
        chance = self.chance
        until = period.start.astimezone(self.zone).date()
        if name in self.years:
            until = values.get(self.years[name].to, until)
        years = chance.randint(0, 100 if name in self.years else 20)
        if self._edge() and name in self.years:
            years = chance.choice([0, 1, *self.year_edges[name], *(n + 1 for n in self.year_edges[name])])
            day = _years_before(until, years) + timedelta(days=self._beside())
        else:
            day = _years_before(until, years) + timedelta(days=chance.randint(-400, 400))
        if chance.random() < 0.02:
            day = LEAP_DAY.replace(year=LEAP_DAY.year - 4 * chance.randint(1, 20))
        return self._in_time(rule, max(day, EARLIEST), asked_at)

    def _in_time(self, rule: Input, value: Any, asked_at: datetime) -> Any:
        """A value that may be given at that time: a day of the past isn't to come. Lists are copied, to be changed."""
        if isinstance(rule, ListOf):
            return [{f: self._in_time(rule.list_[f], found, asked_at) for f, found in thing.items()} for thing in value]
        if not isinstance(rule, DateIn) or rule.date == "any":
            return value
        today = asked_at.astimezone(self.zone).date()
        return max(value, today) if rule.date == "future" else min(value, today)

    # ------------------------------------------------------------------------------------------- derived values

    def _aim(self, values: dict[str, Any]) -> str:
        """Moves one number so that a one-line expression comes to an edge of its own, or just beside; tells which, or
        nothing where none can be moved.
        """
        name, formula = self.chance.choice(list(self.edges.formulas.items()))
        rated = self._rated(values)
        handles = [source for source in sorted(formula.names()) if source in rated and self._handle(source)]
        if not handles or not formula.names() <= set(rated):
            return ""
        edge, source = self.chance.choice(self.edges.values[name]), self.chance.choice(handles)
        rule, holder, key = self._held(source, values)
        if holder is None:
            return ""
        before = holder[key] if key in holder else _default(rule)
        holder[key] = self._near(rule, before + _aimed(formula, rated, source, edge) - rated[source])
        return name

    def _rated(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The inputs that may be rated on, and the totals of lists."""
        rated: dict[str, Any] = {}
        for name, rule in self.rules.inputs.items():
            if isinstance(rule, ListOf):
                filled = {field: _default(asked) for field, asked in rule.list_.items() if asked.default}
                rated |= rule.total_values(name, [{**filled, **thing} for thing in values.get(name, [])])
            elif name in values or rule.default is not None:
                rated[name] = values[name] if name in values else _default(rule)
        return rated

    def _handle(self, source: str) -> bool:
        """Whether a name is a number that can be moved: an input, or one thing's part of a sum."""
        return source.startswith("sum(") or isinstance(self.rules.inputs.get(source), NUMBERS)

    def _held(self, source: str, values: dict[str, Any]) -> tuple[Input, dict[str, Any] | None, str]:
        if not source.startswith("sum("):
            return self.rules.inputs[source], values if source in values else None, source
        name, _, field = source[4:-1].partition(".")
        rule = self.rules.inputs[name]
        things = values.get(name, [])
        if not isinstance(rule, ListOf):
            raise TypeError(f"{name} is no list")
        return rule.list_[field], self.chance.choice(things) if things else None, field

    # ------------------------------------------------------------------------------------------- as it is written

    def _written(self, rule: Input, value: Any) -> Any:
        match rule:
            case ListOf():
                return [{f: self._written(rule.list_[f], found) for f, found in thing.items()} for thing in value]
            case YesNo():
                return "yes" if value else "no"
            case MoneyIn():
                return f"{decimal_text(value, 6)} {rule.money.currency}"
            case DecimalIn():
                return decimal_text(value, 6)
            case DateIn():
                return str(value.isoformat())
        return str(value)


def _default(rule: Input) -> Any:
    """What holds when an input is left out."""
    return rule.default_value(FIRST.date())


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 3, 1)


def _aimed(formula: Expression, rated: dict[str, Any], source: str, edge: int) -> int:
    """The value of `source` at which `formula` comes to `edge`, if it rises evenly."""
    value = int(rated[source])
    here = int(str(evaluate(formula, rated)))
    other = value + (edge - here)
    there = int(str(evaluate(formula, {**rated, source: other})))
    return other if there == here else value + (edge - here) * (other - value) // (there - here)
