"""What a section promises for one risk: its limits and deductible, resolved and frozen into the cover."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coverage.domain.cover import SectionTerms
from coverage.domain.period import Period
from coverage.rulebook.format import DeductibleTable, Edition, FixedDeductible, Section, ShareDeductible
from coverage.rulebook.notation import MICRO_PER_CENT, Amount
from coverage.rulebook.scalar import Fact


def section_terms(edition: Edition, name: str, facts: Mapping[str, Fact], period: Period, net: int) -> SectionTerms:
    """The terms of the section `name` for `facts` over `period`; `net` is its premium in minor units."""
    section = edition.sections[name]
    return SectionTerms(
        section=name,
        period=period,
        layer=section.layer,
        per=section.limit.per,
        limits={key: _limit(value, facts) for key, value in section.limit.amounts.items()},
        sublimits={key: _cents(amount) for key, amount in section.sublimits.items()},
        deductible=_deductible(section, facts),
        average=section.average,
        net=net,
    )


def at_risk(edition: Edition, section: str, facts: Mapping[str, Fact]) -> int:
    """What a section can pay at most for `facts`, in minor units, to count against an accumulation's cap."""
    terms = edition.sections[section].limit.amounts
    return max((_limit(value, facts) or 0 for value in terms.values()), default=0)


def _limit(value: Amount | str, facts: Mapping[str, Fact]) -> int | None:
    if isinstance(value, Amount):
        return _cents(value)
    return None if value == "unlimited" else int(facts[value]) // MICRO_PER_CENT


def _deductible(section: Section, facts: Mapping[str, Fact]) -> dict[str, Any] | None:
    match section.deductible:
        case FixedDeductible(amount=amount, owed_by=owed_by):
            return {"amount": _cents(amount), "owed_by": owed_by}
        case DeductibleTable(by=by, values=values, owed_by=owed_by):
            return {"amount": _cents(values[str(facts[by])]), "owed_by": owed_by}
        case ShareDeductible(share=share, min=least, max=most, owed_by=owed_by):
            return {
                "share_percent": share,
                "min": _cents(least) if least else None,
                "max": _cents(most) if most else None,
                "owed_by": owed_by,
            }
    return None


def _cents(amount: Amount) -> int:
    return amount.micros // MICRO_PER_CENT
