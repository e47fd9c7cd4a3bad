"""Our side: the measured tariff as an edition, priced by the engine as the service asks it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.pricing.edition import ON, TARIFF, edition_of
from benchmarks.pricing.risks import TIMED, risks
from benchmarks.work import Work
from coverage.domain.period import Period
from coverage.rulebook.admission import admit, read_json
from coverage.rulebook.explaining import explain
from coverage.rulebook.oracle import Oracle, Told
from coverage.rulebook.plan import Plan
from coverage.rulebook.scalar import Decision, Facts
from coverage.rulebook.taxes import TaxesInForce

Given = Mapping[str, Any]
Term = Mapping[str, int]

ASKED = datetime(2026, 2, 7, 7, tzinfo=UTC)
PERIOD = Period(ASKED, ASKED + timedelta(hours=6))
BY = f"sharecover {version('sharecover')}"


class Tariff:
    """The measured tariff, ready to price. A risk is what the API was given, and what its term comes to."""

    def __init__(self) -> None:
        edition = edition_of(TARIFF)
        self.rules, self.taxes = edition.rules, edition.taxes_on(ON)
        self.compiled = edition.compiled(self.taxes)

    def facts(self, given: Given, term: Term) -> Facts:
        """What is rated: every input checked, defaults filled in."""
        return {**admit(self.rules, given, PERIOD, ASKED, read_json).facts, **term}

    def priced(self, given: Given, term: Term) -> Decision:
        """Priced, and no more."""
        return self.compiled.decide(self.facts(given, term))

    def kept(self, given: Given, term: Term) -> Decision:
        """Priced, with every running amount kept for an explanation that may be asked for later."""
        return self.compiled.trace(self.facts(given, term)).decision

    def rendered(self, given: Given, term: Term) -> Decision:
        """Priced and explained, as a quote is."""
        facts = self.facts(given, term)
        decision = self.compiled.decide(facts)
        explain(self.compiled, facts)
        return decision


def of_decision(plan: Plan, taxes: TaxesInForce, decision: Decision) -> object:
    """Outcome, reasons, each section's cents, each tax's (None: not covered), gross."""
    premium = decision.premium
    if premium is None:
        return decision.outcome, decision.reasons
    nets = {section.name: section.net for section in premium.sections}
    lines = {(tax.name, tax.tax_class): tax.amount for tax in premium.taxes}
    return (
        decision.outcome,
        decision.reasons,
        [nets.get(section.name) for section in plan.sections],
        [lines.get((rate.name, rate.tax_class)) for rate in taxes.rates],
        premium.gross,
    )


def priced(folder: Path) -> Work:
    return _work(folder, tariff := Tariff(), tariff.priced)


def kept(folder: Path) -> Work:
    return _work(folder, tariff := Tariff(), tariff.kept)


def rendered(folder: Path) -> Work:
    return _work(folder, tariff := Tariff(), tariff.rendered)


def by_oracle(folder: Path) -> Work:
    """The Decimal oracle, with the same input checks before it."""
    tariff = Tariff()
    oracle = Oracle(tariff.rules, tariff.taxes)
    return _work(folder, tariff, lambda given, term: oracle.tell(tariff.facts(given, term)), _of_told)


def _work(
    folder: Path, tariff: Tariff, price: Callable[[Given, Term], Any], plain: Callable[..., object] = of_decision
) -> Work:
    sample = list(islice(risks(folder), TIMED))

    def once() -> None:
        for given, term in sample:
            price(given, term)

    def answers() -> Iterator[object]:
        tell = partial(plain, tariff.compiled.plan, tariff.taxes)
        return (tell(price(given, term)) for given, term in risks(folder))

    return Work(BY, len(sample), once, answers)


def _of_told(plan: Plan, taxes: TaxesInForce, told: Told) -> object:
    if told.outcome == "declined":
        return told.outcome, told.reasons
    return (
        told.outcome,
        told.reasons,
        [_cents(told.sections.get(section.name)) for section in plan.sections],
        [_cents(told.taxes.get((rate.name, rate.tax_class))) for rate in taxes.rates],
        _cents(told.gross),
    )


def _cents(amount: Decimal | None) -> int | None:
    return None if amount is None else int(amount * 100)
