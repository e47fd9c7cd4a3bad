"""Documenting: what people are given beside the certificate. The product's information document, before the contract; the
terms of a cover in full; the receipt of a claim.

The terms and the information document that a cover was sold with are part of the contract, and kept like the certificate. The
others say only what is kept and never changes, and are set when they are asked for.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from coverage.domain.certificate import Certificate, InsurerSeen
from coverage.domain.faults import Conflict, Missing
from coverage.domain.information import (
    AccountSeen,
    InformationSeen,
    LineOfAccount,
    ReceiptSeen,
    StatementSeen,
    TermsSeen,
)
from coverage.domain.money import Money
from coverage.domain.period import day_begins
from coverage.domain.tenant import Caller, Mode, Tenant
from coverage.operations.attaching import master_policy_now
from coverage.operations.balancing import statement
from coverage.operations.branding import brand_of
from coverage.operations.certifying import SETTLED, certificate_said
from coverage.operations.claiming import find_claim
from coverage.operations.house import House, Work
from coverage.operations.keeping import Kind, Paper, find_kept, information_shelf, papers, terms_shelf
from coverage.operations.ports import Documents
from coverage.operations.quoting import edition_of, find_quote, ipid_hash, texts_of, wording_of
from coverage.operations.showing import find_cover, see_cover
from coverage.operations.unlocking import proof_of
from coverage.rulebook.format import Edition, Texts
from coverage.rulebook.loaded import LoadedEdition
from coverage.storage import claims, covers, partners
from coverage.storage.covers import Cover, Document
from coverage.storage.tenancy import Database

# Information documents are for everybody alike, and asked for far more often than there are any.
MOST_REMEMBERED: Final = 64


@dataclass(frozen=True, slots=True)
class DocumentKnown:
    """A document of a cover that can be asked for, in a language. One that is kept is the same ever after."""

    kind: Kind  # which is also the last part of its address
    language: str
    sha256: str | None
    created_at: datetime | None


def documents_of(tx: Work, cover_id: str) -> list[DocumentKnown]:
    """The documents of a cover in each language of its product: what is kept of its newest certificate first."""
    cover = find_cover(tx, cover_id)
    languages = sorted(_languages(tx, cover))
    transactions = covers.transactions_of(tx.session, [cover.id])
    # The information document is of the sale; the others tell the cover as it stands.
    kept: dict[tuple[str, str], Document] = {}
    if transactions:
        of_sale, standing = (covers.documents_of(tx.session, one.id) for one in (transactions[0], transactions[-1]))
        kept = {(one.kind, one.language): one for one in standing if one.kind != "ipid"}
        kept |= {(one.kind, one.language): one for one in of_sale if one.kind == "ipid"}
    kinds: tuple[Kind, ...] = ("certificate", "terms", "ipid") if cover.state in SETTLED else ("ipid",)
    told = []
    for kind in kinds:
        for language in languages:
            one = kept.get((kind, language))
            told.append(DocumentKnown(kind, language, one.sha256 if one else None, one.created_at if one else None))
    return told


def _languages(tx: Work, cover: Cover) -> set[str]:
    return set(wording_of(tx, find_quote(tx, cover.quote_id)).texts)


# ------------------------------------------------------------------------------------------ the information document


def product_information(house: House, caller: Caller, edition: LoadedEdition, language: str) -> bytes:
    """The information document of what is on sale, as PDF; raises `Missing` where there is none in that language."""
    texts = edition.texts.get(language)
    if texts is None:
        raise Missing("not_found", f"{edition.product} has no information document in {language!r}")
    with house.transaction(caller) as tx:
        seen = _information(edition, texts, language, _insurer_now(tx, edition.rules))
    return _set_information(house, seen)


def cover_information(house: House, caller: Caller, cover_id: str, language: str | None) -> tuple[bytes, str]:
    """The information document that the cover was sold with, in `language` or else the policyholder's, and the cover's
    number. Once it was issued, the document is kept.
    """
    (found,) = papers(house, caller, lambda tx: _information_paper(house, tx, cover_id, language))
    return found


def _information_paper(house: House, tx: Work, cover_id: str, language: str | None) -> Paper:
    cover = find_cover(tx, cover_id)
    language = language or cover.language
    transactions = covers.transactions_of(tx.session, [cover.id])
    shelf = information_shelf(cover, transactions[0].id, language) if transactions else None
    if shelf is not None and (kept := find_kept(house, tx, shelf)) is not None:
        return Paper(cover.number, shelf, kept, lambda: kept)
    seen = _information_of(tx, cover, language)
    return Paper(cover.number, shelf, None, lambda: _set_information(house, seen))


def _information_of(tx: Work, cover: Cover, language: str) -> InformationSeen:
    quote = find_quote(tx, cover.quote_id)
    texts = texts_of(tx, quote, language)
    if texts is None:
        raise Missing("not_found", f"{cover.product} has no information document")
    policy = tx.session.get_one(partners.MasterPolicy, (tx.tenant_id, cover.master_policy_id))
    insurer = partners.insurer_of(tx.session, policy.insurer_id)
    carrier = InsurerSeen(insurer.name, insurer.registration, insurer.supervisor, insurer.address)
    return _information(edition_of(tx, quote), texts, language, carrier)


def _insurer_now(tx: Work, rules: Edition) -> InsurerSeen:
    policy = master_policy_now(tx, rules.product, rules.country, rules.currency)
    insurer = partners.insurer_of(tx.session, policy.insurer_id)
    return InsurerSeen(insurer.name, insurer.registration, insurer.supervisor, insurer.address)


def _information(
    edition: LoadedEdition, texts: Texts, language: str, insurer: InsurerSeen
) -> InformationSeen:  # fmt: skip
    said = texts.ipid
    return InformationSeen(
        language, texts.product.name, insurer, ipid_hash(edition.product, edition.country, language, texts),
        said.type_of_insurance, tuple(said.insured), tuple(said.not_insured), tuple(said.restrictions), tuple(said.where),
        tuple(said.obligations), said.payment, said.start_and_end, said.cancellation, edition.effective_at,
    )  # fmt: skip


def _set_information(house: House, seen: InformationSeen) -> bytes:
    with _remembering:
        remembered = _remembered.setdefault(house.documents, OrderedDict())
        if (known := remembered.get(seen)) is not None:
            remembered.move_to_end(seen)
            return known
    pdf = house.documents.render("ipid.html", seen.language, {"ipid": seen})
    with _remembering:
        remembered[seen] = pdf
        while len(remembered) > MOST_REMEMBERED:
            remembered.popitem(last=False)
    return pdf


# By who set them: another's templates may be others.
_remembered: WeakKeyDictionary[Documents, OrderedDict[InformationSeen, bytes]] = WeakKeyDictionary()
_remembering = threading.Lock()


# ------------------------------------------------------------------------------------------ terms and receipts


def issued_said(tx: Work, cover_id: str, language: str | None) -> Certificate:
    """What the certificate of a cover says as it stands, in `language` or else the policyholder's; raises `Conflict` for a
    cover that was never issued.
    """
    cover = find_cover(tx, cover_id)
    if cover.state not in SETTLED:
        raise Conflict("cover_not_issued", "the cover isn't issued, so nothing of it is settled")
    return certificate_said(tx, see_cover(tx, cover), language or cover.language)


def terms_of_cover(house: House, caller: Caller, cover_id: str, language: str | None) -> tuple[bytes, str]:
    """The cover's terms in full as PDF, kept for each of its transactions, and its number; raises `Conflict` for one that was
    never issued.
    """
    (found,) = papers(house, caller, lambda tx: _terms_paper(house, tx, cover_id, language))
    return found


def _terms_paper(house: House, tx: Work, cover_id: str, language: str | None) -> Paper:
    cover = find_cover(tx, cover_id)
    if cover.state not in SETTLED:
        raise Conflict("cover_not_issued", "the cover isn't issued, so there are no terms of it")
    language = language or cover.language
    cover_seen = see_cover(tx, cover)
    shelf = terms_shelf(cover, cover_seen.transactions[-1].id, language)
    if (kept := find_kept(house, tx, shelf)) is not None:
        return Paper(cover.number, shelf, kept, lambda: kept)
    said = certificate_said(tx, cover_seen, language)
    texts = texts_of(tx, find_quote(tx, cover.quote_id), language)
    seen = TermsSeen(said, said.issued_at, texts.product.need if texts else "", _information_of(tx, cover, language))
    return Paper(
        cover.number, shelf, None, lambda: house.documents.render("terms.html", seen.cover.language, {"terms": seen})
    )


def keep_terms_and_information(house: House, caller: Caller, cover_id: str) -> None:
    """Sees to it that what a cover was sold with beside the certificate is kept in its policyholder's language: terms and
    information document. What is kept already stays as it is.
    """
    papers(
        house, caller, lambda tx: _terms_paper(house, tx, cover_id, None),
        lambda tx: _information_paper(house, tx, cover_id, None),
    )  # fmt: skip


def wallet_address(house: House, tx: Work, cover_id: str, language: str) -> str | None:
    """Where the member adds the cover to their phone's wallet; None where that isn't set up, or the cover is over."""
    if house.wallet is None:
        return None
    cover = find_cover(tx, cover_id)
    if cover.state != "issued" or tx.now >= cover.ends_at:
        return None
    said = certificate_said(tx, see_cover(tx, cover), language)
    last = covers.transactions_of(tx.session, [cover.id])[-1]
    return house.wallet.address_of(replace(said, proof=proof_of(house, tx, cover, last.id)))


def statement_pdf(
    house: House, queue: Database, mode: Mode, partner_id: str, first: date | None, last: date | None, language: str
) -> bytes:
    """What a partner owes, movement by movement, as PDF: `coverage.operations.balancing.statement`, set. Without days, from
    its first movement to its last.
    """
    partner, found = statement(queue, mode, partner_id, first, last)
    with house.transaction(Caller(Tenant(partner_id, mode), "operator")) as tx:
        timezone, now = partners.partner_of(tx.session, partner_id).timezone, tx.now
    moved = [line.at for one in found for line in one.lines]
    zone = ZoneInfo(timezone)
    accounts = tuple(
        AccountSeen(
            Money(one.opening, one.currency),
            tuple(
                LineOfAccount(line.at, line.text, Money(line.amount, one.currency), Money(line.balance, one.currency))
                for line in one.lines
            ),
            Money(one.closing, one.currency),
        )
        for one in found
    )
    seen = StatementSeen(
        language, partner, day_begins(first, zone) if first else min(moved, default=now),
        day_begins(last + timedelta(days=1), zone) - timedelta(seconds=1) if last else max(moved, default=now),
        timezone, accounts, mode == "live",
    )  # fmt: skip
    return house.documents.render("statement.html", language, {"statement": seen})


def receipt_of(house: House, caller: Caller, claim_id: str, language: str | None) -> tuple[bytes, str]:
    """The receipt of a claim as PDF, and its number: what was declared, and nothing of what became of it since."""
    with house.transaction(caller) as tx:
        claim = find_claim(tx, claim_id)
        cover = find_cover(tx, claim.cover_id)
        language = language or cover.language
        said = certificate_said(tx, see_cover(tx, cover), language)
        texts = texts_of(tx, find_quote(tx, cover.quote_id), language)
        # What a handler has added since is none of what was declared.
        declared = [
            one for one in claims.exposures_of(tx.session, [claim.id]) if one.opened_at in (None, claim.reported_at)
        ]
        names = dict.fromkeys(one.section for one in declared)
        personal = tx.unseal_json(claim.member_id, claim.sealed, f"claims/{claim.id}")
        seen = ReceiptSeen(
            number=claim.number, language=language, cover_number=cover.number, product_name=said.product_name,
            object_label=said.object_label, object_value=said.object_value, policyholder=said.policyholder,
            loss_at=claim.loss_at, reported_at=claim.reported_at, timezone=cover.timezone, cause=claim.cause,
            description=personal.get("description", ""),
            sections=tuple(texts.sections[name].name if texts and name in texts.sections else name for name in names),
            insurer=said.insurer, partner=said.partner, claims_contact=said.claims_contact, livemode=said.livemode,
            brand=brand_of(partners.partner_of(tx.session, tx.tenant.partner_id)),
        )  # fmt: skip
    return house.documents.render("receipt.html", language, {"receipt": seen}), claim.number
