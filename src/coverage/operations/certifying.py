"""Certifying: the certificate of a cover, rendered when it is first asked for and kept ever after."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from typing import Any

from coverage.domain.certificate import (
    Certificate,
    ChangeSaid,
    Contact,
    CoverSaid,
    DeductibleSeen,
    InsurerSeen,
    LimitSeen,
    PriceSaid,
    SectionSeen,
    Signing,
    TaxSeen,
    plain,
)
from coverage.domain.cover import SectionTerms
from coverage.domain.faults import Conflict
from coverage.domain.money import Money
from coverage.domain.period import Period, local_day
from coverage.domain.premium import Premium
from coverage.domain.tenant import Caller
from coverage.messages import Words
from coverage.operations.branding import brand_of
from coverage.operations.house import House, Work
from coverage.operations.keeping import Paper, certificate_shelf, find_kept, papers
from coverage.operations.quoting import edition_of, premium_of, texts_of, wording_of
from coverage.operations.showing import CoverSeen, find_cover, see_cover
from coverage.operations.unlocking import proof_of, register_proofs
from coverage.rulebook.format import Edition, FieldTexts, InputTexts, Texts
from coverage.rulebook.language.inputs import Input, Item
from coverage.rulebook.language.lists import ListOf
from coverage.rulebook.language.notation import MICRO_PER_CENT, amount, decimal_text
from coverage.storage import covers, partners
from coverage.storage.changes import CoverChange
from coverage.storage.covers import Cover
from coverage.storage.members import Member
from coverage.storage.quotes import Quote

ENCLOSED = "certificate.json"
# Where a cover was issued, whatever became of it since.
SETTLED = ("issued", "cancelled", "payment_disputed")


def certificate_of(house: House, caller: Caller, cover_id: str, language: str | None) -> tuple[bytes, str]:
    """The certificate as PDF and its number, in `language` or else the policyholder's.

    Rendering happens outside any transaction; what is kept first is what everyone gets from then on.
    """
    (found,) = papers(house, caller, lambda tx: _certificate_paper(house, tx, cover_id, language))
    return found


def keep_certificate(house: House, caller: Caller, cover_id: str) -> None:
    """Sees to it that a cover's certificate is kept in its policyholder's language. One that is kept already stays as it is."""
    papers(house, caller, lambda tx: _certificate_paper(house, tx, cover_id, None))


def _certificate_paper(house: House, tx: Work, cover_id: str, language: str | None) -> Paper:
    """The certificate of a cover as it stands, kept or to be set; raises `Conflict` for one that isn't issued."""
    cover = find_cover(tx, cover_id)
    if cover.state not in SETTLED:
        raise Conflict("cover_not_issued", "the cover isn't issued, so there is no certificate")
    language = language or cover.language
    transaction = covers.transactions_of(tx.session, [cover.id])[-1]
    shelf = certificate_shelf(cover, transaction.id, language)
    kept = find_kept(house, tx, shelf)
    certificate = (
        replace(
            certificate_facts(tx, cover, language),
            proof=proof_of(house, tx, cover, transaction.id),
            signing=_signing(house),
        )
        if kept is None
        else None
    )

    def render() -> bytes:
        # For machines: what the page says, and nothing that it doesn't.
        said = json.dumps(plain(certificate), ensure_ascii=False, indent=1).encode()
        pdf = house.documents.render("certificate.html", language, {"certificate": certificate}, {ENCLOSED: said})
        return house.signatures.sign(pdf) if house.signatures is not None else pdf

    return Paper(cover.number, shelf, kept, render, lambda tx, document: register_proofs(tx, cover, document))


def _signing(house: House) -> Signing | None:
    signatures = house.signatures
    return Signing(signatures.name, signatures.for_trials) if signatures is not None else None


# ------------------------------------------------------------------------------------------ the facts


def certificate_facts(tx: Work, cover: Cover, language: str) -> Certificate:
    """All that the certificate of an issued cover states, in one language."""
    return certificate_said(tx, see_cover(tx, cover), language)


def certificate_said(tx: Work, seen: CoverSeen, language: str) -> Certificate:
    """What the certificate states of a cover that was seen already."""
    lasting = [one for one in seen.transactions if one.risk_type != "Cancellation"]
    said = cover_said(tx, seen, language)
    return Certificate(
        **{each.name: getattr(said, each.name) for each in fields(said)},
        issued_at=lasting[-1].booked_at if lasting else _never(seen.cover),
        replaces_issued_at=lasting[-2].booked_at if len(lasting) > 1 else None,
        version=len(lasting),
    )


def cover_said(tx: Work, seen: CoverSeen, language: str) -> CoverSaid:
    """All that is said of a cover as it stands now, in one language; also of one that isn't issued."""
    cover = seen.cover
    rules = edition_of(tx, seen.quote).rules
    texts = texts_of(tx, seen.quote, language)
    policy = tx.session.get_one(partners.MasterPolicy, (tx.tenant_id, cover.master_policy_id))
    insurer = partners.insurer_of(tx.session, policy.insurer_id)
    partner = partners.partner_of(tx.session, tx.tenant.partner_id)
    given = seen.given | tx.unseal_json(cover.policyholder_id, cover.sealed, f"covers/{cover.id}")
    premium = seen.premium
    return CoverSaid(
        number=cover.number,
        language=language,
        product_name=texts.product.name if texts else cover.product,
        product_summary=texts.product.summary if texts else "",
        policyholder=_name(tx, cover.policyholder_id),
        insured=tuple(
            _name(tx, party.member_id) for party in seen.parties if party.role == "insured" and party.member_id
        ),
        object_label=(texts.object or "") if texts else "",
        object_value=given.get(rules.object.input, "") if rules.object else "",
        facts=_facts(rules, texts, given, Words(language), local_day(seen.quote.asked_at, cover.timezone)),
        starts_at=cover.starts_at,
        ends_at=cover.ends_at,
        timezone=cover.timezone,
        territory=tuple(rules.territory),
        sections=tuple(
            _section(terms, texts, cover.currency, Period(cover.starts_at, cover.ends_at)) for terms in seen.terms
        ),
        net=Money(premium.net, cover.currency),
        taxes=_taxes(tx, seen.quote, premium, language),
        fees=_fees(premium),
        gross=Money(premium.gross, cover.currency),
        insurer=InsurerSeen(insurer.name, insurer.registration, insurer.supervisor, insurer.address),
        master_policy=policy.number,
        partner=partner.name,
        claims_contact=Contact(**insurer.claims_contact),
        assistance_contact=Contact(**insurer.assistance_contact) if insurer.assistance_contact else None,
        cancelled_at=cover.cancelled_at,
        livemode=tx.tenant.livemode,
        surcharges=_surcharges(tx, seen.quote, premium, language),
        brand=brand_of(partner),
    )


def change_said(tx: Work, change: CoverChange, quote: Quote, language: str) -> ChangeSaid:
    """A change that has a price, in one language."""
    if change.price is None:
        raise AssertionError("a change without a price is never offered")
    premium = premium_of(change.price)
    rules, texts = edition_of(tx, quote).rules, texts_of(tx, quote, language)
    # A difference names only what it changes.
    sections = tuple(
        (_name_of(line.name, texts), Money(line.net, premium.currency)) for line in premium.sections if line.net
    )
    return ChangeSaid(
        change.kind,
        change.ends_at,
        _facts(rules, texts, change.given, Words(language), local_day(change.asked_at, rules.timezone)),
        PriceSaid(
            (*sections, *_surcharges(tx, quote, premium, language)),
            _taxes(tx, quote, premium, language),
            _fees(premium),
            Money(premium.gross, premium.currency),
        ),
    )


def _never(cover: Cover) -> datetime:
    raise AssertionError(f"{cover.id} is issued, and has no moment of issue")


def _name(tx: Work, member_id: str) -> str:
    member = tx.session.get_one(Member, (tx.tenant_id, member_id))
    return str(tx.unseal_json(member_id, member.sealed, f"members/{member_id}").get("name") or member.reference)


def _facts(
    rules: Edition, texts: Texts | None, given: dict[str, str], words: Words, asked_on: date
) -> tuple[tuple[str, str], ...]:
    """What was declared, in people's words. The object stands apart, and a date about a person stays out."""
    facts = []
    for name, rule in rules.inputs.items():
        is_object = rules.object is not None and name == rules.object.input
        if name not in given or is_object or _is_private(rule):
            continue
        named = texts.inputs.get(name) if texts else None
        if isinstance(rule, ListOf):
            said = _things_said(rule, rule.from_text(given[name], asked_on), named, words)
        else:
            said = _said(rule, given[name], named, words)
        facts.append((_label(name, named), said))
    return tuple(facts)


def _is_private(rule: Input) -> bool:
    return rule.personal and rule.kind.sort == "date"


def _label(name: str, named: FieldTexts | None) -> str:
    return named.label if named else name.replace("_", " ")


def _said(rule: Input, text: str, named: FieldTexts | None, words: Words) -> str:
    """A given value as people read it."""
    match rule.kind.sort:
        case "choice":
            return named.choices.get(text, text) if named else text
        case "yes_no":
            return words.text("answer.yes") if text == "yes" else words.text("answer.no")
        case "money":
            found = amount(text)
            return words.money(Money(found.micros // MICRO_PER_CENT, found.currency), short=True)
        case "decimal":
            return words.number(text)
        case "date":
            return words.day(datetime.fromisoformat(text).replace(hour=12, tzinfo=UTC), "UTC")
    return text


def _things_said(rule: ListOf, items: Sequence[Item], named: InputTexts | None, words: Words) -> str:
    """A line for each thing of a list: what it is in short, then what else was asked of it."""
    lines = []
    for item in items:
        in_short, asked = [], []
        for field, value in item.items():
            given, told = rule.list_[field], named.fields.get(field) if named else None
            said = _said(given, given.to_text(value), told, words)
            if given.kind.sort in ("choice", "text", "money"):
                in_short.append(said)
            elif not _is_private(given):
                asked.append(f"{_label(field, told)} {said}")
        lines.append(" · ".join([", ".join(in_short), *asked] if in_short else asked))
    return "\n".join(lines)


def _section(terms: SectionTerms, texts: Texts | None, currency: str, covered: Period) -> SectionSeen:
    words = texts.sections.get(terms.section) if texts else None
    labels, excluded = (texts.limits, texts.exclusions) if texts else ({}, {})
    amounts = [*terms.limits.items(), *terms.sublimits.items()]
    limits = tuple(
        LimitSeen(
            "" if name in ("amount", "each_item") else labels.get(name, name.replace("_", " ")),
            Money(amount, currency) if amount is not None else None,
            terms.per if name in terms.limits else "item" if name == "each_item" else terms.per,
        )
        for name, amount in amounts
    )
    return SectionSeen(
        _name_of(terms.section, texts), words.summary if words else "", limits,
        _deductible(terms.deductible, currency), Money(terms.net, currency),
        tuple(excluded.get(code, code.replace("_", " ")) for code in terms.exclusions),
        (terms.period.start, terms.period.end) if terms.period != covered else None,
    )  # fmt: skip


def _deductible(kept: dict[str, Any] | None, currency: str) -> DeductibleSeen | None:
    if kept is None:
        return None

    def money(key: str) -> Money | None:
        return Money(kept[key], currency) if kept.get(key) is not None else None

    share = kept.get("share_percent")
    return DeductibleSeen(
        money("amount"), str(share) if share is not None else None, money("min"), money("max"),
        kept.get("applied") == "after_limit", kept.get("against_third_parties", False),
    )  # fmt: skip


def _name_of(section: str, texts: Texts | None) -> str:
    words = texts.sections.get(section) if texts else None
    return words.name if words else section


def _fees(premium: Premium) -> tuple[tuple[str, Money], ...]:
    return tuple((fee.name.replace("_", " "), Money(fee.amount, premium.currency)) for fee in premium.fees)


def _surcharges(tx: Work, quote: Quote, premium: Premium, language: str) -> tuple[tuple[str, Money], ...]:
    """Each surcharge once, whatever sections it was taken on."""
    wording = wording_of(tx, quote)
    named = {line.name: wording.tax_label(line, language) for line in premium.surcharges}
    return tuple((label, Money(premium.surcharged(name), premium.currency)) for name, label in named.items())


def _taxes(tx: Work, quote: Quote, premium: Premium, language: str) -> tuple[TaxSeen, ...]:
    wording, currency = wording_of(tx, quote), premium.currency
    return tuple(
        TaxSeen(wording.tax_label(line, language), decimal_text(line.rate, 4), Money(line.amount, currency))
        for line in premium.taxes
    )
