"""What sections promise: limits, sublimits, deductibles, how they stand to each other, and when they cover."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from coverage.rulebook.checking.references import in_currency, known
from coverage.rulebook.format import (
    DeductibleTable,
    Edition,
    FixedDeductible,
    LimitTable,
    Section,
    ShareDeductible,
)
from coverage.rulebook.language.expressions import Kind, nearest
from coverage.rulebook.language.notation import Amount, quoted
from coverage.rulebook.language.reading import Document, Finding, Loc

EXCESS_OF: Final = "excess_of "


def promises(document: Document, edition: Edition, kinds: Mapping[str, Kind]) -> Iterator[Finding]:
    """What is wrong with what the sections promise; `kinds` are the names that are known of every risk."""
    for name, section in edition.sections.items():
        loc: Loc = ("sections", name)
        yield from _layer(document, edition, name)
        yield from _period(document, edition, name)
        if not section.limit.amounts:
            words = "a limit without an amount; expected amount: or named amounts"
            yield document.finding((*loc, "limit"), words, "limit", key=True)
        for key, found in section.limit.amounts.items():
            yield from _limit(document, edition, kinds, (*loc, "limit", key), found)
        for key, found in section.sublimits.items():
            if found == "unlimited":
                words = "a sublimit that is unlimited, which limits nothing; expected an amount"
                yield document.finding((*loc, "sublimits", key), words, "limit")
            else:
                yield from _limit(document, edition, kinds, (*loc, "sublimits", key), found)
        yield from _deductible(document, edition, kinds, name)
        for index, code in enumerate(section.exclusions):
            if code in section.exclusions[:index]:
                words = f"{quoted(code)} stands twice; expected each exclusion once"
                yield document.finding((*loc, "exclusions", index), words, "duplicate")


def deciding_inputs(section: Section) -> Iterator[str]:
    """The names that a section's limits and deductible are read from."""
    for found in (*section.limit.amounts.values(), *section.sublimits.values()):
        if isinstance(found, LimitTable):
            yield found.by
            yield from (value for value in found.values.values() if isinstance(value, str) and value != "unlimited")
        elif isinstance(found, str) and found != "unlimited":
            yield found
    if isinstance(section.deductible, DeductibleTable):
        yield section.deductible.by


def _layer(document: Document, edition: Edition, name: str) -> Iterator[Finding]:
    section, loc = edition.sections[name], ("sections", name, "layer")
    if section.layer.startswith(EXCESS_OF):
        below = section.layer.removeprefix(EXCESS_OF)
        others = [other for other in edition.sections if other != name]
        yield from known(document, loc, below, others, "other section")
        passed = [name]
        while below in edition.sections and below not in passed:
            passed.append(below)
            below = edition.sections[below].layer.removeprefix(EXCESS_OF)
        # Told once, of the first of those that stand over each other.
        if below == name and len(passed) > 1 and name == next(key for key in edition.sections if key in passed):
            words = f"{' stands over '.join([*passed, name])}; expected a lowest layer under them"
            yield document.finding(loc, words, "layer")
    if section.layer == "deductible_buyback" and not any(
        other.deductible is not None for key, other in edition.sections.items() if key != name
    ):
        words = "no other section has a deductible to buy back; expected one, or another layer"
        yield document.finding(loc, words, "layer")


def _period(document: Document, edition: Edition, name: str) -> Iterator[Finding]:
    if edition.sections[name].period != "booking_to_start":
        return
    loc = ("sections", name, "period")
    if edition.quote.floats:
        words = "it covers from the booking until the start, and by floats: a cover may begin as it is booked; expected no floats:, or period: term"
        yield document.finding(loc, words, "period")
    if not edition.term.book_ahead:
        words = "it covers from the booking until the start, and no cover is booked ahead; expected a longer book_ahead:, or period: term"
        yield document.finding(loc, words, "period")


def _limit(
    document: Document, edition: Edition, kinds: Mapping[str, Kind], loc: Loc, found: Amount | str | LimitTable
) -> Iterator[Finding]:
    if isinstance(found, LimitTable):
        yield from _choices(document, edition, kinds, loc, found.by, found.values)
        for choice, value in found.values.items():
            yield from _limit(document, edition, kinds, (*loc, "values", choice), value)
    elif isinstance(found, Amount):
        yield from in_currency(document, edition, loc, found)
    elif found != "unlimited" and not _broken(edition, kinds, found):
        # A limit is resolved from the kept facts, which hold nothing personal and nothing that may be absent.
        money = [key for key, kind in kinds.items() if kind.sort == "money" and "(" not in key]
        if found not in money:
            words = (
                f"{quoted(found)} is no money that is always known; expected {nearest(found, [*money, 'unlimited'])}"
            )
            yield document.finding(loc, words, "unknown_name")
        elif kinds[found].lowest < 0:
            words = (
                f"{quoted(found)} can be under zero; expected money that can't, such as max(0 {edition.currency}, …)"
            )
            yield document.finding(loc, words, "negative")


def _broken(edition: Edition, kinds: Mapping[str, Kind], name: str) -> bool:
    """Whether a name has a fault of its own, which is told where it is derived."""
    return name in edition.derived and name not in kinds


def _choices(
    document: Document, edition: Edition, kinds: Mapping[str, Kind], loc: Loc, by: str, rows: Iterable[str]
) -> Iterator[Finding]:
    """That a table has a row for each choice, and no row for anything else."""
    if _broken(edition, kinds, by):
        return
    asked = {key: kind for key, kind in kinds.items() if kind.sort in ("choice", "yes_no")}
    if by not in asked:
        words = f"{quoted(by)} is no input of choices that is always known; expected {nearest(by, asked)}"
        yield document.finding((*loc, "by"), words, "unknown_name")
        return
    options, written = asked[by].options or ("yes", "no"), list(rows)
    missing = [option for option in options if option not in written]
    if missing:
        words = f"no row for {', '.join(missing)}; expected a row for each choice of {by}"
        yield document.finding((*loc, "values"), words, "gap", key=True)
    for choice in written:
        if choice not in options:
            words = f"{quoted(choice)} is no choice of {by}; expected {nearest(choice, options)}"
            yield document.finding((*loc, "values", choice), words, "no_match", key=True)


def _deductible(document: Document, edition: Edition, kinds: Mapping[str, Kind], name: str) -> Iterator[Finding]:
    deductible, loc = edition.sections[name].deductible, ("sections", name, "deductible")
    match deductible:
        case FixedDeductible(amount=found):
            yield from in_currency(document, edition, (*loc, "amount"), found)
        case DeductibleTable(by=by, values=values):
            yield from _choices(document, edition, kinds, loc, by, values)
            for choice, found in values.items():
                yield from in_currency(document, edition, (*loc, "values", choice), found)
        case ShareDeductible(min=least, max=most):
            for key, bound in (("min", least), ("max", most)):
                if bound is not None:
                    yield from in_currency(document, edition, (*loc, key), bound)
            if least and most and least.micros > most.micros:
                yield document.finding((*loc, "min"), f"{least}; expected no more than max:", "deductible")
