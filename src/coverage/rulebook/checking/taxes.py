"""What is wrong with a country's taxes, and with how an edition meets them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Final

from coverage.rulebook.format import (
    Edition,
    LimitTable,
    MinimumLimit,
    Section,
    SitusTable,
    TaxExempt,
    TaxFile,
    TaxRow,
    TaxSplit,
    TaxTable,
)
from coverage.rulebook.language.expressions import Kind, nearest
from coverage.rulebook.language.notation import MICRO_PER_CENT, Amount, quoted
from coverage.rulebook.language.reading import Document, Finding, Loc
from coverage.rulebook.planning.taxing import EXEMPT

# Whose law says that no deductible is raised against a victim.
VICTIMS_LAW: Final = {"FR": " (Code des assurances R211-13)"}

Taxes = Mapping[str, tuple[Document, TaxFile]]  # by country


# ------------------------------------------------------------------------------------------- a country's file


def check_taxes(document: Document, file: TaxFile) -> Iterator[Finding]:
    """What is wrong with a country's taxes: a levy that meets no class would never be charged, in silence."""
    for name, rows in file.premium_tax.items():
        yield from _dated(document, ("premium_tax", name), [row.from_ for row in rows])
    yield from _levies(document, file)
    yield from _surcharges(document, file)
    for name, minimum in file.minimum_limits.items():
        if name not in file.premium_tax:
            words = f"{quoted(name)} is no tax class here; expected {nearest(name, file.premium_tax)}"
            yield document.finding(("minimum_limits", name), words, "unknown_name", key=True)
        for key, found in minimum.limits.items():
            if isinstance(found, str) and found != "unlimited":
                words = f"{quoted(found)} is no amount; expected one such as 1300000 EUR, or unlimited"
                yield document.finding(("minimum_limits", name, "limits", key), words, "limit")
    named = [*file.premium_tax, *(levy.name for levy in file.levies), *(found.name for found in file.surcharges)]
    for name in file.labels:
        if name not in named:
            words = f"{quoted(name)} is no tax class, no levy and no surcharge; expected {nearest(name, named)}"
            yield document.finding(("labels", name), words, "unknown_name", key=True)


def _levies(document: Document, file: TaxFile) -> Iterator[Finding]:
    names: set[str] = set()
    for index, levy in enumerate(file.levies):
        loc: Loc = ("levies", index)
        if levy.on is not None and levy.on not in file.premium_tax:
            words = f"{quoted(levy.on)} is no tax class here; expected {nearest(levy.on, file.premium_tax)}"
            yield document.finding((*loc, "on"), words, "unknown_name")
        called = f"{levy.name} on {levy.on}"
        if levy.name in file.premium_tax or called in names:
            words = f"{quoted(levy.name)} is a name in use already; expected another"
            yield document.finding((*loc, "name"), words, "reserved")
        names.add(called)
        yield from _dated(document, (*loc, "rates"), [row.from_ for row in levy.rates])
        yield from _dated(document, (*loc, "per_contract"), [row.from_ for row in levy.per_contract])
        for row, flat in enumerate(levy.per_contract):
            if flat.amount.micros % MICRO_PER_CENT:
                words = f"{flat.amount}; expected whole cents"
                yield document.finding((*loc, "per_contract", row, "amount"), words, "cents")


def _surcharges(document: Document, file: TaxFile) -> Iterator[Finding]:
    taken = {*file.premium_tax, *(levy.name for levy in file.levies)}
    for index, surcharge in enumerate(file.surcharges):
        if surcharge.name in taken:
            words = f"{quoted(surcharge.name)} is a name in use already; expected another"
            yield document.finding(("surcharges", index, "name"), words, "reserved")
        taken.add(surcharge.name)
        for place, name in enumerate(surcharge.expected_in):
            if name not in file.premium_tax:
                words = f"{quoted(name)} is no tax class here; expected {nearest(name, file.premium_tax)}"
                yield document.finding(("surcharges", index, "expected_in", place), words, "unknown_name")
        for kind, rows in surcharge.on.items():
            yield from _dated(document, ("surcharges", index, "on", kind), [row.from_ for row in rows])


def _dated(document: Document, loc: Loc, days: list[date]) -> Iterator[Finding]:
    for index, (before, day) in enumerate(pairwise(days), start=1):
        if day <= before:
            words = f"{day} stands below {before}; expected each row later than the one above it"
            yield document.finding((*loc, index, "from"), words, "order")


# ------------------------------------------------------------------------------------------- an edition's taxes


@dataclass(frozen=True, slots=True)
class Way:
    """A way in which a section can be taxed: its class (None: exempt) and country, where both are written, and the
    choices that lead there.
    """

    tax_class: str | None
    country: str
    class_loc: Loc
    country_loc: Loc
    choices: Mapping[str, str]
    of_split: bool  # whether the class is a key, with its share beside it


def ways(edition: Edition, name: str) -> Iterator[Way]:
    """Every way in which the section `name` can be taxed."""
    section = edition.sections[name]
    tables = [found for found in (section.tax, section.situs) if isinstance(found, TaxTable | SitusTable)]
    if not all(_asks(edition, found.by) for found in tables):
        return  # told where the plan is built
    split = isinstance(section.tax, TaxSplit)
    for class_loc, tax_class, asked in _classes(section, ("sections", name, "tax")):
        for country_loc, country, situs_asked in _countries(edition, section, ("sections", name)):
            if all(asked.get(key, choice) == choice for key, choice in situs_asked.items()):
                yield Way(tax_class, country, class_loc, country_loc, {**asked, **situs_asked}, split)


def _asks(edition: Edition, name: str) -> bool:
    """Whether a name is a choice, as far as the edition alone tells."""
    given = edition.inputs.get(name)
    return name in edition.derived or (given is not None and given.kind.sort in ("choice", "yes_no"))


def _classes(section: Section, loc: Loc) -> Iterator[tuple[Loc, str | None, Mapping[str, str]]]:
    match section.tax:
        case TaxTable(by=by, values=values):
            for choice, tax_class in values.items():
                yield (*loc, "values", choice), tax_class, {by: choice}
        case TaxSplit(split=split):
            for tax_class in split:
                yield (*loc, "split", tax_class), tax_class, {}
        case TaxExempt():
            yield loc, None, {}
        case tax_class:
            yield loc, tax_class, {}


def _countries(edition: Edition, section: Section, loc: Loc) -> Iterator[tuple[Loc, str, Mapping[str, str]]]:
    match section.situs:
        case None:
            yield ("country",), edition.country, {}
        case SitusTable(by=by, values=values):
            for choice, country in values.items():
                yield (*loc, "situs", "values", choice), country, {by: choice}
        case country:
            yield (*loc, "situs"), country, {}


def tax_rates(document: Document, edition: Edition, taxes: Taxes) -> Iterator[Finding]:
    """Whether each class and surcharge that the edition can meet has a rate on its first day, and a source that was read.

    The country's own file is there (`taxes` holds it), else nothing of this is looked at.
    """
    on = edition.effective.date()
    for name, section in edition.sections.items():
        for way in ways(edition, name):
            if way.country not in taxes:
                words = (
                    f"there is no taxes/{way.country}.yaml that can be read; expected it, with a rate for each class"
                )
                yield document.finding(way.country_loc, words, "no_tax_rate")
                continue
            if way.tax_class is not None:
                found = taxes[way.country]
                yield from _class_rate(document, way.class_loc, found, way.tax_class, on, key=way.of_split)
            for surcharge, kind in section.surcharge.items():
                loc = ("sections", name, "surcharge", surcharge)
                yield from _surcharge_rate(document, loc, taxes[way.country], surcharge, kind, on)
        yield from _uncited(document, name, section)
    own = taxes[edition.country]
    for index, fee in enumerate(edition.fees):
        if fee.taxed_as:
            yield from _class_rate(document, ("fees", index, "taxed_as"), own, fee.taxed_as, on)
    yield from _flat_levies(edition, own)
    yield from _surcharges_left_out(document, edition, taxes)


def _class_rate(
    document: Document, loc: Loc, taxes: tuple[Document, TaxFile], name: str, on: date, *, key: bool = False
) -> Iterator[Finding]:
    tax_document, file = taxes
    if name not in file.premium_tax:
        words = f"{quoted(name)} is no tax class of {file.country}; expected {nearest(name, file.premium_tax)}"
        yield document.finding(loc, words, "unknown_name", key=key)
        return
    row = _row_on(file.premium_tax[name], on)
    if row is None:
        words = f"{file.country} has no tax rate for {name} on {on}; expected a row in taxes/{file.country}.yaml from that day on or before"
        yield document.finding(loc, words, "no_tax_rate", key=key)
        return
    if not row.verified:
        yield _unverified(tax_document, ("premium_tax", name), name, key=True)
    for index, levy in enumerate(file.levies):
        levied = _row_on(levy.rates, on) if levy.on == name else None
        if levied is not None and not levied.verified:
            yield _unverified(tax_document, ("levies", index, "name"), levy.name)


def _surcharge_rate(
    document: Document, loc: Loc, taxes: tuple[Document, TaxFile], name: str, kind: str, on: date
) -> Iterator[Finding]:
    tax_document, file = taxes
    names = [surcharge.name for surcharge in file.surcharges]
    if name not in names:
        words = f"{quoted(name)} is no surcharge of {file.country}; expected {nearest(name, names)}"
        yield document.finding(loc, words, "unknown_name", key=True)
        return
    index = names.index(name)
    kinds = file.surcharges[index].on
    if kind not in kinds:
        words = (
            f"{quoted(kind)} is no kind of premium that {file.country} takes {name} on; expected {nearest(kind, kinds)}"
        )
        yield document.finding(loc, words, "unknown_name")
        return
    row = _row_on(kinds[kind], on)
    if row is None:
        words = f"{file.country} has no rate for {name} on {kind} on {on}; expected a row in taxes/{file.country}.yaml from that day on or before"
        yield document.finding(loc, words, "no_tax_rate")
    elif not row.verified:
        yield _unverified(tax_document, ("surcharges", index, "on", kind), f"{name} on {kind}", key=True)


def _surcharges_left_out(document: Document, edition: Edition, taxes: Taxes) -> Iterator[Finding]:
    """Surcharges that the law adds to covers of a class, and no section bears. Which section does, a class can't tell."""
    borne = {name for section in edition.sections.values() for name in section.surcharge}
    told: set[str] = set()
    for section in edition.sections:
        for way in ways(edition, section):
            for surcharge in taxes[way.country][1].surcharges if way.country in taxes else ():
                if way.tax_class in surcharge.expected_in and surcharge.name not in borne | told:
                    told.add(surcharge.name)
                    words = f"no section bears {surcharge.name}, which taxes/{way.country}.yaml expects of covers taxed as {way.tax_class}; expected surcharge: on the section that owes it"
                    yield document.finding(way.class_loc, words, "no_surcharge", key=way.of_split, warning=True)


def _uncited(document: Document, name: str, section: Section) -> Iterator[Finding]:
    """That what is exempt says by which law: the country's file can't know."""
    if section.tax == EXEMPT:
        words = f'{EXEMPT} without its law; expected {{{EXEMPT}: "the article that exempts, cited"}}'
        yield document.finding(("sections", name, "tax"), words, "exemption")


def _flat_levies(edition: Edition, taxes: tuple[Document, TaxFile]) -> Iterator[Finding]:
    document, file = taxes
    on = edition.effective.date()
    for index, levy in enumerate(file.levies):
        charged = levy.per_contract if levy.once_per == "cover" else []
        for row, flat in enumerate(charged):
            if flat.amount.currency != edition.currency:
                words = f"{flat.amount}, and {edition.product} is sold in {edition.currency}; expected one currency"
                yield document.finding(("levies", index, "per_contract", row, "amount"), words, "currency")
        held = max((flat for flat in charged if flat.from_ <= on), key=lambda flat: flat.from_, default=None)
        if held is not None and not held.verified:
            yield _unverified(document, ("levies", index, "name"), levy.name)


def _unverified(document: Document, loc: Loc, what: str, *, key: bool = False) -> Finding:
    words = f"the rate of {what} is not verified; expected a source that was read"
    return document.finding(loc, words, "unverified", key=key, warning=True)


def _row_on(rows: Iterable[TaxRow], on: date) -> TaxRow | None:
    return max((row for row in rows if row.from_ <= on), key=lambda row: row.from_, default=None)


# ------------------------------------------------------------------------------------------- legal minimums


def legal_minimums(document: Document, edition: Edition, kinds: Mapping[str, Kind], taxes: Taxes) -> Iterator[Finding]:
    """Limits under the least that the law of the situs country allows, and deductibles raised against victims.

    `kinds` are the names that are known of every risk.
    """
    for name, section in edition.sections.items():
        for way in ways(edition, name):
            tax_document, file = taxes.get(way.country, (None, None))
            minimum = file.minimum_limits.get(way.tax_class or "") if file is not None else None
            if minimum is None or tax_document is None:
                continue
            yield from _under(document, edition, name, kinds, way, minimum)
            if not minimum.verified:
                words = f"the legal minimum of {way.tax_class} is not verified; expected a source that was read"
                yield tax_document.finding(
                    ("minimum_limits", str(way.tax_class)), words, "unverified", key=True, warning=True
                )
            if section.deductible is not None and section.deductible.against_third_parties:
                law = VICTIMS_LAW.get(way.country, " by law")
                words = f"no deductible is raised against the victim in {way.tax_class}{law}; expected no"
                loc = ("sections", name, "deductible", "against_third_parties")
                yield document.finding(loc, words, "against_victims")


def _under(
    document: Document, edition: Edition, name: str, kinds: Mapping[str, Kind], way: Way, minimum: MinimumLimit
) -> Iterator[Finding]:
    section, loc = edition.sections[name], ("sections", name)
    law = f"the law of {way.country} asks for in {way.tax_class} ({minimum.source})"
    for key, least in minimum.limits.items():
        wanted = f"{least} or more" if isinstance(least, Amount) else str(least)
        if key not in section.limit.amounts:
            words = f"no limit for {key}, which {law}; expected {key}: {wanted}"
            yield document.finding((*loc, "limit"), words, "legal_minimum", key=True)
            continue
        for part, found in (("limit", section.limit.amounts[key]), ("sublimits", section.sublimits.get(key))):
            for where, value in _values((*loc, part, key), found, way.choices) if found is not None else ():
                if not _enough(value, least, kinds):
                    words = f"{value} is less than {law}; expected {wanted}"
                    yield document.finding(where, words, "legal_minimum")


def _values(
    loc: Loc, found: Amount | str | LimitTable, choices: Mapping[str, str]
) -> Iterator[tuple[Loc, Amount | str]]:
    """A limit's values for the choices that are made; all where its own choice is open."""
    if not isinstance(found, LimitTable):
        yield loc, found
        return
    for choice, value in found.values.items():
        if choices.get(found.by, choice) == choice:
            yield (*loc, "values", choice), value


def _enough(value: Amount | str, least: Amount | str, kinds: Mapping[str, Kind]) -> bool:
    if value == "unlimited":
        return True
    if not isinstance(least, Amount):
        return False
    if isinstance(value, str):
        kind = kinds.get(value)
        # A name with a fault of its own is told elsewhere.
        return kind is None or kind.currency != least.currency or kind.lowest >= least.micros
    return value.currency != least.currency or value.micros >= least.micros
