"""Why a price is what it is: each step with its table, row, figure, amounts before and after, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from coverage.domain.premium import Premium, TaxLine
from coverage.rulebook.emitting import HOURS_A_DAY
from coverage.rulebook.emitting_taxes import part_of
from coverage.rulebook.expressions import evaluate
from coverage.rulebook.notation import (
    FACTOR_ONE,
    MICRO,
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
from coverage.rulebook.plan import (
    FIRST_DAY_HOURS,
    LAST_DAY_HOURS,
    Charge,
    ContractMove,
    Lookup,
    Plan,
    PlannedSection,
    Row,
    days_in,
)
from coverage.rulebook.scalar import Facts, Scalar, Trace
from coverage.rulebook.taxes import TaxRate
from coverage.rulebook.taxing import split_name

# A step as data; which keys it has says which kind it is of. Amounts are text in units of the currency.
#   step     what was done; where it is one of a contract's: contract_times, contract_minus, contract_minimum, …round
#   section, name, code    what it was done to, or what it is called
#   table, by, row, row_at    the table that gave the figure, its keys, the row that held, where that stands
#   figure, count, of, on    the figure, so many hours or days of it, what it is a share of, and the amount of that
#   parts    what a figure or a base was put together from: each its row, section or name, with count, figure, amount
#   before, after, at    the amounts around the step, and where it stands as file:line:column
#   source, since, verified, country    the law of a tax or surcharge, since when, whether it was read, whose it is
Line = dict[str, Any]

CONTRACT_STEPS: Final = {
    "times": "contract_times", "minus": "contract_minus", "at_least": "contract_minimum", "round_gross": "contract_round",
}  # fmt: skip


def explain(compiled: Scalar, facts: Facts) -> list[Line]:
    """Every step of the decision for `facts`, in the order in which it was taken.

    Amounts are text in units of the currency, exact to the micro-unit. A declined risk has its reasons only.
    """
    trace, plan = compiled.trace(facts), compiled.plan
    lines = list(_verdict_lines(plan, trace))
    premium = trace.decision.premium
    if premium is None:
        return lines
    known = _with_formulas(plan, facts)
    slots = iter(trace.amounts)
    for index, section in enumerate(plan.sections):
        lines += _section_lines(plan, section, known, [next(slots) for _ in section.steps], trace.nets[index])
    lines += _contract_lines(plan, known, trace)
    return lines + list(_priced_lines(compiled, known, premium))


def cents_text(cents: int) -> str:
    """Minor units as units: 563 is "5.63"."""
    return decimal_text(cents * MICRO_PER_CENT, 6, least=2)


def _micros_text(micros: int) -> str:
    return decimal_text(micros, 6, least=2)


def _percent(rate: int) -> str:
    return f"{decimal_text(rate, 4)}%"


def _verdict_lines(plan: Plan, trace: Trace) -> Iterator[Line]:
    """Each rule or cell that told one of the decision's reasons (a code may be told by several), and each section that
    can't be had.
    """
    for number in trace.met:
        verdict = plan.verdicts[number]
        line: Line = {"step": verdict.decision, "code": verdict.code, "at": str(verdict.place)}
        if verdict.decision == "unavailable":
            yield line | {"section": verdict.section}
        elif verdict.code in trace.decision.reasons:
            yield line


def _with_formulas(plan: Plan, facts: Facts) -> Facts:
    known: dict[str, Any] = dict(facts)
    for name, formula in plan.formulas.items():
        known[name] = evaluate(formula, known)
    return known


# ------------------------------------------------------------------------------------------- sections


def _section_lines(
    plan: Plan, section: PlannedSection, facts: Facts, amounts: Sequence[int | None], cents: int
) -> Iterator[Line]:
    running: int | None = None
    for step, after in zip(section.steps, amounts, strict=True):
        if after is None:
            continue
        line: Line = {"step": step.op, "section": section.name, **_charge_words(plan, step.charge, facts)}
        if step.op != "base":
            line["before"] = _micros_text(running or 0)
        yield line | {"after": _micros_text(after), "at": str(step.place)}
        running = after
    if running is not None:
        yield {
            "step": "round", "section": section.name, "figure": "0.01", "before": _micros_text(running),
            "after": cents_text(cents), "at": str(section.place),
        }  # fmt: skip


def _charge_words(plan: Plan, charge: Charge, facts: Facts) -> Line:
    match charge:
        case Lookup():
            return _table_words(charge, facts)
        case Factor(value):
            return {"figure": decimal_text(value, 4)}
        case Flat(found):
            return {"figure": str(found)}
        case PerTerm():
            return _per_term_words(plan, charge, facts)
        case RateOf(rate=rate, name=name, per_day=per_day):
            days = {"count": facts["term_days"]} if per_day else {}
            figure = _percent(rate) + (" per day" if per_day else "")
            return {"figure": figure, "of": name, "on": _micros_text(int(facts[name])), **days}
        case ShareOf(rate=rate, sections=names):
            return {"figure": _percent(rate), "of": ", ".join(names)}


def _per_term_words(plan: Plan, charge: PerTerm, facts: Facts) -> Line:
    """An amount for each hour or day. Where days of the calendar are capped, each end of the term and what lies between
    are told by themselves.
    """
    cap, days = charge.day_cap, int(facts["term_days"])
    figure = f"{charge.amount} per {charge.unit}" + (f", at most {cap} per day" if cap else "")
    line: Line = {"figure": figure, "count": facts["term_hours"] if charge.unit == "hour" else days}
    if cap is None or charge.unit == "day" or plan.day != "calendar" or days == 1:
        return line
    first, last = int(facts[FIRST_DAY_HOURS]), int(facts[LAST_DAY_HOURS])
    each = [
        ("first_day", first, 1, first),
        *([("whole_days", days - 2, days - 2, HOURS_A_DAY)] if days > 2 else []),
        ("last_day", last, 1, last),
    ]
    line["parts"] = [
        {"row": row, "count": count, "amount": _micros_text(times * min(hours * charge.amount.micros, cap.micros))}
        for row, count, times, hours in each
    ]
    return line


# ------------------------------------------------------------------------------------------- tables


def _table_words(table: Lookup, facts: Facts) -> Line:
    words: Line = {"table": table.name, "by": ", ".join(table.keys)}
    if table.by_day:
        return words | _season_words(table, facts)
    if table.marginal:
        return words | _marginal_words(table, int(facts[table.key]))
    row = table.row_for(facts)
    return {"table": table.name} if row is None else words | _row_words(table, row)


def _row_words(table: Lookup, row: Row) -> Line:
    label = ", ".join(match.label for match in row.matches) or "otherwise"
    words = {"row": label, "figure": _figure(table, table.weight(row)), "row_at": str(row.place)}
    return words | ({"code": row.cell.code} if isinstance(row.cell, Outcome) else {})


def _figure(table: Lookup, weight: int) -> str:
    return decimal_text(weight, 4 if table.sort == "factor" else 6)


def _season_words(table: Lookup, facts: Facts) -> Line:
    """Each season's days and figure; together a sum of amounts, or the mean of factors to six places."""
    parts, total, days = [], 0, int(facts["term_days"])
    for season in table.axes[0].options:
        count, row = int(facts[days_in(table.key, season)]), table.row_of(season)
        if count and row is not None:
            total += count * table.weight(row)
            parts.append(_row_words(table, row) | {"row": season, "count": count})
    mean = (total * 2 * MICRO + FACTOR_ONE * days) // (2 * FACTOR_ONE * days)
    return {"figure": decimal_text(mean if table.sort == "factor" else total, 6), "parts": parts}


def _marginal_words(table: Lookup, units: int) -> Line:
    """Each stretch of units with how many of them fall in it, and what those cost."""
    starts, parts, total = table.axes[0].starts, [], 0
    for start, following in zip(starts, [*starts[1:], units + 1], strict=True):
        row, count = table.row_of(start), min(following, units + 1) - start
        if row is not None and count > 0:
            amount = count * table.weight(row)
            total += amount
            parts.append(_row_words(table, row) | {"count": count, "amount": _micros_text(amount)})
    return {"figure": decimal_text(total, 6), "parts": parts}


# ------------------------------------------------------------------------------------------- the contract


def _contract_lines(plan: Plan, facts: Facts, trace: Trace) -> Iterator[Line]:
    """Each step on sections together, for each of them that it changed; of a factor for each that it was taken on."""
    before = trace.nets
    for move, after in zip(plan.moves, trace.contract, strict=True):
        if after is None:
            continue
        words = _move_words(plan, move, facts)
        for index in move.over:
            name = plan.sections[index].name
            taken = move.op == "times" and any(found.name == name for found in _sections(trace))
            if before[index] != after[index] or taken:
                yield {
                    "step": CONTRACT_STEPS[move.op], "section": name, **words,
                    "before": cents_text(before[index]), "after": cents_text(after[index]), "at": str(move.place),
                }  # fmt: skip
        before = after


def _sections(trace: Trace) -> Sequence[Any]:
    return trace.decision.premium.sections if trace.decision.premium else ()


def _move_words(plan: Plan, move: ContractMove, facts: Facts) -> Line:
    if isinstance(move.charge, int):
        return {"figure": cents_text(move.charge)}
    return _charge_words(plan, move.charge, facts)


# ------------------------------------------------------------------------------------------- surcharges and taxes


def _priced_lines(compiled: Scalar, facts: Facts, premium: Premium) -> Iterator[Line]:
    """The surcharges, taxes and fees, and what it all comes to."""
    home = compiled.plan.country
    rates = {(rate.kind == "surcharge", rate.name, rate.tax_class): rate for rate in compiled.taxes.rates}
    kinds = {
        (section.name, name): kind
        for section in compiled.plan.sections
        if section.name in {found.name for found in premium.sections}
        for name, kind in section.tax.of(facts).surcharges
    }
    for line in premium.surcharges:
        rate = rates[True, line.name, kinds[line.section, line.name]]
        yield {
            "step": "surcharge", "name": line.name, "section": line.section, **_rate_words(rate, home),
            "before": cents_text(line.base), "after": cents_text(line.amount),
        }  # fmt: skip
    for tax in premium.taxes:
        yield {
            "step": tax.kind, "name": tax.name, **_rate_words(rates[False, tax.name, tax.tax_class], home),
            "before": cents_text(tax.base), "after": cents_text(tax.amount), **_split_words(compiled, facts, premium, tax),
        }  # fmt: skip
    for fee in premium.fees:
        yield {"step": "fee", "name": fee.name, "after": cents_text(fee.amount)}
    yield {"step": "gross", "before": cents_text(premium.net), "after": cents_text(premium.gross)}


def _rate_words(rate: TaxRate, home: str) -> Line:
    country = split_name(rate.tax_class, home)[0]
    return {
        "figure": _percent(rate.rate * rate.on_share // RATE_ONE) if rate.tax_class else "flat",
        "source": rate.source,
        **({"since": rate.since} if rate.since else {}),
        "verified": rate.verified,
        **({"country": country} if country != home else {}),
    }


def _split_words(compiled: Scalar, facts: Facts, premium: Premium, tax: TaxLine) -> Line:
    """What the tax's base was put together from, where a section has only a share in it."""
    plan, parts, split = compiled.plan, [], False
    nets = {section.name: section.net for section in premium.sections}
    for section in plan.sections:
        before = 0
        for name, share in section.tax.of(facts).classes if section.name in nets else ():
            if name == tax.tax_class:
                borne = [line.amount for line in premium.surcharges if line.section == section.name]
                amount = sum(part_of(found, before, before + share) for found in (nets[section.name], *borne))
                parts.append({"section": section.name, "figure": _percent(share), "amount": cents_text(amount)})
                split = split or share < RATE_ONE
            before += share
    fees = [fee for fee in plan.fees if fee.tax_class == tax.tax_class]
    parts += [{"name": fee.name, "amount": cents_text(fee.cents)} for fee in fees]
    return {"parts": parts} if split else {}
