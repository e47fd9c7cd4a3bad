"""Every whole number that a price can need must fit 64 bits: in columns a larger one would wrap in silence.

Bounds only: the greatest that each figure can be, from the declared ranges and the tables' greatest cells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

from coverage.rulebook.checking.taxes import Taxes
from coverage.rulebook.language.expressions import Expression, Kind
from coverage.rulebook.language.notation import (
    FACTOR_ONE,
    MICRO_PER_CENT,
    RATE_ONE,
    Factor,
    Flat,
    Outcome,
    PerTerm,
    RateOf,
    ShareOf,
)
from coverage.rulebook.language.reading import Document, Finding, Place
from coverage.rulebook.planning.plan import Charge, ContractMove, Lookup, Plan, PlannedSection
from coverage.rulebook.planning.taxes import TaxRate
from coverage.rulebook.planning.taxing import split_name
from coverage.rulebook.running.scalar import MOST_STEPS

INT64: Final = 2**63


def overflows(document: Document, plan: Plan) -> Iterator[Finding]:
    """Figures of the rules themselves that could pass 2⁶³."""
    for name, formula in plan.formulas.items():
        if _peak(formula) >= INT64:
            words = "it could pass 2^63 on the way; expected smaller ranges or figures"
            yield document.finding(("derived", name), words, "overflow", key=True)
    for condition, place in _conditions(plan):
        if _peak(condition) >= INT64:
            yield Finding(place, "it could pass 2^63 on the way; expected smaller ranges or figures", "overflow")
    nets: dict[str, int] = {}
    faults: list[Finding] = []
    for section in plan.sections:
        nets[section.name], peak = _worst(plan, section, nets)
        if peak >= INT64:
            words = "its premium could pass 2^63 micro-units on the way; expected smaller ranges, factors or amounts"
            faults.append(Finding(section.place, words, "overflow"))
            nets[section.name] = 0  # what has a share of it isn't told again
    if not faults:
        whole, faults = _contract(plan, list(nets.values()))
        if not faults and (whole + sum(fee.cents for fee in plan.fees)) * RATE_ONE >= INT64:
            words = "the sections together could pass 2^63; expected smaller ranges"
            faults.append(document.finding(("sections",), words, "overflow", key=True))
    yield from faults


def taxes_overflow(document: Document, plan: Plan, taxes: Taxes) -> Iterator[Finding]:
    """Whether the taxes on the greatest premium pass 2⁶³ on the way: the rates' fractions are what they multiply by."""
    nets: dict[str, int] = {}
    for section in plan.sections:
        nets[section.name] = _worst(plan, section, nets)[0]
    whole, _ = _contract(plan, list(nets.values()))
    # Surcharges are premium, too: each adds its share, and at most all of it.
    borne = 1 + max((len(way.surcharges) for section in plan.sections for way in section.tax.ways.values()), default=0)
    base = whole * borne + sum(fee.cents for fee in plan.fees)
    for country in dict.fromkeys([plan.country, *(split_name(name, plan.country)[0] for name in plan.tax_classes)]):
        if country not in taxes:
            continue
        file = taxes[country][1]
        rows = [row for found in file.premium_tax.values() for row in found]
        rows += [row for levy in file.levies for row in levy.rates]
        rows += [row for surcharge in file.surcharges for found in surcharge.on.values() for row in found]
        for row in rows:
            rate = TaxRate("", "", "", row.rate, row.on_share, 0, "", "", row.verified)
            if base * rate.numerator + rate.denominator >= INT64:
                words = f"a tax of {country} on the sections together could pass 2^63; expected smaller ranges"
                yield document.finding(("sections",), words, "overflow", key=True)
                return


# ------------------------------------------------------------------------------------------- expressions


def _conditions(plan: Plan) -> Iterator[tuple[Expression, Place]]:
    for check in plan.checks:
        yield check.condition, check.place
    for section in plan.sections:
        if section.when is not None:
            yield section.when, section.place
        if section.unavailable is not None:
            yield section.unavailable[0], section.place
        for step in section.steps:
            if step.when is not None:
                yield step.when, step.place
    for move in plan.moves:
        if move.when is not None:
            yield move.when, move.place


def _peak(expression: Expression) -> int:
    """The greatest figure within an expression, without its sign."""
    here = max(abs(expression.kind.lowest), abs(expression.kind.highest)) if expression.kind.number else 0
    return max([here, *map(_peak, expression.arguments)])


# ------------------------------------------------------------------------------------------- sections


def _worst(plan: Plan, section: PlannedSection, nets: Mapping[str, int]) -> tuple[int, int]:
    """A section's greatest premium in cents, and the greatest figure met on the way there."""
    running = peak = 0
    for step in section.steps:
        figure, high = _at_worst(plan, step.charge, nets)
        if step.op == "times":
            by_day = isinstance(step.charge, Lookup) and step.charge.by_day
            # Over the days of a season their factors are summed before they are averaged.
            high = running * (high if by_day else figure) + FACTOR_ONE * _days(plan)
        else:
            high = max(high, running + figure)
        peak = max(peak, high)
        match step.op:
            case "times":
                after = running * figure // FACTOR_ONE + 1
                running = max(running, after) if step.when else after
            case "plus":
                running += figure
            case "base" | "at_least":
                running = max(running, figure)
            case "at_most" if step.when is None:
                running = min(running, figure)
    return running // MICRO_PER_CENT + 1, peak + MICRO_PER_CENT


def _days(plan: Plan) -> int:
    return plan.kinds["term_days"].highest


def _at_worst(plan: Plan, charge: Charge, nets: Mapping[str, int]) -> tuple[int, int]:
    """The charge's greatest value, and the greatest figure met while working it out."""
    hours, days = plan.kinds["term_hours"].highest, _days(plan)
    match charge:
        case Flat(amount):
            return amount.micros, amount.micros
        case Factor(value):
            return value, value
        case PerTerm(amount=amount, unit=unit, day_cap=cap):
            # With a cap each day is worked out by itself, whole days at 24 hours.
            most = amount.micros * (days if unit == "day" else days * 24 if cap else hours)
            return most, most
        case RateOf(rate=rate, name=name, per_day=per_day):
            high = max(plan.kinds[name].highest, 0) * rate * (days if per_day else 1)
            return high // RATE_ONE + 1, high + RATE_ONE
        case ShareOf(rate=rate, sections=names):
            high = sum(nets.get(name, 0) for name in names) * MICRO_PER_CENT * rate
            return high // RATE_ONE + 1, high + RATE_ONE
        case Lookup() if charge.marginal:
            most = _whole_marginal(charge, plan.kinds[charge.key])
            return most, most
        case Lookup() if charge.by_day:
            summed = charge.heaviest * days
            return (summed, summed) if charge.sort == "amount" else (charge.heaviest, summed)
        case Lookup():
            return charge.heaviest, charge.heaviest


def _whole_marginal(table: Lookup, kind: Kind) -> int:
    """What all units of a marginal table cost together."""
    total = 0
    starts = [*table.axes[0].starts, kind.highest + 1]
    for (first, following), row in zip(pairwise(starts), table.grid, strict=True):
        if row is not None and not isinstance(row.cell, Outcome):
            total += table.weight(row) * max(following - first, 0)
    return total


# ------------------------------------------------------------------------------------------- the contract


def _contract(plan: Plan, nets: list[int]) -> tuple[int, list[Finding]]:
    """The greatest net of all sections together in cents after the contract's steps, and the first that goes too far."""
    for move in plan.moves:
        if _moved(move, nets) >= INT64:
            words = "it could pass 2^63 on the way; expected smaller ranges, factors or amounts"
            return sum(nets), [Finding(move.place, words, "overflow")]
    return sum(nets), []


def _moved(move: ContractMove, nets: list[int]) -> int:
    """Works a step of the contract on the greatest `nets`; answers the greatest figure met on the way."""
    over = [nets[index] for index in move.over]
    total = sum(over)
    match move.charge:
        case Factor(value=factor):
            heaviest = factor
        case Flat(amount=amount):
            heaviest = amount.micros // MICRO_PER_CENT
        case Lookup():
            heaviest = move.charge.heaviest
        case figure:
            heaviest = figure
    match move.op:
        case "times":
            for index in move.over:
                after = nets[index] * heaviest // FACTOR_ONE + 1
                nets[index] = max(nets[index], after) if move.when else after
            return max((net * heaviest + FACTOR_ONE for net in over), default=0)
        case "minus":
            # What is left is spread in proportion to the sections' nets.
            return total * max(over, default=0)
        case "at_least":
            for index in move.over:
                nets[index] = max(nets[index], heaviest)
            # Raised are only sections that cost less together; what they are raised to is spread in proportion.
            return heaviest * heaviest + total
    for index in move.over:
        nets[index] += MOST_STEPS * heaviest
    return total + MOST_STEPS * heaviest * len(over)
