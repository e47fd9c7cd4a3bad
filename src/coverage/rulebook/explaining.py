"""Why a price is what it is: each step with its table, row, figure, amounts before and after, and where it stands."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from coverage.rulebook.expressions import evaluate
from coverage.rulebook.notation import (
    MICRO_PER_CENT,
    RATE_ONE,
    Factor,
    Flat,
    Outcome,
    PerTerm,
    RateOf,
    ShareOf,
    decimal_text,
)
from coverage.rulebook.plan import Charge, Lookup, Plan, PlannedSection
from coverage.rulebook.scalar import Facts, Scalar, Trace

# Money in an explanation is minor units, exact: whole cents after rounding, a decimal text before.
Line = dict[str, Any]


def explain(compiled: Scalar, facts: Facts) -> list[Line]:
    """Every step of the decision for `facts`, in the order in which it was taken.

    Amounts are text in units of the currency, exact to the micro-unit. A declined risk has its reasons only.
    """
    trace = compiled.trace(facts)
    plan = compiled.plan
    lines = _verdict_lines(plan, trace)
    premium = trace.decision.premium
    if premium is None:
        return lines
    facts = _with_formulas(plan, facts)
    slot = 0
    for section in plan.sections:
        lines += _section_lines(plan, section, facts, trace, slot)
        slot += len(section.steps)
    for minimum, (before, after) in zip(plan.minimums, pairwise(trace.contract), strict=True):
        lines += [
            {
                "step": "contract_minimum", "section": plan.sections[index].name, "figure": cents_text(minimum.cents),
                "before": cents_text(before[index]), "after": cents_text(after[index]), "at": str(minimum.place),
            }
            for index in minimum.over
            if before[index] != after[index]
        ]  # fmt: skip
    return lines + _tax_lines(compiled, trace)


def cents_text(cents: int) -> str:
    """Minor units as units: 563 is "5.63"."""
    return decimal_text(cents * MICRO_PER_CENT, 6, least=2)


def _micros_text(micros: int) -> str:
    return decimal_text(micros, 6, least=2)


def _verdict_lines(plan: Plan, trace: Trace) -> list[Line]:
    """Each rule or cell that told one of the decision's reasons: a code may be told by several."""
    told = [plan.verdicts[index] for index in trace.met if plan.verdicts[index].code in trace.decision.reasons]
    return [{"step": verdict.decision, "code": verdict.code, "at": str(verdict.place)} for verdict in told]


def _with_formulas(plan: Plan, facts: Facts) -> Facts:
    known: dict[str, Any] = dict(facts)
    for name, formula in plan.formulas.items():
        known[name] = evaluate(formula, known)
    return known


def _section_lines(plan: Plan, section: PlannedSection, facts: Facts, trace: Trace, slot: int) -> list[Line]:
    lines: list[Line] = []
    running = 0
    for offset, step in enumerate(section.steps):
        after = trace.amounts[slot + offset]
        if after is None:
            continue
        line: Line = {"step": step.op, "section": section.name, **_charge_words(step.charge, facts)}
        if step.op != "base":
            line["before"] = _micros_text(running)
        lines.append(line | {"after": _micros_text(after), "at": str(step.place)})
        running = after
    if lines:
        index = plan.sections.index(section)
        cents = trace.contract[0][index]
        lines.append(
            {
                "step": "round", "section": section.name, "figure": "0.01", "before": _micros_text(running),
                "after": cents_text(cents), "at": str(section.place),
            }
        )  # fmt: skip
    return lines


def _charge_words(charge: Charge, facts: Facts) -> Line:
    match charge:
        case Lookup():
            row = charge.row_of(facts[charge.key])
            if row is None:
                return {"table": charge.name}
            figure = decimal_text(charge.weight(row), 4 if charge.sort == "factor" else 6)
            words = {
                "table": charge.name,
                "by": charge.key,
                "row": row.label,
                "figure": figure,
                "row_at": str(row.place),
            }
            return words | ({"code": row.cell.code} if isinstance(row.cell, Outcome) else {})
        case Factor(value):
            return {"figure": decimal_text(value, 4)}
        case Flat(found):
            return {"figure": str(found)}
        case PerTerm(amount=found, unit=unit, day_cap=cap):
            count = facts["term_hours" if unit == "hour" else "term_days"]
            return {"figure": f"{found} per {unit}" + (f", at most {cap} per day" if cap else ""), "count": count}
        case RateOf(rate=rate, name=name, per_day=per_day):
            base = _micros_text(int(facts[name]))
            days = {"count": facts["term_days"]} if per_day else {}
            return {
                "figure": f"{decimal_text(rate, 4)}%" + (" per day" if per_day else ""),
                "of": name,
                "on": base,
                **days,
            }
        case ShareOf(rate=rate, sections=names):
            return {"figure": f"{decimal_text(rate, 4)}%", "of": ", ".join(names)}


def _tax_lines(compiled: Scalar, trace: Trace) -> list[Line]:
    premium = trace.decision.premium
    assert premium is not None  # noqa: S101 — the caller has a price
    rates = {(rate.name, rate.tax_class): rate for rate in compiled.taxes.rates}
    lines: list[Line] = []
    for tax in premium.taxes:
        rate = rates[tax.name, tax.tax_class]
        share = rate.rate * rate.on_share // RATE_ONE
        lines.append(
            {
                "step": tax.kind, "name": tax.name, "figure": f"{decimal_text(share, 4)}%" if tax.tax_class else "flat",
                "before": cents_text(tax.base), "after": cents_text(tax.amount), "source": rate.source,
                "since": rate.since, "verified": rate.verified,
            }
        )  # fmt: skip
    lines += [{"step": "fee", "name": fee.name, "after": cents_text(fee.amount)} for fee in premium.fees]
    return [*lines, {"step": "gross", "before": cents_text(premium.net), "after": cents_text(premium.gross)}]
