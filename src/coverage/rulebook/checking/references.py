"""What an edition names and the plan doesn't follow: its zone and countries, its object, caps, changes and refunds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from keyword import iskeyword
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale

from coverage.rulebook.format import Edition, LimitTable
from coverage.rulebook.language.expressions import nearest
from coverage.rulebook.language.lists import ListOf
from coverage.rulebook.language.notation import MICRO, MICRO_PER_CENT, Amount, quoted
from coverage.rulebook.language.reading import Document, Finding, Loc
from coverage.rulebook.planning.plan import UNRATED_SORTS

MOST_ROUNDING: Final = 10  # units of the currency to which a gross premium may be raised
# What a worked price names beside sections: what it can come to, and sums.
OUTCOMES: Final = ("declined", "referred", "unavailable")
TOTALS: Final = ("net", "surcharges", "taxes", "fees", "gross")
# ISO 3166-1 alpha-2, as CLDR lists them; groupings such as EU and placeholders such as ZZ are none.
COUNTRIES: Final = frozenset(Locale("en").territories) - {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}


def references(document: Document, edition: Edition) -> Iterator[Finding]:
    """What is named and isn't there, and what can't be meant so."""
    yield from _frame(document, edition)
    yield from _object(document, edition)
    yield from _caps(document, edition)
    yield from _changes(document, edition)
    yield from _refunds(document, edition)
    yield from _withdrawal(document, edition)
    yield from _rounding(document, edition)
    yield from _unsayable(document, edition)
    for name in edition.sections:
        if name in (*OUTCOMES, *TOTALS):
            words = f"{quoted(name)} is a word of the worked prices; expected another name"
            yield document.finding(("sections", name), words, "reserved", key=True)
    for index, fee in enumerate(edition.fees):
        if fee.name in [before.name for before in edition.fees[:index]]:
            words = f"{quoted(fee.name)} stands twice; expected a name for each fee"
            yield document.finding(("fees", index, "name"), words, "duplicate")


def _unsayable(document: Document, edition: Edition) -> Iterator[Finding]:
    """Names that no condition could hold, since they are words of its grammar."""
    locs: list[Loc] = [*(("inputs", name) for name in edition.inputs), *(("derived", name) for name in edition.derived)]
    for name, given in edition.inputs.items():
        if isinstance(given, ListOf):
            locs += [("inputs", name, "list", field) for field in given.list_]
    for loc in locs:
        if iskeyword(str(loc[-1])):
            words = f"{quoted(loc[-1])} is a word that conditions keep for themselves; expected another name"
            yield document.finding(loc, words, "reserved", key=True)


def in_currency(document: Document, edition: Edition, loc: Loc, found: Amount) -> Iterator[Finding]:
    """That an amount is in the edition's currency and in whole cents."""
    if found.currency != edition.currency:
        yield document.finding(loc, f"{found}; expected {edition.currency}, the edition's currency", "currency")
    elif found.micros % MICRO_PER_CENT:
        yield document.finding(loc, f"{found}; expected whole cents", "cents")


def known(document: Document, loc: Loc, names: str | list[str], there: Iterable[str], what: str) -> Iterator[Finding]:
    """That what is named is there, and each once in a list."""
    for index, name in enumerate([names] if isinstance(names, str) else names):
        where = loc if isinstance(names, str) else (*loc, index)
        if name not in there:
            words = f"{quoted(name)} is no {what}; expected {nearest(name, list(there))}"
            yield document.finding(where, words, "unknown_name")
        elif not isinstance(names, str) and name in names[:index]:
            words = f"{quoted(name)} stands twice; expected each {what} once"
            yield document.finding(where, words, "duplicate")


def _frame(document: Document, edition: Edition) -> Iterator[Finding]:
    try:
        ZoneInfo(edition.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        words = f"{quoted(edition.timezone)} is no time zone; expected one such as Europe/Paris"
        yield document.finding(("timezone",), words, "timezone")
    for index, code in enumerate(edition.territory):
        if code not in COUNTRIES:
            words = f"{quoted(code)} is no country; expected codes such as FR"
            yield document.finding(("territory", index), words, "country")
        elif code in edition.territory[:index]:
            words = f"{quoted(code)} stands twice; expected each country once"
            yield document.finding(("territory", index), words, "duplicate")
    if edition.quote.valid_for < 60:
        words = "a quote that nobody could bind in time; expected a minute or more"
        yield document.finding(("quote", "valid_for"), words, "quote")
    if edition.term.min > edition.term.max or edition.term.min < 60:
        words = "the shortest cover is longer than the longest, or under a minute; expected min: of a minute or more, and no more than max:"
        yield document.finding(("term",), words, "term", key=True)


def _object(document: Document, edition: Edition) -> Iterator[Finding]:
    if edition.object is not None:
        yield from known(document, ("object", "input"), edition.object.input, edition.inputs, "input")
        sections = edition.object.exclusive_for
        yield from known(document, ("object", "exclusive_for"), sections, edition.sections, "section")


def _caps(document: Document, edition: Edition) -> Iterator[Finding]:
    """Caps on what a member has at risk at one time: what is counted must have a limit to count."""
    for index, rule in enumerate(edition.accumulate):
        loc: Loc = ("accumulate", index)
        yield from known(document, (*loc, "section"), rule.section, edition.sections, "section")
        yield from in_currency(document, edition, (*loc, "cap"), rule.cap)
        section = edition.sections.get(rule.section)
        limits = section.limit.amounts.values() if section is not None else ()
        if any(
            "unlimited" in (limit.values.values() if isinstance(limit, LimitTable) else (limit,)) for limit in limits
        ):
            words = f"{rule.section} has a limit that is unlimited, so no cap can hold it; expected a section with limits in money"
            yield document.finding((*loc, "section"), words, "accumulate")
        if rule.section in [before.section for before in edition.accumulate[:index]]:
            words = f"{rule.section} has a cap above already; expected one for each section"
            yield document.finding((*loc, "section"), words, "duplicate")
        if edition.product not in rule.across:
            words = f"{edition.product} itself isn't among them; expected it there"
            yield document.finding((*loc, "across"), words, "accumulate")


def _changes(document: Document, edition: Edition) -> Iterator[Finding]:
    if edition.changes.raise_ is None:
        return
    loc, names = ("changes", "raise", "inputs"), edition.changes.raise_.inputs
    yield from known(document, loc, names, edition.inputs, "input")
    for index, name in enumerate(names):
        given = edition.inputs.get(name)
        # A list of things can be raised; nothing else that isn't rated on changes a price.
        if given is not None and given.kind.sort in UNRATED_SORTS and given.kind.sort != "list":
            words = f"{quoted(name)} is {UNRATED_SORTS[given.kind.sort]}, so no price rises with it; expected an input that is rated on"
            yield document.finding((*loc, index), words, "raise")


def _refunds(document: Document, edition: Edition) -> Iterator[Finding]:
    """Tiers are tried from the top: each `until` must end nearer to the start than the one above it."""
    nearest_yet: int | None = None
    begun = False
    for index, tier in enumerate(edition.refund):
        loc: Loc = ("refund", index)
        if tier.until is None:
            if begun:
                words = "a second tier for a cover that has begun, which never holds; expected one"
                yield document.finding((*loc, "after"), words, "refund")
            begun = True
            continue
        if begun:
            words = "until: stands below after: start; expected the tiers in the order of time"
            yield document.finding((*loc, "until"), words, "refund")
        elif nearest_yet is not None and tier.until >= nearest_yet:
            words = "this tier never holds, since the one above it holds until then and longer; expected each nearer to the start than the one before"
            yield document.finding((*loc, "until"), words, "refund")
        elif tier.until and tier.until >= edition.term.book_ahead:
            words = "this tier never holds, since no cover is booked that long before its start; expected less than book_ahead:"
            yield document.finding((*loc, "until"), words, "refund")
        nearest_yet = tier.until if nearest_yet is None else min(tier.until, nearest_yet)
    if edition.refund and nearest_yet != 0:
        words = "nothing says what is given back up to the start; expected a tier with until: start"
        yield document.finding(("refund",), words, "refund", key=True)
    if edition.refund and not begun:
        words = "nothing says what is given back of a cover that has begun; expected a tier with after: start"
        yield document.finding(("refund",), words, "refund", key=True)


def _rounding(document: Document, edition: Edition) -> Iterator[Finding]:
    """That a gross premium is rounded to a multiple that can be found, cent by cent, in no time."""
    for index, step in enumerate(edition.contract):
        if step.round_gross is not None and step.round_gross.step.micros > MOST_ROUNDING * MICRO:
            words = f"a premium that is raised to a multiple of {step.round_gross.step}; expected one up to {MOST_ROUNDING} {edition.currency}"
            yield document.finding(("contract", index, "round_gross"), words, "round_gross")


def _withdrawal(document: Document, edition: Edition) -> Iterator[Finding]:
    rule = edition.withdrawal
    if rule is not None and (rule.exempt_when is None) != (rule.exemption is None):
        if rule.exemption is None:
            words = "exempt_when: names no law; expected exemption: with the article that exempts, cited"
            yield document.finding(("withdrawal", "exempt_when"), words, "exemption", key=True)
        else:
            words = "exemption: without exempt_when:; expected the condition under which it holds"
            yield document.finding(("withdrawal", "exemption"), words, "exemption", key=True)
