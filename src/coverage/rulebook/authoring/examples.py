"""Worked prices beside an edition, run as tests: what was expected by hand against what the rules say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Final

from coverage.domain.faults import Fault
from coverage.domain.period import Period, local_day
from coverage.domain.premium import Premium
from coverage.rulebook.admission import admit, check_term, read_written
from coverage.rulebook.authoring.touching import untouched
from coverage.rulebook.explaining import Line, cents_text, explain
from coverage.rulebook.format import Example
from coverage.rulebook.language.notation import Amount
from coverage.rulebook.language.reading import Finding, Place
from coverage.rulebook.loaded import LoadedEdition
from coverage.rulebook.running.scalar import Decision, Facts, Scalar

OUTCOMES: Final = ("declined", "referred", "unavailable")  # what is expected by its codes


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that isn't what the worked price says."""

    what: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Tried:
    """A worked price that was run: where it stands, what differs, why the engine says what it says.

    `facts` and `outcome` are what was rated; none where the risk can't be.
    """

    name: str
    place: Place
    differences: tuple[Difference, ...]
    explanation: tuple[Line, ...]
    facts: Facts | None = None
    outcome: str = ""

    @property
    def passed(self) -> bool:
        return not self.differences


def try_all(edition: LoadedEdition) -> Iterator[Tried]:
    """Runs every worked price of an edition."""
    for place, example in edition.examples:
        yield try_one(edition, place, example)


def try_one(edition: LoadedEdition, place: Place, example: Example) -> Tried:
    """A worked price tried on its edition: what differs and, if anything does, the way to the price."""
    try:
        facts, compiled = _priced(edition, example)
    except Fault as fault:
        words = "; ".join(f"{detail.pointer}: {detail.message}" for detail in fault.errors) or fault.detail
        return Tried(example.name, place, (Difference("the risk", "one that can be rated", words),), ())
    decision = compiled.decide(facts)
    differences = tuple(_differences(example, decision))
    explanation = tuple(explain(compiled, facts)) if differences else ()
    return Tried(example.name, place, differences, explanation, facts, decision.outcome)


def untouched_by(edition: LoadedEdition, tried: Iterable[Tried]) -> list[Finding]:
    """What none of an edition's worked prices touches, each with what would."""
    return untouched(edition, [(one.facts, one.outcome) for one in tried if one.facts is not None])


def _priced(edition: LoadedEdition, example: Example) -> tuple[Facts, Scalar]:
    start, end = example.start.astimezone(UTC), example.end.astimezone(UTC)
    if end <= start:
        raise Fault("invalid_term", "the end isn't after the start")
    asked_at = (example.asked or example.start - timedelta(days=1)).astimezone(UTC)
    period = Period(start, end)
    check_term(edition.rules, period, asked_at)
    admitted = admit(edition.rules, example.given, period, asked_at, read_written)
    return admitted.facts, edition.compiled(edition.taxes_on(local_day(asked_at, edition.rules.timezone)))


def _differences(example: Example, decision: Decision) -> Iterator[Difference]:
    """Only what the example names is compared, but for the decision: a decline or refer must be named, and so must
    the code of a section that can't be had, where there is a price without it.

    An amount, be it 0.00, says that a section is covered; `none` says that it isn't.
    """
    expected = dict(example.expect)
    for outcome in OUTCOMES:
        codes, told = expected.pop(outcome, []), _codes(decision, outcome)
        if codes != told:
            yield Difference(outcome, _told(codes) or "no", ", ".join(told) or "no")
    figures = _figures(decision.premium)
    for what, amount in expected.items():
        wanted, got = _told(amount), figures.get(what, "none" if decision.premium else "no price")
        if wanted != got and not (amount is None and decision.premium is None):
            yield Difference(what, wanted, got)


def _codes(decision: Decision, outcome: str) -> list[str]:
    if outcome == "unavailable":
        return [found.code for found in decision.unavailable] if decision.premium else []
    return list(decision.reasons) if decision.outcome == outcome else []


def _figures(premium: Premium | None) -> dict[str, str]:
    if premium is None:
        return {}
    figures = {
        "net": premium.net,
        "surcharges": premium.surcharge_total,
        "taxes": premium.tax_total,
        "fees": premium.fee_total,
        "gross": premium.gross,
    }
    figures |= {section.name: section.net for section in premium.sections}
    return {name: f"{cents_text(cents)} {premium.currency}" for name, cents in figures.items()}


def _told(expected: Amount | list[str] | None) -> str:
    if expected is None:
        return "none"
    return str(expected) if isinstance(expected, Amount) else ", ".join(expected)
