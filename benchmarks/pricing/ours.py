"""Our side: the measured tariff as an edition, priced by the engine as the service asks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.pricing.edition import ON, TARIFF, edition_of
from benchmarks.pricing.risks import TIMED, risks
from benchmarks.work import Work
from coverage.domain.period import Period
from coverage.rulebook.admission import admit, read_json
from coverage.rulebook.explaining import explain
from coverage.rulebook.oracle import Oracle, Told
from coverage.rulebook.scalar import Decision, Facts, Figures, Scalar, rating

Given = Mapping[str, Any]
Term = Mapping[str, int]
T = TypeVar("T")

ASKED = datetime(2026, 2, 7, 7, tzinfo=UTC)
PERIOD = Period(ASKED, ASKED + timedelta(hours=6))
BY = f"sharecover {version('sharecover')}"


class Tariff:
    """The measured tariff, ready to price. A risk is what the API was given, and what its term comes to."""

    def __init__(self) -> None:
        edition = edition_of(TARIFF)
        self.rules, self.taxes = edition.rules, edition.taxes_on(ON)
        self.compiled = edition.compiled(self.taxes)
        self.traced = rating(edition.plan, self.taxes, traced=True)

    def facts(self, given: Given, term: Term) -> Facts:
        """What is rated: every input checked, defaults filled in."""
        return {**admit(self.rules, given, PERIOD, ASKED, read_json).facts, **term}

    def priced(self, given: Given, term: Term) -> Figures:
        """Priced, and no more."""
        return self.compiled.figures(self.facts(given, term))

    def kept(self, given: Given, term: Term) -> Figures:
        """Priced, with every running amount kept for an explanation that may be asked for later."""
        figures: Figures
        figures, self.amounts, self.contract = self.traced(self.facts(given, term))
        return figures

    def rendered(self, given: Given, term: Term) -> Decision:
        """Priced and explained, as a quote is."""
        facts = self.facts(given, term)
        decision = self.compiled.decide(facts)
        explain(self.compiled, facts)
        return decision


def priced(folder: Path) -> Work:
    tariff = Tariff()
    return _work(folder, tariff.priced, lambda figures: of_figures(tariff.compiled, figures))


def kept(folder: Path) -> Work:
    tariff = Tariff()
    return _work(folder, tariff.kept, lambda figures: of_figures(tariff.compiled, figures))


def rendered(folder: Path) -> Work:
    tariff = Tariff()
    return _work(folder, tariff.rendered, lambda decision: _of_decision(tariff.compiled, decision))


def by_oracle(folder: Path) -> Work:
    """The Decimal oracle, with the same input checks before it."""
    tariff = Tariff()
    oracle = Oracle(tariff.rules, tariff.taxes)
    return _work(
        folder,
        lambda given, term: oracle.tell(tariff.facts(given, term)),
        lambda told: _of_told(tariff.compiled, told),
    )


def _work(folder: Path, price: Callable[[Given, Term], T], tell: Callable[[T], object]) -> Work:
    sample = list(islice(risks(folder), TIMED))

    def once() -> None:
        for given, term in sample:
            price(given, term)

    def answers() -> Iterator[object]:
        return (tell(price(given, term)) for given, term in risks(folder))

    return Work(BY, len(sample), once, answers)


# An answer: outcome, reasons, each section's cents, each tax's (-1: none), gross.


def of_figures(compiled: Scalar, figures: Figures) -> object:
    """The answer that figures come to."""
    decision = compiled.decision(figures)
    told = decision.outcome, decision.reasons
    _, nets, _, _, taxes, gross = figures
    return told if decision.premium is None else (*told, nets, taxes, gross)


def _of_decision(compiled: Scalar, decision: Decision) -> object:
    told, premium = (decision.outcome, decision.reasons), decision.premium
    if premium is None:
        return told
    nets = {section.name: section.net for section in premium.sections}
    lines = {(tax.name, tax.tax_class): tax.amount for tax in premium.taxes}
    return (
        *told,
        tuple(nets.get(section.name, -1) for section in compiled.plan.sections),
        tuple(lines.get((rate.name, rate.tax_class), -1) for rate in compiled.taxes.rates),
        premium.gross,
    )


def _of_told(compiled: Scalar, told: Told) -> object:
    if told.outcome == "declined":
        return told.outcome, told.reasons
    nets = [told.sections.get(section.name) for section in compiled.plan.sections]
    taxes = [told.taxes.get((rate.name, rate.tax_class)) for rate in compiled.taxes.rates]
    return told.outcome, told.reasons, [*map(_cents, nets)], [*map(_cents, taxes)], _cents(told.gross)


def _cents(amount: Decimal | None) -> int:
    return -1 if amount is None else int(amount * 100)
