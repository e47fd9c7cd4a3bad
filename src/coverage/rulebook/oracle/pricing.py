"""The oracle: a slow, obvious Decimal reading of the typed edition, against which the compiled forms are held.

It shares neither the plan nor the emitter, so that it can't share their mistakes. Nothing in production asks it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

from coverage.rulebook.format import ContractStep, Edition, Section, Step, TaxExempt, TaxSplit, TaxTable, YearsFrom
from coverage.rulebook.language.expressions import Expression, Kind, evaluate, parse
from coverage.rulebook.language.notation import Amount, Factor, Flat, Outcome, PerTerm, RateOf, ShareOf
from coverage.rulebook.oracle.facts import kinds_of
from coverage.rulebook.oracle.tables import OracleTable, Places, Site, units, written
from coverage.rulebook.planning.taxes import TaxesInForce

MICRO = Decimal("0.000001")
CENT = Decimal("0.01")
ZERO, ONE = Decimal(0), Decimal(1)
MOST_STEPS = 20  # how far, in steps, a section is raised to round the gross premium


@dataclass(frozen=True, slots=True)
class Told:
    """What the oracle says: the outcome, its codes in the file's order, and amounts in units of the currency; `steps`
    are the running amounts after each premium step that applied.
    """

    outcome: str
    reasons: tuple[str, ...]
    unavailable: tuple[tuple[str, str], ...]  # section, code
    sections: dict[str, Decimal]
    surcharges: dict[tuple[str, str], Decimal]  # by name and section
    taxes: dict[tuple[str, str], Decimal]  # by name and class
    fees: Decimal
    gross: Decimal
    steps: tuple[Decimal, ...]


class Oracle:
    """Reads one edition with the taxes in force; `files` are the CSV files beside it, by name.

    While it tells, it counts in `ties` the exact halves that it rounded, and in `contract` the contract's steps that
    changed something, so that a comparison can say what it met.
    """

    def __init__(self, edition: Edition, taxes: TaxesInForce, files: Mapping[str, str] | None = None) -> None:
        self.edition, self.taxes = edition, taxes
        self.kinds: dict[str, Kind] = kinds_of(edition)
        self.scaled = [name for name, kind in self.kinds.items() if kind.sort in ("money", "decimal")]
        self.parsed: dict[str, Expression] = {}
        places = Places()
        self.rules = [places.site(Outcome(rule.decision, rule.code)) for rule in edition.eligibility]
        ages = frozenset(name for name, rule in edition.derived.items() if isinstance(rule, YearsFrom))
        self.tables = {
            name: OracleTable(name, table, self.kinds, ages, (files or {}).get(table.file or "", ""), places)
            for name, table in edition.tables.items()
        }
        self.ties: Counter[str] = Counter()
        self.contract: Counter[str] = Counter()

    def tell(self, facts: Mapping[str, object]) -> Told:
        """Decides `facts` (canonical, money and decimals in micro-units)."""
        self.values: dict[str, Any] = dict(facts)
        for name in self.scaled:
            if name in self.values:
                self.values[name] = units(self.values[name])
        for name, rule in self.edition.derived.items():
            if isinstance(rule, str):
                self.values[name] = evaluate(self._parse(rule), self.values)
        self.met: list[Site] = []
        for rule_, site in zip(self.edition.eligibility, self.rules, strict=True):
            if self._holds(rule_.condition):
                self.met.append(site)
        self.nets: dict[str, Decimal] = {}
        self.steps: list[Decimal] = []
        unavailable = []
        for name, section in self.edition.sections.items():
            if not self._applies(section.when):
                continue
            if section.unavailable is not None and self._holds(section.unavailable.when):
                unavailable.append((name, section.unavailable.code))
            else:
                self.nets[name] = self._section(section)
        for step in self.edition.contract:
            if self._applies(step.when):
                before = dict(self.nets)
                self._contract_step(step)
                self.contract[step.op] += before != self.nets
        return self._told(tuple(unavailable))

    # ------------------------------------------------------------------------------------- expressions

    def _parse(self, text: str) -> Expression:
        if text not in self.parsed:
            self.parsed[text] = _in_units(parse(text, self.kinds))
        return self.parsed[text]

    def _holds(self, text: str) -> bool:
        return bool(evaluate(self._parse(text), self.values))

    def _applies(self, when: str | None) -> bool:
        return when is None or self._holds(when)

    def _half_up(self, value: Decimal, unit: Decimal, what: str) -> Decimal:
        rounded = value.quantize(unit, rounding=ROUND_HALF_UP)
        self.ties[what] += (rounded - value) * 2 == unit
        return rounded

    # ------------------------------------------------------------------------------------- premium steps

    def _section(self, section: Section) -> Decimal:
        running = ZERO
        for step in section.premium:
            if self._applies(step.when):
                running = self._step(step, running)
                self.steps.append(running)
        return self._half_up(running, CENT, "section")

    def _step(self, step: Step, running: Decimal) -> Decimal:
        if step.op == "times":
            return self._times(running, step.quantity, MICRO, "step")
        charge = self._charge(step.quantity)
        match step.op:
            case "base":
                return charge
            case "plus":
                return running + charge
            case "minus":
                return max(running - charge, ZERO)
            case "at_least":
                return max(running, charge)
        return min(running, charge)

    def _times(self, found: Decimal, quantity: Any, unit: Decimal, what: str) -> Decimal:
        """`found` times a factor or a table's cell, rounded once; over seasons each day weighs alike."""
        if isinstance(quantity, Factor):
            return self._half_up(found * quantity.value / 10_000, unit, what)
        table = self.tables[quantity.name]
        if not table.by_day:
            figure = self._figure(self._site(table))
            return self._half_up(found * (ONE if figure is None else figure), unit, what)
        weighed = sum((days * (ONE if figure is None else figure) for days, figure in self._days(table)), ZERO)
        return self._half_up(found * weighed / self._whole("term_days"), unit, what)

    def _charge(self, quantity: Any) -> Decimal:
        match quantity:
            case Flat(found):
                return _units(found)
            case PerTerm(amount=found, unit=unit, day_cap=cap):
                return self._per_term(_units(found), unit, _units(cap) if cap else None)
            case RateOf(rate=rate, name=name, per_day=per_day):
                share = self.values[name] * Decimal(rate) / 1_000_000
                return self._half_up(share * self._whole("term_days") if per_day else share, MICRO, "charge")
            case ShareOf(rate=rate, sections=names):
                shared = sum((self.nets.get(name, ZERO) for name in names), ZERO)
                return self._half_up(shared * Decimal(rate) / 1_000_000, MICRO, "charge")
        table = self.tables[quantity.name]
        if table.form == "marginal":
            return self._marginal(table)
        if table.by_day:
            return sum((days * (ZERO if figure is None else figure) for days, figure in self._days(table)), ZERO)
        return self._figure(self._site(table)) or ZERO

    def _per_term(self, each: Decimal, unit: str, cap: Decimal | None) -> Decimal:
        """Day by day: no day costs more than the cap."""
        if unit == "day":
            return (each if cap is None else min(each, cap)) * self._whole("term_days")
        hours = self._whole("term_hours")
        if cap is None:
            return each * hours
        return sum((min(each * of_day, cap) for of_day in self._hours_by_day(hours)), ZERO)

    def _hours_by_day(self, hours: int) -> list[int]:
        """How many charged hours each day of the term has: days of 24 hours from the start, or of the calendar."""
        if self.edition.term.day == "calendar":
            between = self._whole("term_days") - 2
            return [self._whole("first_day_hours"), *[24] * between, self._whole("last_day_hours")]
        return [min(hours - done, 24) for done in range(0, hours, 24)]

    def _whole(self, name: str) -> int:
        value = self.values[name]
        if not isinstance(value, int):
            raise TypeError(f"{name} is no whole number")
        return value

    # ------------------------------------------------------------------------------------- tables

    def _site(self, table: OracleTable) -> Site:
        return table.site(*(self.values[key] for key in table.keys))

    def _figure(self, site: Site) -> Decimal | None:
        """The cell's figure; None where it declines or refers, which is noted."""
        if site.outcome is not None:
            self.met.append(site)
        return site.figure

    def _days(self, table: OracleTable) -> list[tuple[int, Decimal | None]]:
        """How many days of the term lie in each season, and the season's cell."""
        name = table.keys[0]
        counted = [(self._whole(f"{name}.{season}"), season) for season in self.kinds[name].options]
        return [(days, self._figure(table.site(season))) for days, season in counted if days > 0]

    def _marginal(self, table: OracleTable) -> Decimal:
        count = self._whole(table.keys[0])
        if count > 0:
            self._figure(table.site(count))
        return table.total(count)

    # ------------------------------------------------------------------------------------- contract steps

    def _contract_step(self, step: ContractStep) -> None:
        wanted = step.at_least.over if step.at_least else step.over or list(self.edition.sections)
        over = [name for name in wanted if name in self.nets]
        if not over:
            return  # on nothing that is covered nothing is taken, and no table asked
        if step.times is not None:
            self.nets |= {name: self._times(self.nets[name], step.times, CENT, "contract") for name in over}
        elif step.minus is not None:
            total = sum((self.nets[name] for name in over), ZERO)
            taken = self._charge(step.minus)
            if total > 0:
                self._spread(max(total - taken, ZERO), over)
        elif step.at_least is not None:
            least = _units(step.at_least.net)
            if sum((self.nets[name] for name in over), ZERO) < least:
                self._spread(least, over)
        elif step.round_gross is not None:
            self._round_gross(_units(step.round_gross.step))

    def _spread(self, target: Decimal, over: list[str]) -> None:
        """Gives the sections `target` together, in proportion: whole cents, then one more to the largest remainders."""
        if target != target.quantize(CENT):
            raise ValueError(f"{target} is no whole number of cents")
        weights = {name: Fraction(self.nets[name]) for name in over}
        if not any(weights.values()):
            weights = dict.fromkeys(over, Fraction(1))
        whole = sum(weights.values())
        exact = {name: Fraction(target) * weight / whole for name, weight in weights.items()}
        floored = {name: _cents_down(share) for name, share in exact.items()}
        left = int((target - sum(floored.values())) / CENT)
        ranked = sorted(over, key=lambda name: -(exact[name] - Fraction(floored[name])))
        for name in ranked[:left]:
            floored[name] += CENT
        self.nets |= floored

    def _round_gross(self, step: Decimal) -> None:
        dearest = max(self.nets, key=lambda name: self.nets[name])  # the first of equals
        before, added = self.nets[dearest], ZERO
        ties = self.ties.copy()  # a price that was only tried is none
        while added <= MOST_STEPS * step:
            self.nets[dearest] = before + added
            if self._taxed()[2] % step == 0:
                break
            added += CENT
        else:
            self.nets[dearest] = before
        self.ties = ties

    # ------------------------------------------------------------------------------------- taxes

    def _told(self, unavailable: tuple[tuple[str, str], ...]) -> Told:
        met = sorted(self.met, key=lambda site: site.position)
        outcomes = [site.outcome for site in met if site.outcome is not None]
        decisions = {outcome.decision for outcome in outcomes}
        told = "declined" if "decline" in decisions else "referred" if "refer" in decisions else "quoted"
        wanted = {"declined": "decline", "referred": "refer"}.get(told)
        codes = dict.fromkeys(outcome.code for outcome in outcomes if outcome.decision == wanted)
        surcharges, taxes, gross = self._taxed()
        fees = sum((_units(fee.amount) for fee in self.edition.fees), ZERO)
        return Told(told, tuple(codes), unavailable, dict(self.nets), surcharges, taxes, fees, gross, tuple(self.steps))

    def _taxed(self) -> tuple[dict[tuple[str, str], Decimal], dict[tuple[str, str], Decimal], Decimal]:
        """The surcharges, the taxes and the gross premium of the sections as they stand."""
        bases: dict[str, Decimal] = {}
        surcharges: dict[tuple[str, str], Decimal] = {}
        for name, net in self.nets.items():
            abroad = self._abroad(name)
            shares = self._shares(name, abroad)
            self._add(bases, net, shares)
            for surcharge, on in self.edition.sections[name].surcharge.items():
                rate = self._surcharge_rate(surcharge, f"{abroad}{on}")
                surcharges[surcharge, name] = self._half_up(net * rate, CENT, "surcharge")
                self._add(bases, surcharges[surcharge, name], shares)
        fees = ZERO
        for fee in self.edition.fees:
            fees += _units(fee.amount)
            if fee.taxed_as:
                self._add(bases, _units(fee.amount), [(fee.taxed_as, ONE)])
        taxes: dict[tuple[str, str], Decimal] = {}
        for rate_ in self.taxes.rates:
            if rate_.kind == "surcharge":
                continue
            if not rate_.tax_class:
                taxes[rate_.name, ""] = Decimal(rate_.flat_cents) / 100
            elif rate_.tax_class in bases:
                share = units(rate_.rate) * units(rate_.on_share)
                taxes[rate_.name, rate_.tax_class] = self._half_up(bases[rate_.tax_class] * share, CENT, "tax")
        lines: Iterable[Decimal] = (*self.nets.values(), *surcharges.values(), *taxes.values())
        return surcharges, taxes, sum(lines, fees)

    def _add(self, bases: dict[str, Decimal], found: Decimal, shares: list[tuple[str, Decimal]]) -> None:
        """Adds an amount to the bases of its classes: each gets up to where the shares so far reach, to the cent."""
        reached, before = ZERO, ZERO
        for tax_class, share in shares:
            reached += share
            until = found if share == ONE else self._half_up(found * reached, CENT, "split")
            bases[tax_class] = bases.get(tax_class, ZERO) + until - before
            before = until

    def _shares(self, name: str, abroad: str) -> list[tuple[str, Decimal]]:
        """The tax classes of a section, each with its share of the premium. What a law exempts has no country's class."""
        match self.edition.sections[name].tax:
            case TaxTable(by=by, values=values):
                return [(f"{abroad}{values[written(self.values[by])]}", ONE)]
            case TaxSplit(split=split):
                return [(f"{abroad}{tax_class}", units(share)) for tax_class, share in split.items()]
            case TaxExempt():
                return [("exempt", ONE)]
            case tax_class:
                return [(f"{abroad}{tax_class}", ONE)]

    def _abroad(self, name: str) -> str:
        """What a section's tax classes begin with: another country, where that taxes it."""
        situs = self.edition.sections[name].situs
        if situs is not None and not isinstance(situs, str):
            situs = situs.values[written(self.values[situs.by])]
        return "" if situs in (None, self.edition.country) else f"{situs}:"

    def _surcharge_rate(self, name: str, on: str) -> Decimal:
        for rate in self.taxes.rates:
            if (rate.kind, rate.name, rate.tax_class) == ("surcharge", name, on):
                return units(rate.rate) * units(rate.on_share)
        raise LookupError(f"no rate of {name} on {on}")


def _units(found: Amount) -> Decimal:
    return units(found.micros)


def _cents_down(share: Fraction) -> Decimal:
    return (Decimal(share.numerator * 100 // share.denominator) / 100).quantize(CENT, rounding=ROUND_FLOOR)


def _in_units(expression: Expression) -> Expression:
    """Constants of money and decimals as Decimal units, as the oracle's values are."""
    if expression.op == "value" and expression.kind.sort in ("money", "decimal"):
        return Expression("value", expression.kind, value=units(expression.value))  # type: ignore[arg-type]
    return Expression(
        expression.op, expression.kind, tuple(map(_in_units, expression.arguments)), expression.name, expression.value
    )
