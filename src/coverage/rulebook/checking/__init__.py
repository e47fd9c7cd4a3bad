"""What the checker says of an edition whose shape is right: everything that would be wrong on sale, and what is doubtful."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from coverage.rulebook.checking.bounds import overflows, taxes_overflow
from coverage.rulebook.checking.falling import falls
from coverage.rulebook.checking.lawful import forbidden_factors
from coverage.rulebook.checking.promises import promises
from coverage.rulebook.checking.publishing import check_publication
from coverage.rulebook.checking.reach import unreached
from coverage.rulebook.checking.references import OUTCOMES, TOTALS, in_currency, references
from coverage.rulebook.checking.taxes import Taxes, check_taxes, legal_minimums, tax_rates
from coverage.rulebook.checking.texts import missing_texts, unused_texts, unwritten_texts
from coverage.rulebook.checking.used import codes, doubtful_amounts, jumps, short_terms, slips, unused
from coverage.rulebook.format import Edition, Example, ExampleFile, Texts
from coverage.rulebook.language.expressions import nearest
from coverage.rulebook.language.lists import ListOf
from coverage.rulebook.language.notation import Amount, quoted
from coverage.rulebook.language.reading import Document, Finding, Loc
from coverage.rulebook.planning.building import NOTHING, build
from coverage.rulebook.planning.plan import Plan

__all__ = [
    "check",
    "check_examples",
    "check_publication",
    "check_taxes",
    "plan_of",
    "unused_texts",
    "unwritten_texts",
]


def plan_of(
    document: Document, edition: Edition, files: Mapping[str, str] = NOTHING
) -> tuple[Plan | None, list[Finding]]:
    """The edition's plan with everything that keeps it from running; None when it can't run."""
    findings: list[Finding] = []
    plan = build(document, edition, findings.append, files)
    findings += forbidden_factors(document, edition)
    findings += references(document, edition)
    findings += promises(document, edition, plan.kinds)
    if findings:
        return None, findings
    findings += overflows(document, plan)
    return (None if findings else plan), findings


def check(
    document: Document, edition: Edition, plan: Plan | None, taxes: Taxes | None, texts: Mapping[str, Texts | None]
) -> Iterator[Finding]:
    """What else is wrong or doubtful with an edition: its taxes, and where it could run its prices and its words.

    `taxes` are all countries' files that can be read, None where the edition's own isn't among them; of `texts` by
    language None is a file with faults of its own.
    """
    yield from doubtful_amounts(document)
    yield from short_terms(document, edition)
    if taxes is not None:
        yield from tax_rates(document, edition, taxes)
    if plan is None:
        return
    if taxes is not None:
        yield from legal_minimums(document, edition, plan.kinds, taxes)
        yield from taxes_overflow(document, plan, taxes)
    yield from unused(document, edition, plan)
    yield from codes(plan)
    yield from jumps(plan)
    yield from slips(plan)
    yield from falls(document, edition, plan)
    yield from unreached(document, edition, plan)
    yield from missing_texts(document, edition, plan, texts)


def check_examples(document: Document, file: ExampleFile, edition: Edition) -> Iterator[Finding]:
    """A worked price that expects what there isn't would say nothing of what there is."""
    known = [*edition.sections, *OUTCOMES, *TOTALS]
    yield from doubtful_amounts(document)
    for index, example in enumerate(file.examples):
        yield from _times(document, edition, index, example)
        yield from _given(document, edition, index, example)
        for name, expected in example.expect.items():
            loc: Loc = (index, "expect", name)
            listed = name in OUTCOMES
            if name not in known:
                words = f"{quoted(name)} is no section and no total; expected {nearest(name, known)}"
                yield document.finding(loc, words, "unknown_name", key=True)
            elif listed != isinstance(expected, list):
                wanted = "a list of codes such as [claims_history]" if listed else "an amount, or none"
                yield document.finding(loc, f"{name}: is told otherwise; expected {wanted}", "expect")
            elif expected is None and name in TOTALS:
                yield document.finding(loc, f"{name} is never none; expected an amount such as 0.00 EUR", "expect")
            elif isinstance(expected, Amount):
                yield from in_currency(document, edition, loc, expected)


def _times(document: Document, edition: Edition, index: int, example: Example) -> Iterator[Finding]:
    """A cover that ends before it starts, and one that the edition doesn't price yet."""
    if example.end <= example.start:
        yield document.finding((index, "end"), "this isn't after the start; expected a later moment", "term")
    asked = example.asked or example.start - timedelta(days=1)
    key, when = ("start", example.start) if edition.applies_to == "starts" else ("asked", asked)
    try:
        effective = edition.effective.replace(tzinfo=ZoneInfo(edition.timezone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return  # told where the zone is named
    if when < effective:
        told = "starts" if key == "start" else "is asked for"
        words = (
            f"it {told} before the edition takes effect, at {edition.effective:%Y-%m-%dT%H:%M}; expected a later day"
        )
        loc = (index, key if key == "start" or example.asked else "start")
        yield document.finding(loc, words, "too_early", warning=True)


def _given(document: Document, edition: Edition, index: int, example: Example) -> Iterator[Finding]:
    """Inputs that there aren't, of the risk or of a thing in a list."""
    for name, found in example.given.items():
        if name not in edition.inputs:
            words = f"{quoted(name)} is no input; expected {nearest(name, list(edition.inputs))}"
            yield document.finding((index, "given", name), words, "unknown_name", key=True)
        asked = edition.inputs.get(name)
        fields = list(asked.list_) if isinstance(asked, ListOf) else []
        for number, thing in enumerate(found) if fields and isinstance(found, list) else ():
            for field in (field for field in thing if field not in fields):
                words = f"{quoted(field)} is nothing asked for; expected {nearest(field, fields)}"
                yield document.finding((index, "given", name, number, field), words, "unknown_name", key=True)
