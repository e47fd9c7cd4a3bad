"""What a section promises for one risk: its limits, deductible and window, resolved and frozen into the cover."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from typing import Any, Final

from coverage.domain.cover import SectionTerms
from coverage.domain.period import Period
from coverage.domain.premium import Premium, half_up
from coverage.rulebook.format import (
    DeductibleTable,
    Edition,
    FixedDeductible,
    LimitTable,
    Refund,
    Section,
    ShareDeductible,
)
from coverage.rulebook.language.expressions import evaluate, parse
from coverage.rulebook.language.notation import MICRO_PER_CENT, RATE_ONE, Amount
from coverage.rulebook.loaded import LoadedEdition
from coverage.rulebook.planning.plan import Plan
from coverage.rulebook.running.scalar import Fact

Facts = Mapping[str, Fact]

# The tax class of a vehicle's compulsory liability; heavier vehicles have classes of their own that begin so.
COMPULSORY_MOTOR: Final = "motor_compulsory"


def section_terms(edition: LoadedEdition, name: str, facts: Facts, window: Period, net: int) -> SectionTerms:
    """The terms of the section `name` for `facts` over its `window`; `net` is its premium in minor units."""
    section = edition.rules.sections[name]
    known = _known(edition.plan, facts)
    return SectionTerms(
        section=name,
        period=window,
        layer=section.layer,
        per=section.limit.per,
        limits={key: _most(value, known) for key, value in section.limit.amounts.items()},
        sublimits={key: _most(value, known) for key, value in section.sublimits.items()},
        deductible=_deductible(section, known),
        average=section.average,
        net=net,
        exclusions=tuple(section.exclusions),
    )


def window_of(section: Section, term: Period, booked_at: datetime) -> Period | None:
    """When a section covers: the term, or from the booking until the term begins; None where no time is left for that."""
    if section.period == "term":
        return term
    return Period(booked_at, term.start) if booked_at < term.start else None


def at_risk(edition: LoadedEdition, section: str, facts: Facts) -> int:
    """What a section can pay at most for `facts`, in minor units, to count against an accumulation's cap."""
    known = _known(edition.plan, facts)
    amounts = edition.rules.sections[section].limit.amounts
    return max((_most(value, known) or 0 for value in amounts.values()), default=0)


def refund_due(edition: Edition, start: datetime, at: datetime) -> Refund:
    """What a cancellation at `at` gives back of a cover that begins at `start`: the first of the tiers that holds."""
    for tier in edition.refund:
        holds = at >= start if tier.until is None else (start - at).total_seconds() > tier.until
        if holds:
            return tier.give
    return Refund(0)


def refund_share(refund: Refund, term: Period, at: datetime) -> Fraction:
    """What part of a premium a refund gives back at an instant: of the whole, or of the unused part by elapsed seconds."""
    share = Fraction(refund.percent, 100)
    if refund.of_unused:
        left = max((term.end - max(at, term.start)).total_seconds(), 0)
        share *= Fraction(int(left), term.seconds)
    return share


def returned(rules: Edition, paid: Premium, share: Fraction, *, with_fees: bool = True) -> Premium:
    """What goes back of all that was paid when `share` of the premium does.

    A fee that isn't refundable stays, with the tax on it, and without `with_fees` every fee; a flat levy, owed once for the
    contract, goes back only with all the rest. Every other line goes back in the same part, half up.
    """
    keeps = {fee.name: fee.taxed_as for fee in rules.fees if not (fee.refundable and with_fees)}
    kept = tuple(fee for fee in paid.fees if fee.name in keeps)
    taxed = {tax_class: 0 for tax_class in keeps.values() if tax_class}
    for fee in kept:
        if tax_class := keeps[fee.name]:
            taxed[tax_class] += fee.amount
    taxes, seen = [], set[tuple[str, str, str]]()
    for line in paid.taxes:
        if not line.tax_class and share < 1:
            continue
        # A fee was paid once, with the first price: a second rate of the same tax was taken on none.
        tax = (line.name, line.kind, line.tax_class)
        on_fees = min(taxed.get(line.tax_class, 0), line.base) if tax not in seen else 0
        seen.add(tax)
        amount = half_up(Fraction(on_fees * line.rate, RATE_ONE))
        taxes.append(replace(line, base=line.base - on_fees, amount=max(line.amount - amount, 0)))
    fees = tuple(fee for fee in paid.fees if fee not in kept)
    return Premium.of(paid.currency, paid.sections, tuple(taxes), fees, paid.surcharges).share(share)


def tax_shares(edition: LoadedEdition, facts: Facts) -> dict[str, dict[str, int]]:
    """The tax classes that each section's premium falls in, with their shares of it (× 10⁶)."""
    return {section.name: dict(section.tax.of(facts).classes) for section in edition.plan.sections}


def liability_sections(edition: LoadedEdition, facts: Facts) -> tuple[str, ...]:
    """The sections that are compulsory motor liability for these facts, by the class that they are taxed in."""
    compulsory = (COMPULSORY_MOTOR, f"{COMPULSORY_MOTOR}_")
    return tuple(
        name
        for name, shares in tax_shares(edition, facts).items()
        if any(
            (own := tax_class.rpartition(":")[2]) == compulsory[0] or own.startswith(compulsory[1])
            for tax_class in shares
        )
    )


def insures_vehicle(edition: LoadedEdition, facts: Facts) -> bool:
    """Whether it is a vehicle with a registration, under compulsory motor liability."""
    named = edition.rules.object
    return named is not None and named.kind == "vehicle_registration" and bool(liability_sections(edition, facts))


def is_exempt_from_withdrawal(edition: LoadedEdition, facts: Facts) -> bool:
    """Whether the product's own condition takes the right to withdraw away for this risk."""
    rule = edition.rules.withdrawal
    if rule is None or rule.exempt_when is None:
        return False
    return bool(evaluate(parse(rule.exempt_when, edition.plan.kinds), _known(edition.plan, facts)))


def _known(plan: Plan, facts: Facts) -> dict[str, Any]:
    """The facts with what expressions make of them: a limit may be a derived amount."""
    known: dict[str, Any] = dict(facts)
    for name, formula in plan.formulas.items():
        known[name] = evaluate(formula, known)
    return known


def _most(value: Amount | str | LimitTable, known: Mapping[str, Any]) -> int | None:
    """A limit in minor units, half up; None is unlimited."""
    if isinstance(value, LimitTable):
        return _most(value.values[_label(known[value.by])], known)
    if isinstance(value, Amount):
        return _cents(value.micros)
    return None if value == "unlimited" else _cents(max(known[value], 0))


def _label(choice: object) -> str:
    """A choice as tables label it."""
    return str(choice) if not isinstance(choice, bool) else "yes" if choice else "no"


def _deductible(section: Section, known: Mapping[str, Any]) -> dict[str, Any] | None:
    deductible = section.deductible
    if deductible is None:
        return None
    how = {
        "owed_by": deductible.owed_by,
        "applied": deductible.applied,
        "against_third_parties": deductible.against_third_parties,
    }
    match deductible:
        case FixedDeductible(amount=amount):
            return {"amount": _cents(amount.micros), **how}
        case DeductibleTable(by=by, values=values):
            return {"amount": _cents(values[_label(known[by])].micros), **how}
        case ShareDeductible(share=share, min=least, max=most):
            return {
                "share_percent": share,
                "min": _cents(least.micros) if least else None,
                "max": _cents(most.micros) if most else None,
                **how,
            }


def _cents(micros: int) -> int:
    return (micros + MICRO_PER_CENT // 2) // MICRO_PER_CENT
