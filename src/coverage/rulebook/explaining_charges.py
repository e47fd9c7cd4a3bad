"""What a step charges, in an explanation: the table with its keys and row, the figure, how many hours or days of it.

All that doesn't depend on the risk is made ready once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any

from coverage.rulebook.language.notation import (
    FACTOR_ONE,
    MICRO,
    MICRO_PER_CENT,
    Factor,
    Flat,
    Outcome,
    PerTerm,
    RateOf,
    ShareOf,
    decimal_text,
)
from coverage.rulebook.planning.plan import FIRST_DAY_HOURS, LAST_DAY_HOURS, Axis, Charge, Lookup, Plan, Row, days_in
from coverage.rulebook.running.emitting import HOURS_A_DAY
from coverage.rulebook.running.scalar import Facts

Line = dict[str, Any]
Told = Callable[[Facts], Line]  # what a risk's facts (derived values among them) add


def units_text(micros: int) -> str:
    """Micro-units, never under zero, as units with whole cents at least: 5_625_000 is "5.625"."""
    if micros % MICRO_PER_CENT == 0:
        return f"{micros // MICRO}.{micros % MICRO // MICRO_PER_CENT:02d}"
    return f"{micros // MICRO}.{micros % MICRO:06d}".rstrip("0")


def percent_text(rate: int) -> str:
    """A rate × 10⁶ as a percentage: 1500 is "0.15%"."""
    return f"{decimal_text(rate, 4)}%"


def charge_words(plan: Plan, charge: Charge) -> tuple[Line, Told | None]:
    """What is told of a charge whatever the risk, and what its facts add to that."""
    match charge:
        case Lookup():
            return {"table": charge.name, "by": ", ".join(charge.keys)}, _table_words(charge)
        case Factor(value):
            return {"figure": decimal_text(value, 4)}, None
        case Flat(found):
            return {"figure": str(found)}, None
        case PerTerm():
            return _per_term_words(plan, charge)
        case RateOf(rate=rate, name=name, per_day=per_day):
            words = {"figure": percent_text(rate) + (" per day" if per_day else ""), "of": name}
            if per_day:
                return words, lambda facts: {"on": units_text(int(facts[name])), "count": facts["term_days"]}
            return words, lambda facts: {"on": units_text(int(facts[name]))}
        case ShareOf(rate=rate, sections=names):
            return {"figure": percent_text(rate), "of": ", ".join(names)}, None


def _per_term_words(plan: Plan, charge: PerTerm) -> tuple[Line, Told]:
    """An amount for each hour or day. Where days of the calendar are capped, each end of the term and what lies between
    are told by themselves.
    """
    amount, cap, counted = charge.amount, charge.day_cap, "term_hours" if charge.unit == "hour" else "term_days"
    words = {"figure": f"{amount} per {charge.unit}" + (f", at most {cap} per day" if cap else "")}
    if cap is None or charge.unit == "day" or plan.day != "calendar":
        return words, lambda facts: {"count": facts[counted]}
    most = cap.micros

    def capped(row: str, count: int, days: int, hours: int) -> Line:
        return {"row": row, "count": count, "amount": units_text(days * min(hours * amount.micros, most))}

    def told(facts: Facts) -> Line:
        days, first, last = (int(facts[name]) for name in ("term_days", FIRST_DAY_HOURS, LAST_DAY_HOURS))
        if days == 1:
            return {"count": facts[counted]}
        whole = [capped("whole_days", days - 2, days - 2, HOURS_A_DAY)] if days > 2 else []
        parts = [capped("first_day", first, 1, first), *whole, capped("last_day", last, 1, last)]
        return {"count": facts[counted], "parts": parts}

    return words, told


# ------------------------------------------------------------------------------------------- tables


def _table_words(table: Lookup) -> Told:
    if table.by_day:
        return _season_words(table)
    if table.marginal:
        return _marginal_words(table)
    grid = [_row_words(table, row) for row in table.grid]
    if len(table.axes) == 1:
        position = _position(table.axes[0])
        return lambda facts: grid[position(facts)]
    (first, second), width = map(_position, table.axes), table.axes[1].size
    return lambda facts: grid[first(facts) * width + second(facts)]


def _position(axis: Axis) -> Callable[[Facts], int]:
    """`axis.position` of a risk's fact, made ready."""
    key, starts, others = axis.key, axis.starts[1:], len(axis.options)
    positions: Mapping[Any, int] = axis.positions
    if axis.starts:
        return lambda facts: bisect_right(starts, facts[key])
    return lambda facts: positions.get(facts[key], others)


def _row_words(table: Lookup, row: Row | None) -> Line:
    if row is None:
        raise AssertionError(f"{table.name} has a gap")
    label = ", ".join(match.label for match in row.matches) or "otherwise"
    figure = decimal_text(table.weight(row), 4 if table.sort == "factor" else 6)
    words = {"row": label, "figure": figure, "row_at": str(row.place)}
    return words | ({"code": row.cell.code} if isinstance(row.cell, Outcome) else {})


def _season_words(table: Lookup) -> Told:
    """Each season's days and figure; together a sum of amounts, or the mean of factors to six places."""
    rows = [(days_in(table.key, season), season, table.row_of(season)) for season in table.axes[0].options]
    ready = [(fact, _row_words(table, row) | {"row": season}, table.weight(row)) for fact, season, row in rows if row]

    def told(facts: Facts) -> Line:
        counts = [(int(facts[fact]), words, weight) for fact, words, weight in ready]
        total, days = sum(count * weight for count, _, weight in counts), int(facts["term_days"])
        mean = (total * 2 * MICRO + FACTOR_ONE * days) // (2 * FACTOR_ONE * days)
        figure = decimal_text(mean if table.sort == "factor" else total, 6)
        return {"figure": figure, "parts": [{**words, "count": count} for count, words, _ in counts if count]}

    return told


def _marginal_words(table: Lookup) -> Told:
    """Each stretch of units with how many of them fall in it, and what those cost."""
    starts = table.axes[0].starts
    ready = [
        (start, end, _row_words(table, row), table.weight(row))
        for start, end, row in zip(starts, [*starts[1:], None], table.grid, strict=True)
        if row
    ]

    def told(facts: Facts) -> Line:
        units, parts, total = int(facts[table.key]), [], 0
        for start, end, words, weight in ready:
            count = (units + 1 if end is None else min(end, units + 1)) - start
            if count > 0:
                total += count * weight
                parts.append({**words, "count": count, "amount": units_text(count * weight)})
        return {"figure": decimal_text(total, 6), "parts": parts}

    return told
