"""Where the price of an edition can turn: the ends of bands, bounds, constants in conditions, caps, ends of seasons."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from coverage.rulebook.format import Edition, HoursIn, Prefix, Season, Table, TimeOfDay
from coverage.rulebook.language.expressions import Expression, Kind, parse
from coverage.rulebook.language.notation import PerTerm, amount, band, decimal
from coverage.rulebook.oracle.facts import kinds_of

MOST_PREFIXES = 60  # of a file with thousands of them
LEAP_DAY = date(2028, 2, 29)


@dataclass(frozen=True)
class Edges:
    """By name, the values on which something turns (money and decimals × 10⁶), and the prefixes that have a row;
    expressions that an aim can be taken at; times of day in minutes; instants at which the calendar turns.
    """

    values: dict[str, tuple[int, ...]]
    prefixes: dict[str, tuple[str, ...]]
    formulas: dict[str, Expression]
    times: tuple[int, ...]
    instants: tuple[datetime, ...]


def edges_of(edition: Edition, files: Mapping[str, str], first: datetime, last: datetime) -> Edges:
    """The edges of an edition, for terms that begin between `first` and `last`."""
    kinds = kinds_of(edition)
    parsed = {text: parse(text, kinds) for text in _expressions(edition)}
    values: dict[str, set[int]] = {name: set() for name in kinds}
    prefixes: dict[str, set[str]] = {name: set() for name, kind in kinds.items() if kind.sort == "prefix"}
    for table in edition.tables.values():
        for key, label in _labels(table, files):
            if key in prefixes:
                prefixes[key].add(label)
            values[key].update(_ends(label, kinds[key]))
    for expression in parsed.values():
        for name, constant in _compared(expression):
            if name in prefixes:
                prefixes[name].update(constant if isinstance(constant, tuple) else [str(constant)])
            elif isinstance(constant, int) and kinds[name].number:
                values[name].add(constant)
    values["term_hours"].update(_capped_hours(edition))
    return Edges(
        {name: tuple(sorted(found)) for name, found in values.items() if found},
        {name: tuple(sorted(found)[:MOST_PREFIXES]) for name, found in prefixes.items()},
        {name: parsed[rule] for name, rule in edition.derived.items() if isinstance(rule, str) and values[name]},
        tuple(sorted(_times(edition))),
        tuple(sorted(_instants(edition, first, last))),
    )


def _expressions(edition: Edition) -> Iterator[str]:
    yield from (rule.condition for rule in edition.eligibility)
    yield from (rule for rule in edition.derived.values() if isinstance(rule, str))
    for section in edition.sections.values():
        whens = [section.when, section.unavailable.when if section.unavailable else None]
        yield from (text for text in [*whens, *(step.when for step in section.premium)] if text)
    yield from (step.when for step in edition.contract if step.when)


def _labels(table: Table, files: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Each key with the labels of its rows."""
    if table.file is not None:
        lines = files[table.file].removeprefix("\ufeff").splitlines()
        for row in list(csv.reader(lines, delimiter=";" if ";" in lines[0] else ","))[1:]:
            yield from zip(table.by, (label.strip() for label in row), strict=False)
        return
    for label, below in table.rows.items():
        yield table.by[0], label
        if isinstance(below, Mapping):
            yield from ((table.by[1], deeper) for deeper in below)


def _ends(label: str, kind: Kind) -> tuple[int, ...]:
    match kind.sort:
        case "integer":
            span = band(label)
            return (span.lowest,) if span.highest is None else (span.lowest, span.highest)
        case "money":
            return (amount(label).micros,)
        case "decimal":
            return (decimal(label),)
    return ()


def _compared(expression: Expression) -> Iterator[tuple[str, object]]:
    """Each name with each constant that stands in one operation with it, however deep."""
    constants = [part.value for part in expression.arguments if part.op == "value"]
    for part in expression.arguments:
        yield from ((name, constant) for name in part.names() for constant in constants)
        yield from _compared(part)


def _capped_hours(edition: Edition) -> Iterator[int]:
    """How many hours reach a day's cap."""
    for section in edition.sections.values():
        for step in section.premium:
            if isinstance(step.quantity, PerTerm) and step.quantity.day_cap and step.quantity.amount.micros:
                yield step.quantity.day_cap.micros // step.quantity.amount.micros


def _times(edition: Edition) -> Iterator[int]:
    """The times of day, in minutes, at which an hour counts or counts no more; midnight is always one."""
    yield 0
    for rule in edition.derived.values():
        if isinstance(rule, HoursIn) and isinstance(rule.hours_in, TimeOfDay):
            yield from (rule.hours_in.begins, rule.hours_in.ends % 1440)


def _instants(edition: Edition, first: datetime, last: datetime) -> Iterator[datetime]:
    """When the clocks change, and the midnights at which a year or a season begins or ends."""
    zone = ZoneInfo(edition.timezone)
    bounds = {(1, 1)}
    for rule in edition.derived.values():
        if isinstance(rule, Season):
            ranges = [found for several in rule.season.dates.values() for found in several]
            bounds |= {found.first for found in ranges} | {found.last for found in ranges}
    day = first.astimezone(zone).date()
    while day <= last.date():
        midnight, next_one = _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
        if (day.month, day.day) in bounds:
            yield from (midnight, next_one)
        if next_one - midnight != timedelta(days=1):
            yield from (_change(midnight, next_one, zone), midnight, next_one)
        day += timedelta(days=1)
    yield _midnight(LEAP_DAY, zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def _change(midnight: datetime, next_one: datetime, zone: ZoneInfo) -> datetime:
    """The instant between two midnights at which the local clock jumps; the first where it leaves out midnight."""
    offset = midnight.astimezone(zone).utcoffset()
    quarters = range(int((next_one - midnight) / timedelta(minutes=15)))
    moments = (midnight + quarter * timedelta(minutes=15) for quarter in quarters)
    return next((moment for moment in moments if moment.astimezone(zone).utcoffset() != offset), midnight)


def prefix_sources(edition: Edition, edges: Edges) -> dict[str, tuple[str, ...]]:
    """For each text input of which prefixes are taken: the prefixes that have a row."""
    found: dict[str, tuple[str, ...]] = {}
    for name, rule in edition.derived.items():
        if isinstance(rule, Prefix):
            found[rule.prefix] = (*found.get(rule.prefix, ()), *edges.prefixes[name])
    return found
