"""What the checker says of an edition whose shape is right: everything that would be wrong on sale."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale

from coverage.rulebook.building import NOTHING, build
from coverage.rulebook.expressions import nearest
from coverage.rulebook.format import (
    DeductibleTable,
    Edition,
    ExampleFile,
    FixedDeductible,
    ShareDeductible,
    TaxFile,
    TaxTable,
    Texts,
)
from coverage.rulebook.notation import MICRO_PER_CENT, Amount, Factor, Flat, Outcome, PerTerm, RateOf, ShareOf, quoted
from coverage.rulebook.plan import Charge, Lookup, Plan, PlannedSection, Verdict, unrated
from coverage.rulebook.reading import Document, Finding, Loc
from coverage.rulebook.taxes import NoTaxRate, class_rates

INT64: Final = 2**63
TOTALS: Final = ("declined", "referred", "net", "taxes", "fees", "gross")  # what a worked price names beside sections
# ISO 3166-1 alpha-2, as CLDR lists them; groupings such as EU and placeholders such as ZZ are none.
COUNTRIES: Final = frozenset(Locale("en").territories) - {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}
LANGUAGES: Final = ("en", "fr")

# Directive 2004/113/EC art. 5, CJEU C-236/09 (Test-Achats): sex may not be a rating factor since 2012-12-21.
SEX_NAMES: Final = re.compile(r"(^|_)(sex|gender|sexe|genre|civilite|mr_mrs)(_|$)")
SEX_CHOICES: Final = frozenset({"male", "female", "man", "woman", "homme", "femme", "masculin", "feminin"})


def plan_of(
    document: Document, edition: Edition, files: Mapping[str, str] = NOTHING
) -> tuple[Plan | None, list[Finding]]:
    """The edition's plan with everything that keeps it from running; None when it can't run."""
    findings: list[Finding] = []
    plan = build(document, edition, findings.append, files)
    findings += _lawful(document, edition)
    findings += _places(document, edition)
    if findings:
        return None, findings
    findings += _overflow(document, plan)
    return (None if findings else plan), findings


def check(
    document: Document,
    edition: Edition,
    plan: Plan | None,
    taxes: Mapping[str, tuple[Document, TaxFile]] | None,
    texts: Mapping[str, Texts | None],
) -> Iterator[Finding]:
    """What else is wrong or doubtful with an edition: its taxes, and where it could run its names and its texts."""
    if taxes is not None:
        yield from _tax_rates(document, edition, taxes[edition.country])
    if plan is not None:
        yield from _unused(document, edition, plan)
        yield from _codes(plan)
        yield from _jumps(plan)
        yield from _texts(document, edition, plan, texts)


# ------------------------------------------------------------------------------------------- refusals


def _lawful(document: Document, edition: Edition) -> Iterator[Finding]:
    law = "Directive 2004/113/EC art. 5 forbids rating on sex"
    for name, given in edition.inputs.items():
        if SEX_NAMES.search(name) or SEX_CHOICES & set(given.kind.options):
            yield document.finding(
                ("inputs", name),
                f"{quoted(name)} asks for a person's sex, and {law}; expected no such input",
                "sex",
                key=True,
            )


def _places(document: Document, edition: Edition) -> Iterator[Finding]:
    """References that the plan doesn't follow: the object, limits, deductibles, accumulation, the zone."""
    sections, inputs = edition.sections, edition.inputs
    try:
        ZoneInfo(edition.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield document.finding(
            ("timezone",), f"{quoted(edition.timezone)} is no time zone; expected one such as Europe/Paris", "timezone"
        )
    for index, code in enumerate(edition.territory):
        if code not in COUNTRIES:
            yield document.finding(
                ("territory", index), f"{quoted(code)} is no country; expected codes such as FR", "country"
            )
    if edition.quote.valid_for < 60:
        yield document.finding(
            ("quote", "valid_for"), "a quote that nobody could bind in time; expected a minute or more", "quote"
        )
    if edition.term.min > edition.term.max or edition.term.min < 60:
        yield document.finding(
            ("term",),
            "the shortest cover is longer than the longest, or under a minute; expected min: of a minute or more, and no more than max:",
            "term",
            key=True,
        )
    if edition.object is not None:
        if edition.object.input not in inputs:
            yield document.finding(
                ("object", "input"),
                f"{quoted(edition.object.input)} is no input; expected {nearest(edition.object.input, inputs)}",
                "unknown_name",
            )
        yield from _known(document, ("object", "exclusive_for"), edition.object.exclusive_for, sections, "section")
    for index, rule in enumerate(edition.accumulate):
        yield from _known(document, ("accumulate", index, "section"), rule.section, sections, "section")
        yield from _in_currency(document, edition, ("accumulate", index, "cap"), rule.cap)
        if edition.product not in rule.across:
            yield document.finding(
                ("accumulate", index, "across"),
                f"{edition.product} itself isn't among them; expected it there",
                "accumulate",
            )
    if edition.changes.raise_ is not None:
        yield from _known(document, ("changes", "raise", "inputs"), edition.changes.raise_.inputs, inputs, "input")
    for name in sections:
        if name in TOTALS:
            yield document.finding(
                ("sections", name),
                f"{quoted(name)} is a word of the worked prices; expected another name",
                "reserved",
                key=True,
            )
        yield from _section_places(document, edition, name)


def _known(document: Document, loc: Loc, names: str | list[str], known: Iterable[str], what: str) -> Iterator[Finding]:
    for index, name in enumerate([names] if isinstance(names, str) else names):
        if name not in known:
            where = loc if isinstance(names, str) else (*loc, index)
            yield document.finding(
                where, f"{quoted(name)} is no {what}; expected {nearest(name, list(known))}", "unknown_name"
            )


def _section_places(document: Document, edition: Edition, name: str) -> Iterator[Finding]:
    section, loc = edition.sections[name], ("sections", name)
    # A limit is resolved from the kept facts, which hold nothing personal and nothing that may be absent.
    money = {
        key: given for key, given in edition.inputs.items() if given.kind.sort == "money" and unrated(given) is None
    }
    below = section.layer.removeprefix("excess_of ")
    if below != section.layer and (below not in edition.sections or below == name):
        yield document.finding(
            (*loc, "layer"),
            f"{quoted(below)} is no other section; expected {nearest(below, list(edition.sections))}",
            "unknown_name",
        )
    if not section.limit.amounts:
        yield document.finding(
            (*loc, "limit"), "a limit without an amount; expected amount: or named amounts", "limit", key=True
        )
    for key, found in section.limit.amounts.items():
        if isinstance(found, str) and found != "unlimited" and found not in money:
            yield document.finding(
                (*loc, "limit", key),
                f"{quoted(found)} is no money input that is always known; expected {nearest(found, [*money, 'unlimited'])}",
                "unknown_name",
            )
        if isinstance(found, Amount):
            yield from _in_currency(document, edition, (*loc, "limit", key), found)
    for key, found in section.sublimits.items():
        yield from _in_currency(document, edition, (*loc, "sublimits", key), found)
    deductible = section.deductible
    if isinstance(deductible, DeductibleTable):
        by_choice = {
            key: given.kind.options
            for key, given in edition.inputs.items()
            if given.kind.options and unrated(given) is None
        }
        options = by_choice.get(deductible.by, ())
        if not options:
            yield document.finding(
                (*loc, "deductible", "by"),
                f"{quoted(deductible.by)} is no input of choices that is always known; expected {nearest(deductible.by, by_choice)}",
                "unknown_name",
            )
        missing = [option for option in options if option not in deductible.values]
        if missing:
            message = f"no row for {', '.join(missing)}; expected a row for each choice of {deductible.by}"
            yield document.finding((*loc, "deductible", "values"), message, "gap", key=True)
        for choice in deductible.values if options else ():
            if choice not in options:
                message = f"{quoted(choice)} is no choice of {deductible.by}; expected {nearest(choice, options)}"
                yield document.finding((*loc, "deductible", "values", choice), message, "no_match", key=True)
        for key, amount in deductible.values.items():
            yield from _in_currency(document, edition, (*loc, "deductible", "values", key), amount)
    if isinstance(deductible, FixedDeductible):
        yield from _in_currency(document, edition, (*loc, "deductible", "amount"), deductible.amount)
    if isinstance(deductible, ShareDeductible):
        for key, bound in (("min", deductible.min), ("max", deductible.max)):
            if bound is not None:
                yield from _in_currency(document, edition, (*loc, "deductible", key), bound)
        if deductible.min and deductible.max and deductible.min.micros > deductible.max.micros:
            yield document.finding(
                (*loc, "deductible", "min"), f"{deductible.min}; expected no more than max:", "deductible"
            )


def _in_currency(document: Document, edition: Edition, loc: Loc, found: Amount) -> Iterator[Finding]:
    if found.currency != edition.currency:
        yield document.finding(loc, f"{found}; expected {edition.currency}, the edition's currency", "currency")
    elif found.micros % MICRO_PER_CENT:
        yield document.finding(loc, f"{found}; expected whole cents", "cents")


def _overflow(document: Document, plan: Plan) -> Iterator[Finding]:
    """Every intermediate figure, at its worst, must fit 64 bits: in columns a larger one would wrap in silence."""
    nets: dict[str, int] = {}
    for section in plan.sections:
        worst, peak = _worst(plan, section, nets)
        nets[section.name] = worst
        if peak >= INT64:
            message = "its premium could pass 2^63 micro-units on the way; expected smaller ranges, factors or amounts"
            yield Finding(section.place, message, "overflow")
    if sum(nets.values()) * 10**6 >= INT64:
        yield document.finding(
            ("sections",), "the sections together could pass 2^63; expected smaller ranges", "overflow", key=True
        )


def _worst(plan: Plan, section: PlannedSection, nets: dict[str, int]) -> tuple[int, int]:
    running = peak = 0
    for step in section.steps:
        figure, high = _charge_at_worst(plan, step.charge, nets)
        peak = max(peak, high, running * figure if step.op == "times" else running + figure)
        match step.op:
            case "times":
                running = max(running, running * figure // 10_000 + 1) if step.when else running * figure // 10_000 + 1
            case "plus":
                running += figure
            case "base" | "at_least":
                running = max(running, figure)
    return running + 10_000, peak


def _charge_at_worst(plan: Plan, charge: Charge, nets: dict[str, int]) -> tuple[int, int]:
    """The charge's greatest value, and the greatest figure met while working it out."""
    hours, days = plan.kinds["term_hours"].highest, plan.kinds["term_days"].highest
    match charge:
        case Flat(amount):
            return amount.micros, amount.micros
        case Factor(value):
            return value, value
        case PerTerm(amount=amount, unit=unit):
            most = amount.micros * (hours if unit == "hour" else days)
            return most, most
        case RateOf(rate=rate, name=name, per_day=per_day):
            high = max(plan.kinds[name].highest, 0) * rate * (days if per_day else 1)
            return high // 10**6 + 1, high + 10**6
        case ShareOf(rate=rate, sections=names):
            high = sum(nets.get(name, 0) for name in names) * rate
            return high // 10**6 + 1, high + 10**6
        case Lookup():
            return charge.heaviest, charge.heaviest


def _unused(document: Document, edition: Edition, plan: Plan) -> Iterator[Finding]:
    read = set(plan.used)
    if edition.object is not None:
        read.add(edition.object.input)
    for section in edition.sections.values():
        read |= {value for value in section.limit.amounts.values() if isinstance(value, str)}
        if isinstance(section.deductible, DeductibleTable):
            read.add(section.deductible.by)
    for name, given in edition.inputs.items():
        # Free text describes a thing to people; it needs no rule.
        if name not in read and given.kind.sort != "text":
            yield document.finding(
                ("inputs", name),
                f"nothing uses the input {quoted(name)}; expected a rule that does, or no input",
                "unused",
                key=True,
            )
    for name in edition.derived:
        if name not in read:
            yield document.finding(
                ("derived", name),
                f"nothing uses the derived value {quoted(name)}; expected a rule that does, or none",
                "unused",
                key=True,
            )
    consulted = {
        step.charge.name for section in plan.sections for step in section.steps if isinstance(step.charge, Lookup)
    }
    for name in edition.tables:
        if name not in consulted:
            yield document.finding(
                ("tables", name),
                f"no step uses the table {quoted(name)}; expected one, or no table",
                "unused",
                key=True,
            )


def _codes(plan: Plan) -> Iterator[Finding]:
    """A code has one set of words, so it can't mean a decline here and a referral there."""
    first: dict[str, Verdict] = {}
    for verdict in plan.verdicts:
        before = first.setdefault(verdict.code, verdict)
        if before.decision != verdict.decision:
            message = f"{quoted(verdict.code)} is to {verdict.decision} here and to {before.decision} on line {before.place.line}; expected a code for each"
            yield Finding(verdict.place, message, "code")


def _tax_rates(document: Document, edition: Edition, taxes: tuple[Document, TaxFile]) -> Iterator[Finding]:
    tax_document, file = taxes
    for loc, tax_class in _classes(edition):
        if tax_class not in file.premium_tax:
            known = nearest(tax_class, file.premium_tax)
            message = f"{quoted(tax_class)} is no tax class of {file.country}; expected {known}"
            yield document.finding(loc, message, "unknown_name")
            continue
        try:
            found = list(class_rates({file.country: file}, file.country, tax_class, edition.effective.date()))
        except NoTaxRate as error:
            message = f"{error.detail}; expected a row in taxes/{file.country}.yaml from that day on or before"
            yield document.finding(loc, message, "no_tax_rate")
            continue
        for rate in found:
            if not rate.verified:
                message = f"the rate of {rate.name} is not verified; expected a source that was read"
                nth = next((i for i, levy in enumerate(file.levies) if levy.name == rate.name), 0)
                where: Loc = ("premium_tax", rate.name) if rate.kind == "premium_tax" else ("levies", nth, "name")
                yield tax_document.finding(where, message, "unverified", key=rate.kind == "premium_tax", warning=True)
    for index, levy in enumerate(file.levies):
        for row, flat in enumerate(levy.per_contract if levy.once_per == "cover" else ()):
            if flat.amount.currency != edition.currency:
                message = f"{flat.amount}, and {edition.product} is sold in {edition.currency}; expected one currency"
                yield tax_document.finding(("levies", index, "per_contract", row, "amount"), message, "currency")


def _classes(edition: Edition) -> Iterator[tuple[Loc, str]]:
    """Every tax class that the edition names, with its place."""
    for name, section in edition.sections.items():
        if not isinstance(section.tax, TaxTable):
            if isinstance(section.tax, str):
                yield ("sections", name, "tax"), section.tax
        else:
            for choice, tax_class in section.tax.values.items():
                yield ("sections", name, "tax", "values", choice), tax_class
    for index, fee in enumerate(edition.fees):
        if fee.taxed_as:
            yield ("fees", index, "taxed_as"), fee.taxed_as


def check_taxes(document: Document, file: TaxFile) -> Iterator[Finding]:
    """What is wrong with a country's taxes: a levy that meets no class would never be charged, in silence."""
    for name, rows in file.premium_tax.items():
        yield from _dated(document, ("premium_tax", name), [row.from_ for row in rows])
    names: set[str] = set()
    for index, levy in enumerate(file.levies):
        loc: Loc = ("levies", index)
        if levy.on is not None and levy.on not in file.premium_tax:
            message = f"{quoted(levy.on)} is no tax class here; expected {nearest(levy.on, file.premium_tax)}"
            yield document.finding((*loc, "on"), message, "unknown_name")
        called = f"{levy.name} on {levy.on}"
        if levy.name in file.premium_tax or called in names:
            message = f"{quoted(levy.name)} is a name in use already; expected another"
            yield document.finding((*loc, "name"), message, "reserved")
        names.add(called)
        yield from _dated(document, (*loc, "rates"), [row.from_ for row in levy.rates])
        yield from _dated(document, (*loc, "per_contract"), [row.from_ for row in levy.per_contract])
        for row, flat in enumerate(levy.per_contract):
            if flat.amount.micros % MICRO_PER_CENT:
                message = f"{flat.amount}; expected whole cents"
                yield document.finding((*loc, "per_contract", row, "amount"), message, "cents")
    levied = [levy.name for levy in file.levies]
    for name in file.labels:
        if name not in file.premium_tax and name not in levied:
            message = (
                f"{quoted(name)} is no tax class and no levy; expected {nearest(name, [*file.premium_tax, *levied])}"
            )
            yield document.finding(("labels", name), message, "unknown_name", key=True)


def _dated(document: Document, loc: Loc, days: list[date]) -> Iterator[Finding]:
    for index, (before, day) in enumerate(pairwise(days), start=1):
        if day <= before:
            message = f"{day} stands below {before}; expected each row later than the one above it"
            yield document.finding((*loc, index, "from"), message, "order")


# ------------------------------------------------------------------------------------------- warnings


def _jumps(plan: Plan) -> Iterator[Finding]:
    for table in plan.tables.values():
        if table.form == "values" or table.sort != "factor" or len(table.axes) > 1:
            continue
        priced = [row for row in table.rows if not isinstance(row.cell, Outcome)]
        for before, row in pairwise(priced):
            low, high = sorted((table.weight(before), table.weight(row)))
            if high * 2 > low * 3:
                message = (
                    f"a step of over 50 % from {before.label} to {row.label}; expected a gentler one, or a good reason"
                )
                yield Finding(row.place, message, "jump", warning=True)


def _texts(document: Document, edition: Edition, plan: Plan, texts: Mapping[str, Texts | None]) -> Iterator[Finding]:
    for language in LANGUAGES:
        found = texts.get(language)
        if found is None and language in texts:
            continue  # it is there, with faults of its own
        if found is None:
            yield document.finding(
                (),
                f"there is no texts.{language}.yaml; expected what people read in that language",
                "no_text",
                warning=True,
            )
            continue
        wanted = [("sections", name, name in found.sections) for name in edition.sections]
        wanted += [("inputs", name, name in found.inputs) for name in edition.inputs]
        for part, name, there in wanted:
            if not there:
                message = f"texts.{language}.yaml has no {part}: {name}; expected its words"
                yield document.finding((part, name), message, "no_text", key=True, warning=True)
        # A code that a table has of itself (an age outside its bands) is read by people as any other.
        for code in dict.fromkeys(verdict.code for verdict in plan.verdicts):
            if code not in found.codes:
                place = next(verdict.place for verdict in plan.verdicts if verdict.code == code)
                message = f"texts.{language}.yaml has no codes: {code}; expected its words"
                yield Finding(place, message, "no_text", warning=True)


# ------------------------------------------------------------------------------------------ worked prices


def check_examples(document: Document, file: ExampleFile, edition: Edition) -> Iterator[Finding]:
    """A worked price that expects what there isn't would say nothing of what there is."""
    known = [*edition.sections, *TOTALS]
    for index, example in enumerate(file.examples):
        for name, expected in example.expect.items():
            loc: Loc = (index, "expect", name)
            codes = name in ("declined", "referred")
            if name not in known:
                message = f"{quoted(name)} is no section and no total; expected {nearest(name, known)}"
                yield document.finding(loc, message, "unknown_name", key=True)
            elif codes != isinstance(expected, list):
                wanted = "a list of codes such as [claims_history]" if codes else "an amount, or none"
                yield document.finding(loc, f"{name}: is told otherwise; expected {wanted}", "expect")
            elif expected is None and name in TOTALS:
                yield document.finding(loc, f"{name} is never none; expected an amount such as 0.00 EUR", "expect")
            elif isinstance(expected, Amount):
                yield from _in_currency(document, edition, loc, expected)
