"""Contracting: the files in which an operator writes down a partner, its insurer and its master policy, read with the
places of what is wrong and held against what is on sale.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, partial
from typing import Annotated, Final
from zoneinfo import available_timezones

from pydantic import Discriminator, Field, Tag

from coverage.domain.certificate import Contact
from coverage.domain.ids import names
from coverage.domain.money import MINOR_DIGITS
from coverage.operations.enrolling import Agreement, Carrier, Enrolment, Firm, Status
from coverage.rulebook.editions import Library
from coverage.rulebook.format import Edition
from coverage.rulebook.language.expressions import nearest
from coverage.rulebook.language.notation import FractionField, Misread, Written, decimal_text, quoted
from coverage.rulebook.language.reading import Document, Finding, Loc, Unreadable
from coverage.rulebook.language.shape import COUNTRY, DayField, Part, several, typed

# Signs that no font shows and that French sets all the same: spaces at which a line doesn't break.
UNBROKEN: Final = "\u00a0\u202f"
UMR_WORDS: Final = "B, the broker's four digits and up to twelve capital letters or digits, such as B0000SHARE2026"
PHONE_WORDS: Final = "a number as it is dialled from abroad, such as +33 1 99 00 12 34"
EMAIL_WORDS: Final = "an address such as claims@example.org"
ZONE_WORDS: Final = "a time zone such as Europe/Paris"
LINE_WORDS: Final = "text in one line"
CURRENCY_WORDS: Final = "a currency such as EUR"


def line(text: str, longest: int = 300) -> str:
    """Text in one line, whose signs can all be seen; raises `Misread`."""
    if not text.strip():
        raise Misread("nothing stands here", LINE_WORDS)
    if hidden := next((sign for sign in text if not sign.isprintable() and sign not in UNBROKEN), None):
        raise Misread(f"a sign that can't be seen (U+{ord(hidden):04X})", LINE_WORDS)
    if len(text) > longest:
        raise Misread(f"{quoted(text)} has {len(text)} characters", f"{longest} at most")
    if text != text.strip():
        raise Misread(f"{quoted(text)} has a space at its edge", f"{quoted(text.strip())}")
    return text


def umr(text: str) -> str:
    """A unique market reference: B, the broker's four digits, the contract's own part; raises `Misread`."""
    if not re.fullmatch(r"B[0-9]{4}[A-Z0-9]{1,12}", text, re.ASCII):
        raise Misread(quoted(text), UMR_WORDS)
    return text


def phone(text: str) -> str:
    """A number with its country's, which is dialled from wherever a member stands; raises `Misread`."""
    if not re.fullmatch(r"\+[1-9][0-9 ().-]{5,24}[0-9]", text, re.ASCII) or len(re.sub(r"\D", "", text)) > 15:
        raise Misread(quoted(text), PHONE_WORDS)
    return text


def email(text: str) -> str:
    """An address that mail is sent to; raises `Misread`."""
    if not re.fullmatch(
        r"[!#-'*+\-./0-9=?A-Z^_`a-z{|}~]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}", text, re.ASCII
    ):
        raise Misread(quoted(text), EMAIL_WORDS)
    return text


@cache
def _zones() -> tuple[str, ...]:
    return tuple(sorted(available_timezones()))


def timezone(text: str) -> str:
    """A zone of the tz database; raises `Misread`, which names the nearest."""
    if text not in _zones():
        near = nearest(text[:60], _zones())
        raise Misread(quoted(text), near if near.startswith("perhaps") else ZONE_WORDS)
    return text


def currency(text: str) -> str:
    """A currency that is sold in; raises `Misread`."""
    if text not in MINOR_DIGITS:
        raise Misread(f"{quoted(text)} is no currency sold in", f"one of {', '.join(sorted(MINOR_DIGITS))}")
    return text


def _known(noun: str, expected: str, text: str) -> str:
    if not names(noun, text):
        raise Misread(quoted(text), f"{expected}, or what there is to say of it, key by key")
    return text


PARTNER_WORDS: Final = "a partner's id such as par_…"
INSURER_WORDS: Final = "an insurer's id such as ins_…"
# Tells what is said key by key from the id of what is there.
TOLD_OR_KNOWN: Final = Discriminator(lambda value: "@id" if isinstance(value, str) else "@name")
Line = Annotated[str, Written(line, LINE_WORDS)]
ShortLine = Annotated[str, Written(partial(line, longest=80), LINE_WORDS)]
PartnerId = Annotated[str, Written(partial(_known, "partner", PARTNER_WORDS), PARTNER_WORDS)]
InsurerId = Annotated[str, Written(partial(_known, "insurer", INSURER_WORDS), INSURER_WORDS)]


class ContactPart(Part):
    """Whom a member calls or writes to."""

    name: ShortLine
    phone: Annotated[str, Written(phone, PHONE_WORDS)]
    email: Annotated[str, Written(email, EMAIL_WORDS)]

    def told(self) -> Contact:
        return Contact(self.name, self.phone, self.email)


class InsurerPart(Part):
    """An insurer, as it stands on certificates and information documents."""

    name: ShortLine
    registration: Line
    supervisor: Line
    address: Line
    claims_contact: ContactPart
    assistance_contact: ContactPart | None = None

    def told(self) -> Carrier:
        assistance = self.assistance_contact.told() if self.assistance_contact else None
        return Carrier(
            self.name, self.registration, self.supervisor, self.address, self.claims_contact.told(), assistance
        )  # fmt: skip


class PartnerPart(Part):
    """A partner."""

    name: ShortLine
    status: Status
    timezone: Annotated[str, Written(timezone, ZONE_WORDS)]
    billing_email: Annotated[str, Written(email, EMAIL_WORDS)] | None = None

    def told(self) -> Firm:
        return Firm(self.name, self.status, self.timezone, self.billing_email)


class PolicyPart(Part):
    """A master policy, from its first day to its last, in the partner's own time zone."""

    number: Annotated[str, Written(partial(line, longest=40), LINE_WORDS)]
    umr: Annotated[str, Written(umr, UMR_WORDS)]
    first_day: DayField
    last_day: DayField
    currency: Annotated[str, Written(currency, CURRENCY_WORDS)]
    countries: Annotated[list[Annotated[str, Field(pattern=COUNTRY)]], several()] = Field(min_length=1, max_length=60)
    products: Annotated[list[ShortLine], several()] = Field(min_length=1, max_length=60)
    commission: dict[ShortLine, dict[ShortLine, FractionField]] = Field(default_factory=dict)

    def told(self) -> Agreement:
        rates = {
            product: {section: decimal_text(rate, 6) for section, rate in by_section.items()}
            for product, by_section in self.commission.items()
        }
        return Agreement(
            self.number, self.umr, self.first_day, self.last_day, tuple(self.products), self.currency,
            tuple(self.countries), rates,
        )  # fmt: skip


PartnerField = Annotated[Annotated[PartnerId, Tag("@id")] | Annotated[PartnerPart, Tag("@name")], TOLD_OR_KNOWN]
InsurerField = Annotated[Annotated[InsurerId, Tag("@id")] | Annotated[InsurerPart, Tag("@name")], TOLD_OR_KNOWN]


class EnrolmentFile(Part):
    """Who is enrolled: a partner or the id of one that is there, an insurer or the id of one, a master policy."""

    partner: PartnerField
    insurer: InsurerField
    policy: PolicyPart


class PolicyFile(Part):
    """A master policy that follows; without an insurer, with that of the one before."""

    insurer: InsurerField | None = None
    policy: PolicyPart


@dataclass(frozen=True, slots=True)
class EnrolmentWritten:
    """An enrolment as it was read, and what is doubtful about it."""

    enrolment: Enrolment
    warnings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class PolicyWritten:
    """A policy that follows as it was read, its insurer where one is named, and what is doubtful."""

    policy: Agreement
    insurer: Carrier | str | None
    warnings: tuple[Finding, ...]


def read_enrolment(
    document: Document, library: Library, today: date, partner_id: str | None = None
) -> EnrolmentWritten:
    """An enrolment as it stands in a file; `partner_id` names a partner that is there, beside what the file says of it.

    Raises `Unreadable` with all that is wrong in it.
    """
    file = typed(document, EnrolmentFile)
    warnings = _held_against(document, file.policy, library, today)
    known = file.partner if isinstance(file.partner, str) else None
    if known is not None and partner_id not in (None, known):
        raise Unreadable(
            [document.finding(("partner",), f"{known}, and {partner_id} on the command line; expected one", "partner")]
        )
    firm = None if isinstance(file.partner, str) else file.partner.told()
    insurer = file.insurer if isinstance(file.insurer, str) else file.insurer.told()
    return EnrolmentWritten(Enrolment(firm, insurer, file.policy.told(), known or partner_id), warnings)


def read_policy(document: Document, library: Library, today: date) -> PolicyWritten:
    """A policy that follows as it stands in a file; raises `Unreadable` with all that is wrong in it."""
    file = typed(document, PolicyFile)
    warnings = _held_against(document, file.policy, library, today)
    insurer = file.insurer.told() if isinstance(file.insurer, InsurerPart) else file.insurer
    return PolicyWritten(file.policy.told(), insurer, warnings)


# -------------------------------------------------------------------------------------------- what is on sale


def _held_against(document: Document, policy: PolicyPart, library: Library, today: date) -> tuple[Finding, ...]:
    """What is doubtful about a policy; raises `Unreadable` for what nothing could be sold under."""
    say = partial(_said, document)
    findings = [
        *_reference(policy, say),
        *_days(policy, today, say),
        *_sold(policy, library, say),
        *_earned(policy, library, say),
    ]
    if any(not finding.warning for finding in findings):
        raise Unreadable([finding for finding in findings if not finding.warning])
    return tuple(findings)


Say = Callable[..., Finding]


def _said(document: Document, loc: Loc, message: str, **how: bool) -> Finding:
    return document.finding(("policy", *loc), message, "contract", **how)


def _reference(policy: PolicyPart, say: Say) -> Iterator[Finding]:
    if policy.umr.startswith("B0000"):
        yield say(("umr",), f"{policy.umr} is illustrative: no broker has the number 0000", warning=True)


def _days(policy: PolicyPart, today: date, say: Say) -> Iterator[Finding]:
    if policy.last_day < policy.first_day:
        yield say(("last_day",), f"{policy.last_day} comes before the first day; expected {policy.first_day} or later")
    elif policy.last_day < today:
        yield say(("last_day",), f"{policy.last_day} is over, so that nothing could be sold; expected today or later")
    elif policy.last_day > policy.first_day + timedelta(days=10 * 366):
        yield say(("last_day",), f"{policy.last_day} is more than ten years after the first day", warning=True)


def _sold(policy: PolicyPart, library: Library, say: Say) -> Iterator[Finding]:
    """Each product must be sold in each of the countries, in the policy's currency."""
    for place, named in (("countries", policy.countries), ("products", policy.products)):
        for index, one in enumerate(named):
            if one in named[:index]:
                yield say((place, index), f"{quoted(one)} stands here again; expected it once")
    for index, product in enumerate(policy.products):
        sold = _editions(library, product)
        if not sold:
            known = nearest(product, library.products())
            yield say(("products", index), f"there is no product {quoted(product)} on sale; expected {known}")
        for position, country in enumerate(policy.countries if sold else ()):
            there = [edition for edition in sold if edition.country == country]
            if not there:
                elsewhere = ", ".join(sorted({edition.country for edition in sold}))
                yield say(("countries", position), f"{product} isn't sold in {country}; expected {elsewhere}")
            elif policy.currency not in {edition.currency for edition in there}:
                wanted = " or ".join(sorted({edition.currency for edition in there}))
                yield say(
                    ("currency",),
                    f"{product} is sold in {wanted} in {country}, not in {policy.currency}; expected {wanted}",
                )


def _earned(policy: PolicyPart, library: Library, say: Say) -> Iterator[Finding]:
    """Commission is for what is sold under the policy; a section without any is told of, for it may be forgotten."""
    for product, rates in policy.commission.items():
        if product not in policy.products:
            words = f"{quoted(product)} isn't among the policy's products; expected {nearest(product, policy.products)}"
            yield say(("commission", product), words, key=True)
            continue
        sections = _sections(library, product)
        for section in rates if sections else ():
            if section not in sections:
                words = f"{product} has no section {quoted(section)}; expected {nearest(section, sections)}"
                yield say(("commission", product, section), words, key=True)
    for product in policy.products:
        without = [one for one in _sections(library, product) if one not in policy.commission.get(product, {})]
        if without:
            words = f"the partner earns nothing on {', '.join(without)} of {product}: no commission is said"
            yield say(("commission", product), words, warning=True)


def _editions(library: Library, product: str) -> Sequence[Edition]:
    found = [one.rules for one in library.editions if one.product == product]
    return [rules for rules in found if rules.withdrawn is None]


def _sections(library: Library, product: str) -> list[str]:
    return list(dict.fromkeys(name for rules in _editions(library, product) for name in rules.sections))


# ---------------------------------------------------------------------------------------- something to start from


def example(library: Library, today: date) -> str:
    """A file to start from, for what is on sale: it can be enrolled as it stands, and all in it is made up."""
    first = today.replace(day=1)
    last = first.replace(year=first.year + 1) - timedelta(days=1)
    editions = [rules for product in library.products() for rules in _editions(library, product)]
    country, money = (editions[0].country, editions[0].currency) if editions else ("FR", "EUR")
    sold = {rules.product: rules for rules in editions if (rules.country, rules.currency) == (country, money)}
    rates = "".join(_rates(product, _sections(library, product)) for product in sold)
    return EXAMPLE.format(
        first=first, last=last, year=first.year, country=country, currency=money, products=", ".join(sold), rates=rates.rstrip("\n"),
    )  # fmt: skip


def _rates(product: str, sections: Sequence[str]) -> str:
    return f"    {product}:\n" + "".join(f"      {section}: 15%\n" for section in sections)


EXAMPLE: Final = """\
# Who sells, who carries the risk, and the contract between them. Everything here is made up: put your own in its place.
partner: # or the id of one that is there, par_…, to give it another mode
  name: The Shared Shed # as it stands on certificates and invoices
  status: exempt_ancillary # or registered_intermediary: Directive (EU) 2016/97 art. 1(3)
  timezone: Europe/Paris # whose days the policy has, and whose months the invoices
  billing_email: accounts@shed.example # where invoices are sent; may be left out

insurer: # or the id of one that is there, ins_…
  name: Example Mutual
  registration: Example register 000 000 000
  supervisor: Example Authority, 2 rue de l'Exemple, 75000 Paris
  address: 1 rue de l'Exemple, 75000 Paris, France
  claims_contact:
    name: Example Mutual, claims
    phone: +33 1 99 00 12 34
    email: claims@mutual.example
  assistance_contact: # may be left out
    name: Example Mutual, assistance 24/7
    phone: +33 1 99 00 56 78
    email: help@mutual.example

policy:
  number: MP-{year}-001
  umr: B0000SHED{year} # B, the broker's four digits, the contract's own part; illustrative: no broker is 0000
  first_day: {first}
  last_day: {last} # the last whole day
  currency: {currency}
  countries: [{country}]
  products: [{products}]
  commission: # what the partner earns of the net premium, by product and section; nothing where none is said
{rates}
"""
