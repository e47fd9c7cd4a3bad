"""Why a price is what it is: each step with its table, row, figure, amounts before and after, and where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakKeyDictionary

from coverage.rulebook.explaining_charges import Line, Told, charge_words, percent_text, units_text
from coverage.rulebook.language.expressions import evaluate
from coverage.rulebook.language.notation import RATE_ONE
from coverage.rulebook.language.reading import Place
from coverage.rulebook.planning.plan import Charge, PlannedSection
from coverage.rulebook.planning.taxes import TaxRate
from coverage.rulebook.planning.taxing import split_name
from coverage.rulebook.running.emitting_taxes import part_of, surcharges_of, taxes_of
from coverage.rulebook.running.scalar import Facts, Figures, Scalar

__all__ = ["Line", "cents_text", "explain"]

# A step is data: `step` says what was done, and the other keys that it has what there is to say of that.
#   section, name, code    what it was done to, or what it is called
#   table, by, row, row_at    the table that gave the figure, its keys, the row that held, where that stands
#   figure, count, of, on    the figure, so many hours or days of it, what it is a share of, and the amount of that
#   parts    what a figure or a base was put together from: each its row, section or name, with count, figure, amount
#   before, after, at    the amounts around the step, and where it stands as file:line:column
#   source, since, verified, country    the law of a tax or surcharge, since when, whether it was read, whose it is
CONTRACT_STEPS: Final = {
    "times": "contract_times", "minus": "contract_minus", "at_least": "contract_minimum", "round_gross": "contract_round",
}  # fmt: skip


def explain(compiled: Scalar, facts: Facts) -> list[Line]:
    """Every step of the decision for `facts`, in the order in which it was taken.

    Amounts are text in units of the currency, exact to the micro-unit. A declined risk has its reasons only.
    """
    explainer = _READY.get(compiled)
    if explainer is None:
        explainer = _READY[compiled] = _Explainer(compiled)
    return explainer.lines(facts)


def cents_text(cents: int) -> str:
    """Minor units as units: 563 is "5.63"."""
    sign, whole = ("-", -cents) if cents < 0 else ("", cents)
    return f"{sign}{whole // 100}.{whole % 100:02d}"


@dataclass(frozen=True, slots=True)
class _Step:
    """A step's words whatever the risk, what a risk adds to them, and where it stands."""

    words: Line
    told: Told | None
    at: str

    def line(self, facts: Facts) -> Line:
        return {**self.words, **self.told(facts)} if self.told else {**self.words}


class _Explainer:
    """An edition's explanations, ready but for what a risk adds."""

    def __init__(self, compiled: Scalar) -> None:
        self.compiled, self.plan = compiled, compiled.plan
        home, names = self.plan.country, [section.name for section in self.plan.sections]
        self.reasons = [
            {"step": verdict.decision, "code": verdict.code, "at": str(verdict.place)}
            | ({"section": verdict.section} if verdict.section else {})
            for verdict in self.plan.verdicts
        ]
        self.steps = [
            [self._step(step.op, step.charge, step.place, {"section": section.name}) for step in section.steps]
            for section in self.plan.sections
        ]
        self.moves = [self._step(CONTRACT_STEPS[move.op], move.charge, move.place, {}) for move in self.plan.moves]
        self.surcharges = [
            (found.section, {"step": "surcharge", "name": found.rate.name, "section": names[found.section]} | _law(found.rate, home))
            for found in surcharges_of(self.plan, compiled.taxes)
        ]  # fmt: skip
        self.taxes = [
            ({"step": rate.kind, "name": rate.name} | _law(rate, home), self._shares(rate.tax_class))
            for rate in taxes_of(compiled.taxes)
        ]

    def _step(self, name: str, charge: Charge | int, place: Place, more: Line) -> _Step:
        if isinstance(charge, int):
            return _Step({"step": name, **more, "figure": cents_text(charge)}, None, str(place))
        words, told = charge_words(self.plan, charge)
        return _Step({"step": name, **more, **words}, told, str(place))

    def lines(self, facts: Facts) -> list[Line]:
        """Each step of the decision."""
        figures, amounts, (nets, *contract) = self.compiled.running(facts)
        met = sorted(set(figures[0]))
        declined = any(self.plan.verdicts[number].decision == "decline" for number in met)
        told = ("unavailable", "decline" if declined else "refer")
        lines = [{**self.reasons[number]} for number in met if self.plan.verdicts[number].decision in told]
        if declined:
            return lines
        known: dict[str, Any] = dict(facts)
        for name, formula in self.plan.formulas.items():
            known[name] = evaluate(formula, known)
        slot = 0
        for section, steps, net in zip(self.plan.sections, self.steps, nets, strict=True):
            lines += self._section_lines(section, steps, amounts[slot : slot + len(steps)], known, net)
            slot += len(steps)
        lines += self._contract_lines(known, figures, nets, contract)
        lines += self._priced_lines(known, figures)
        return lines

    def _section_lines(
        self, section: PlannedSection, steps: Sequence[_Step], amounts: Sequence[int | None], facts: Facts, net: int
    ) -> Iterator[Line]:
        running = ""
        for step, amount in zip(steps, amounts, strict=True):
            if amount is None:
                continue
            line = step.line(facts)
            if line["step"] != "base":
                line["before"] = running or "0.00"
            line["after"] = running = units_text(amount)
            line["at"] = step.at
            yield line
        if running:
            yield {
                "step": "round", "section": section.name, "figure": "0.01", "before": running, "after": cents_text(net),
                "at": str(section.place),
            }  # fmt: skip

    def _contract_lines(
        self, facts: Facts, figures: Figures, nets: Sequence[int], contract: Iterable[Sequence[int] | None]
    ) -> Iterator[Line]:
        """Each step on sections together, for each of them that it changed; a factor for each that it was taken on."""
        for move, step, after in zip(self.plan.moves, self.moves, contract, strict=True):
            if after is None:
                continue
            line = step.line(facts)
            for index in move.over:
                if nets[index] != after[index] or (move.op == "times" and figures[1][index] >= 0):
                    yield {
                        **line, "section": self.plan.sections[index].name, "before": cents_text(nets[index]),
                        "after": cents_text(after[index]), "at": step.at,
                    }  # fmt: skip
            nets = after

    # ------------------------------------------------------------------------------------------ surcharges and taxes

    def _priced_lines(self, facts: Facts, figures: Figures) -> Iterator[Line]:
        """The surcharges, taxes and fees, and what it all comes to."""
        _, nets, surcharges, bases, taxes, gross = figures
        for (section, words), amount in zip(self.surcharges, surcharges, strict=True):
            if amount >= 0:
                yield {**words, "before": cents_text(nets[section]), "after": cents_text(amount)}
        for (words, shares), base, amount in zip(self.taxes, bases, taxes, strict=True):
            if amount >= 0:
                line = {**words, "before": cents_text(base), "after": cents_text(amount)}
                yield line | (self._parts(shares, facts, figures) if shares else {})
        for fee in self.plan.fees:
            yield {"step": "fee", "name": fee.name, "after": cents_text(fee.cents)}
        yield {"step": "gross", "before": cents_text(sum(net for net in nets if net > 0)), "after": cents_text(gross)}

    def _shares(self, tax_class: str) -> str:
        """The class, where a section can have no more than a share in it."""
        ways = [way for section in self.plan.sections for way in section.tax.ways.values()]
        split = any(name == tax_class and share < RATE_ONE for way in ways for name, share in way.classes)
        return tax_class if split else ""

    def _parts(self, tax_class: str, facts: Facts, figures: Figures) -> Line:
        """What the base of a class was put together from, where a section has no more than a share in it."""
        parts, split = [], False
        for index, section in enumerate(self.plan.sections):
            net, before = figures[1][index], 0
            for name, share in section.tax.of(facts).classes if net >= 0 else ():
                if name == tax_class:
                    borne = [
                        amount
                        for (found, _), amount in zip(self.surcharges, figures[2], strict=True)
                        if found == index and amount > 0
                    ]
                    amount = sum(part_of(whole, before, before + share) for whole in (net, *borne))
                    parts.append({"section": section.name, "figure": percent_text(share), "amount": cents_text(amount)})
                    split = split or share < RATE_ONE
                before += share
        fees = [fee for fee in self.plan.fees if fee.tax_class == tax_class]
        parts += [{"name": fee.name, "amount": cents_text(fee.cents)} for fee in fees]
        return {"parts": parts} if split else {}


_READY: WeakKeyDictionary[Scalar, _Explainer] = WeakKeyDictionary()


def _law(rate: TaxRate, home: str) -> Line:
    """What a tax or surcharge is, and by which law."""
    country = split_name(rate.tax_class, home)[0]
    return {
        "figure": percent_text(rate.charged) if rate.tax_class else "flat",
        "source": rate.source,
        **({"since": rate.since} if rate.since else {}),
        "verified": rate.verified,
        **({"country": country} if country != home else {}),
    }
