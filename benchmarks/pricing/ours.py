"""Our side: the measured tariff as an edition, priced by the engine as the service asks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import partial
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.pricing.edition import ON, TARIFF, edition_of
from benchmarks.pricing.risks import TIMED, risks
from benchmarks.work import Work
from coverage.rulebook.explaining import explain
from coverage.rulebook.intake import Intake
from coverage.rulebook.oracle.pricing import Oracle, Told
from coverage.rulebook.running.scalar import Facts, Figures, Scalar, rating

Given = Mapping[str, Any]
Term = Mapping[str, int]
T = TypeVar("T")

BY = f"sharecover {version('sharecover')}"


class Tariff:
    """The measured tariff, ready to price. A risk is what the API was given, and what its term comes to."""

    def __init__(self) -> None:
        edition = edition_of(TARIFF)
        self.rules, self.taxes = edition.rules, edition.taxes_on(ON)
        self.compiled = edition.compiled(self.taxes)
        intake = Intake(self.rules, self.compiled)
        self.price, self.read = intake.price, intake.read
        self.trace = rating(edition.plan, self.taxes, traced=True)

    def priced(self, given: Given, term: Term) -> Figures:
        """Inputs checked and priced, and no more."""
        return _there(self.price(given, term, ON, ON))

    def facts(self, given: Given, term: Term) -> Facts:
        """Inputs checked: what is rated."""
        return _there(self.read(given, term, ON, ON))

    def kept(self, given: Given, term: Term) -> Figures:
        """Priced, with what an explanation can be made from later: all that was asked."""
        self.asked = given, term, ON, ON
        return _there(self.price(*self.asked))

    def with_facts(self, given: Given, term: Term) -> Figures:
        """Priced, with the facts, which a quote keeps."""
        self.last_facts = self.facts(given, term)
        return self.compiled.figures(self.last_facts)

    def with_amounts(self, given: Given, term: Term) -> Figures:
        """Priced, with the facts and every running amount, from which an explanation is written down."""
        self.last_facts = self.facts(given, term)
        figures: Figures
        figures, *self.amounts = self.trace(self.last_facts)
        return figures

    def explained(self, given: Given, term: Term) -> Figures:
        """Priced, and the explanation written down."""
        facts = self.facts(given, term)
        self.lines = explain(self.compiled, facts)
        return self.compiled.figures(facts)


def _there(found: T | None) -> T:
    """What was read of a risk that is as the tariff asks for it."""
    if found is None:
        raise ValueError("the risk isn't as the tariff asks for it")
    return found


def priced(folder: Path) -> Work:
    return _work(folder, Tariff.priced)


def kept(folder: Path) -> Work:
    return _work(folder, Tariff.kept)


def with_facts(folder: Path) -> Work:
    return _work(folder, Tariff.with_facts)


def with_amounts(folder: Path) -> Work:
    return _work(folder, Tariff.with_amounts)


def explained(folder: Path) -> Work:
    return _work(folder, Tariff.explained)


def by_oracle(folder: Path) -> Work:
    """The Decimal oracle, with our input checks before it."""
    tariff = Tariff()
    oracle = Oracle(tariff.rules, tariff.taxes)
    return _work_of(
        folder,
        lambda given, term: oracle.tell(tariff.facts(given, term)),
        lambda told: _of_told(tariff.compiled, told),
    )


def _work(folder: Path, price: Callable[[Tariff, Given, Term], Figures]) -> Work:
    tariff = Tariff()
    return _work_of(folder, partial(price, tariff), partial(of_figures, tariff.compiled))


def _work_of(folder: Path, price: Callable[[Given, Term], T], tell: Callable[[T], object]) -> Work:
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


def _of_told(compiled: Scalar, told: Told) -> object:
    if told.outcome == "declined":
        return told.outcome, told.reasons
    nets = [told.sections.get(section.name) for section in compiled.plan.sections]
    taxes = [told.taxes.get((rate.name, rate.tax_class)) for rate in compiled.taxes.rates]
    return told.outcome, told.reasons, [*map(_cents, nets)], [*map(_cents, taxes)], _cents(told.gross)


def _cents(amount: Decimal | None) -> int:
    return -1 if amount is None else int(amount * 100)
