"""Certifying: the certificate of a cover, rendered when it is first asked for and kept ever after."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import insert

from coverage.domain.certificate import (
    Certificate,
    Contact,
    DeductibleSeen,
    InsurerSeen,
    LimitSeen,
    SectionSeen,
    TaxSeen,
)
from coverage.domain.faults import Conflict
from coverage.domain.money import Money
from coverage.domain.premium import Premium
from coverage.domain.tenant import Caller
from coverage.messages import Words
from coverage.operations.house import House, Work
from coverage.operations.quoting import edition_of, premium_of, tax_label, texts_of
from coverage.operations.showing import CoverSeen, find_cover, see_cover
from coverage.rulebook.format import Edition, InputTexts, Texts
from coverage.rulebook.inputs import Input
from coverage.rulebook.notation import MICRO_PER_CENT, amount, decimal_text
from coverage.storage import covers, partners
from coverage.storage.covers import Cover, Document, TransactionTerms
from coverage.storage.identity import new_id
from coverage.storage.members import Member

CERTIFICATE = "certificate"


def certificate_of(house: House, caller: Caller, cover_id: str, language: str | None) -> tuple[bytes, str]:
    """The certificate as PDF and its number, in `language` or else the policyholder's.

    Rendering happens outside any transaction; what is kept first is what everyone gets from then on.
    """
    with house.transaction(caller) as tx:
        cover = find_cover(tx, cover_id)
        if cover.state not in ("issued", "cancelled", "payment_disputed"):
            raise Conflict("cover_not_issued", "the cover isn't issued, so there is no certificate")
        language = language or cover.language
        transaction = covers.transactions_of(tx.session, [cover.id])[-1]
        kept = covers.document_of(tx.session, transaction.id, CERTIFICATE, language)
        if kept is not None:
            return _read(house, tx, cover, kept), cover.number
        certificate = certificate_facts(tx, cover, language)
        signet = _signet(tx, cover, transaction.id, language)
    pdf = house.documents.render("certificate.html", language, {"certificate": certificate})
    with house.transaction(caller) as tx:
        return _keep(house, tx, find_cover(tx, cover_id), signet, pdf), cover.number


def _signet(tx: Work, cover: Cover, transaction_id: str, language: str) -> dict[str, Any]:
    document_id = new_id("document")
    return {
        "tenant_id": tx.tenant_id, "id": document_id, "cover_id": cover.id, "transaction_id": transaction_id,
        "kind": CERTIFICATE, "language": language, "blob": f"documents/{document_id}",
    }  # fmt: skip


def _keep(house: House, tx: Work, cover: Cover, signet: dict[str, Any], pdf: bytes) -> bytes:
    """Keeps the document unless another request was first; answers the bytes that are kept."""
    place = f"documents/{signet['id']}"
    # The blob is safe on disk before the row that names it commits; a blob without a row is litter, never a loss.
    house.blobs.put(signet["blob"], tx.seal(cover.policyholder_id, pdf, place))
    row = signet | {"sha256": hashlib.sha256(pdf).hexdigest(), "size": len(pdf), "created_at": tx.wall}
    tx.session.execute(insert(Document).values(**row).on_conflict_do_nothing())
    kept = covers.document_of(tx.session, signet["transaction_id"], CERTIFICATE, signet["language"])
    if kept is None or kept.id == signet["id"]:
        return pdf
    return _read(house, tx, cover, kept)


def _read(house: House, tx: Work, cover: Cover, kept: Document) -> bytes:
    pdf = tx.unseal(cover.policyholder_id, house.blobs.get(kept.blob), f"documents/{kept.id}")
    if hashlib.sha256(pdf).hexdigest() != kept.sha256:
        raise RuntimeError(f"document {kept.id} isn't what was kept")
    return pdf


# ------------------------------------------------------------------------------------------ the facts


def certificate_facts(tx: Work, cover: Cover, language: str) -> Certificate:
    """All that the certificate of a cover states, in one language."""
    seen = see_cover(tx, cover)
    rules = edition_of(tx, seen.quote).rules
    texts = texts_of(tx, seen.quote, language)
    policy = tx.session.get_one(partners.MasterPolicy, (tx.tenant_id, cover.master_policy_id))
    insurer = partners.insurer_of(tx.session, policy.insurer_id)
    given = seen.quote.given | tx.unseal_json(cover.policyholder_id, cover.sealed, f"covers/{cover.id}")
    premium = premium_of(seen.transactions[0].price)
    return Certificate(
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
        facts=_facts(rules, texts, given, Words(language), cover.timezone),
        starts_at=cover.starts_at,
        ends_at=cover.ends_at,
        timezone=cover.timezone,
        territory=tuple(rules.territory),
        sections=tuple(
            _section(term, texts, cover.currency)
            for term in seen.terms
            if term.transaction_id == seen.transactions[0].id
        ),
        net=Money(premium.net, cover.currency),
        taxes=_taxes(tx, seen, premium, language),
        fees=tuple((fee.name, Money(fee.amount, cover.currency)) for fee in premium.fees),
        gross=Money(premium.gross, cover.currency),
        insurer=InsurerSeen(insurer.name, insurer.registration, insurer.supervisor, insurer.address),
        master_policy=policy.number,
        partner=partners.partner_of(tx.session, tx.tenant.partner_id).name,
        claims_contact=Contact(**insurer.claims_contact),
        assistance_contact=Contact(**insurer.assistance_contact) if insurer.assistance_contact else None,
        issued_at=cover.issued_at or _never(cover),
        cancelled_at=cover.cancelled_at,
        livemode=tx.tenant.livemode,
    )


def _never(cover: Cover) -> datetime:
    raise AssertionError(f"{cover.id} is issued, and has no moment of issue")


def _name(tx: Work, member_id: str) -> str:
    member = tx.session.get_one(Member, (tx.tenant_id, member_id))
    return str(tx.unseal_json(member_id, member.sealed, f"members/{member_id}").get("name") or member.reference)


def _facts(
    rules: Edition, texts: Texts | None, given: dict[str, str], words: Words, timezone: str
) -> tuple[tuple[str, str], ...]:
    """What was declared, in people's words. The object stands apart, and a date about a person stays out."""
    facts = []
    for name, rule in rules.inputs.items():
        is_object = rules.object is not None and name == rules.object.input
        if name not in given or is_object or (rule.personal and rule.kind.sort == "date"):
            continue
        named = texts.inputs.get(name) if texts else None
        facts.append(
            (named.label if named else name.replace("_", " "), _said(rule, given[name], named, words, timezone))
        )
    return tuple(facts)


def _said(rule: Input, text: str, named: InputTexts | None, words: Words, timezone: str) -> str:
    """A given value as people read it."""
    match rule.kind.sort:
        case "choice":
            return named.choices.get(text, text) if named else text
        case "yes_no":
            return words.text("answer.yes") if text == "yes" else words.text("answer.no")
        case "money":
            found = amount(text)
            return words.money(Money(found.micros // MICRO_PER_CENT, found.currency), short=True)
        case "date":
            return words.day(datetime.fromisoformat(text).replace(hour=12, tzinfo=ZoneInfo(timezone)), timezone)
    return text


def _section(term: TransactionTerms, texts: Texts | None, currency: str) -> SectionSeen:
    words = texts.sections.get(term.section) if texts else None
    labels = texts.limits if texts else {}
    amounts = [*term.limits.items(), *term.sublimits.items()]
    limits = tuple(
        LimitSeen(
            "" if name in ("amount", "each_item") else labels.get(name, name.replace("_", " ")),
            Money(amount, currency) if amount is not None else None,
            term.per if name in term.limits else "item" if name == "each_item" else term.per,
        )
        for name, amount in amounts
    )
    return SectionSeen(
        words.name if words else term.section, words.summary if words else "", limits,
        _deductible(term.deductible, currency), Money(term.net, currency),
    )  # fmt: skip


def _deductible(kept: dict[str, Any] | None, currency: str) -> DeductibleSeen | None:
    if kept is None:
        return None
    if "share_percent" not in kept:
        return DeductibleSeen(amount=Money(kept["amount"], currency))
    least, most = kept["min"], kept["max"]
    return DeductibleSeen(
        share_percent=str(kept["share_percent"]),
        minimum=Money(least, currency) if least is not None else None,
        maximum=Money(most, currency) if most is not None else None,
    )


def _taxes(tx: Work, seen: CoverSeen, premium: Premium, language: str) -> tuple[TaxSeen, ...]:
    currency = seen.cover.currency
    return tuple(
        TaxSeen(
            tax_label(tx, seen.quote, line.name, language), decimal_text(line.rate, 4), Money(line.amount, currency)
        )
        for line in premium.taxes
    )
