"""Quoting: a risk is read, priced by the edition in force, and kept so that it can be said again to the cent."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from coverage.domain.facts import quote_made
from coverage.domain.faults import Conflict, Missing
from coverage.domain.ids import names
from coverage.domain.premium import FeeLine, Premium, SectionPremium, SurchargeLine, TaxLine
from coverage.operations.house import House, Work
from coverage.operations.pricing import Priced, Wanted, price
from coverage.operations.wording import Wording, hash_of
from coverage.rulebook.admission import is_personal
from coverage.rulebook.editions import revive
from coverage.rulebook.explaining import Line, explain
from coverage.rulebook.format import Texts
from coverage.rulebook.language.reading import canonical_json
from coverage.rulebook.loaded import LoadedEdition
from coverage.rulebook.planning.taxes import TaxesInForce
from coverage.rulebook.running.scalar import Decision, Scalar
from coverage.storage import members, quotes
from coverage.storage.identity import new_id
from coverage.storage.members import Member
from coverage.storage.quotes import EditionKept, Quote, TaxesKept, TextsKept
from coverage.telemetry import metrics


@dataclass(frozen=True, slots=True)
class AskedFor:
    """What a partner asks a quote for."""

    wanted: Wanted
    language: str
    policyholder: str | None  # the partner's reference of the person, where it knows already who it will be
    metadata: dict[str, str]


def make_quote(tx: Work, house: House, asked: AskedFor) -> Quote:
    """Prices what was asked for and keeps the quote, whatever the decision.

    Raises `Rejected` with a pointer for each field that is wrong.
    """
    found = price(house.rules(), asked.wanted, tx.now)
    edition, admitted = found.edition, found.admitted
    quote = _row(tx, asked, found)
    quote.edition_hash, quote.tax_hash = edition.hash, found.taxes.hash
    quote.texts_hash = _keep_rules(tx, edition, found.taxes)
    quote.next_due_at = binds_until(quote)
    if admitted.object_value is not None and edition.rules.object is not None:
        quote.object_key = house.keyring.fingerprint("object", f"{edition.rules.object.kind}\n{admitted.object_value}")
    tx.session.add(quote)
    tx.record(quote_made(quote.id, quote.state))
    tx.once_true(partial(metrics.quote_kept, quote.product, found.decision.outcome, found.decision.reasons))
    tx.session.flush()
    return quote


def find_quote(tx: Work, quote_id: str) -> Quote:
    """The quote of that id; raises `Missing` in the same words for another partner's as for one that never was."""
    found = quotes.find(tx.session, tx.tenant_id, quote_id) if names("quote", quote_id) else None
    if found is None:
        raise Missing("unknown_quote", "there is no quote of that id")
    return found


def state_of(quote: Quote, now: datetime) -> str:
    """A quote's state at `now`: an open one whose time is over has expired.

    So has one of which that was told: a worker's clock may be a moment ahead of ours.
    """
    until = binds_until(quote)
    told = quote.state == "open" and quote.next_due_at is None
    over = told or (until is not None and now >= until)
    return "expired" if quote.state in ("open", "referred") and over else quote.state


def binds_until(quote: Quote) -> datetime | None:
    """When the price stops binding: sooner where the cover begins at issue. None for a declined quote."""
    return quote.floats_until if quote.expires_at is not None and quote.floats_until is not None else quote.expires_at


def texts_of(tx: Work, quote: Quote, language: str) -> Texts | None:
    """The product's words as they stood when it was quoted, in `language` or else in any that there is."""
    return wording_of(tx, quote).texts_in(language)


def wording_of(tx: Work, quote: Quote) -> Wording:
    """The words that go with a quote's price, as they stood when it was quoted."""
    if quote.texts_hash not in _WORDS:
        _WORDS[quote.texts_hash] = Wording.kept(tx.session.get_one(TextsKept, quote.texts_hash).content)
    return _WORDS[quote.texts_hash]


def ipid_of(tx: Work, quote: Quote, language: str) -> str | None:
    """The SHA-256 of the product information document that goes with a quote, in a language; None where there is none."""
    texts = wording_of(tx, quote).texts.get(language)
    return ipid_hash(quote.product, quote.country, language, texts) if texts else None


def ipid_content(product: str, country: str, language: str, texts: Texts) -> dict[str, Any]:
    """What the product information document says, in the order of Regulation (EU) 2017/1469, annex."""
    head = {"product": product, "country": country, "language": language, "name": texts.product.name}
    return head | texts.ipid.model_dump()


def ipid_hash(product: str, country: str, language: str, texts: Texts) -> str:
    """SHA-256 of that content as canonical JSON: what a partner cites to say which version it showed."""
    return hashlib.sha256(canonical_json(ipid_content(product, country, language, texts)).encode()).hexdigest()


# ---------------------------------------------------------------------------------------------- replay


def replay(tx: Work, quote: Quote) -> tuple[Decision, list[Line]]:
    """The quote's decision and explanation said again, from what the database keeps and nothing else."""
    compiled = _compiled_again(tx, quote)
    return compiled.decide(quote.facts), explain(compiled, quote.facts)


def edition_of(tx: Work, quote: Quote) -> LoadedEdition:
    """The edition that priced a quote, from its kept text."""
    if quote.edition_hash not in _REVIVED:
        kept = tx.session.get_one(EditionKept, quote.edition_hash)
        _REVIVED[quote.edition_hash] = revive(kept.text, f"{quote.edition}.yaml")
    return _REVIVED[quote.edition_hash]


# What is kept under a hash never changes, so what was made of it stays right; an installation has tens of editions, not
# thousands.
_REVIVED: dict[str, LoadedEdition] = {}
_WORDS: dict[str, Wording] = {}


def _compiled_again(tx: Work, quote: Quote) -> Scalar:
    taxes = TaxesInForce.from_plain(tx.session.get_one(TaxesKept, quote.tax_hash).content)
    return edition_of(tx, quote).compiled(taxes)


def premium_of(price: Mapping[str, Any]) -> Premium:
    """A premium from its kept lines. Those that were kept before there were surcharges have none."""
    return Premium(
        price["currency"],
        tuple(SectionPremium(**line) for line in price["sections"]),
        tuple(TaxLine(**line) for line in price["taxes"]),
        tuple(FeeLine(**line) for line in price["fees"]),
        price["net"],
        price["gross"],
        tuple(SurchargeLine(**line) for line in price.get("surcharges", ())),
    )


# --------------------------------------------------------------------------------------------- inside


def _member(tx: Work, asked: AskedFor) -> Member | None:
    """The person that the quote names, known by reference from the first quote on; their facts are sealed as theirs."""
    if asked.policyholder is None:
        return None
    named = Member(
        tenant_id=tx.tenant_id,
        id=new_id("member"),
        reference=asked.policyholder,
        locale=asked.language,
        created_at=tx.wall,
    )
    return members.find_or_add(tx.session, named)


def _row(tx: Work, asked: AskedFor, found: Priced) -> Quote:
    period, edition, admitted, decision = found.period, found.edition, found.admitted, found.decision
    quote_id = new_id("quote")
    member = _member(tx, asked)
    sealed_for = member.id if member else quote_id
    personal = {name: text for name, text in admitted.given.items() if is_personal(edition.rules.inputs[name])}
    premium = decision.premium
    expires_at = edition.binds_until(tx.now) if premium is not None else None
    return Quote(
        tenant_id=tx.tenant_id,
        id=quote_id,
        product=edition.product,
        country=edition.country,
        edition=edition.identity,
        state={"quoted": "open"}.get(decision.outcome, decision.outcome),
        language=asked.language,
        timezone=edition.rules.timezone,
        asked_at=tx.now,
        expires_at=expires_at,
        floats_until=_floats_until(edition, asked.wanted, tx.now, expires_at),
        starts_at=period.start,
        ends_at=period.end,
        currency=edition.rules.currency,
        net=premium.net if premium else None,
        surcharges=premium.surcharge_total if premium else None,
        tax=premium.tax_total if premium else None,
        fees=premium.fee_total if premium else None,
        gross=premium.gross if premium else None,
        price=_price(decision),
        reasons=list(decision.reasons),
        facts=admitted.facts,
        given={name: text for name, text in admitted.given.items() if name not in personal},
        sealed=tx.seal_json(sealed_for, personal, f"quotes/{quote_id}") if personal else None,
        sealed_for=sealed_for,
        object_key=None,
        member_id=member.id if member else None,
        cover_id=None,
        metadata_=asked.metadata,
        created_at=tx.now,
    )


def _price(decision: Decision) -> dict[str, Any] | None:
    """Every line of the price, and the sections that were wanted and can't be had; None where there is no price."""
    if decision.premium is None:
        return None
    return asdict(decision.premium) | {"unavailable": [asdict(found) for found in decision.unavailable]}


def _floats_until(
    edition: LoadedEdition, wanted: Wanted, now: datetime, expires_at: datetime | None
) -> datetime | None:
    """Until when a cover that begins at issue may begin; None where the start is fixed."""
    if wanted.start is not None:
        return None
    until = now + timedelta(seconds=edition.rules.quote.floats)
    return min(until, expires_at) if expires_at is not None else until


def _keep_rules(tx: Work, edition: LoadedEdition, taxes: TaxesInForce) -> str:
    """Keeps the texts that the quote rests on, once; answers the hash of the product's words. The first quote freezes
    an edition.
    """
    if tx.session.get(EditionKept, edition.hash) is None:
        # Two first quotes at once: the second finds the first's row.
        values = {"hash": edition.hash, "product": edition.product, "country": edition.country, "name": edition.name}
        kept = insert(EditionKept).values(**values, text=edition.kept_text, kept_at=tx.wall)
        tx.session.execute(kept.on_conflict_do_nothing())
        if tx.session.get(EditionKept, edition.hash) is None:
            raise Conflict("edition_frozen", f"{edition.identity} priced quotes with another text; it needs a new name")
    words = Wording.on_sale(edition).content
    words_hash = hash_of(words)
    for kind, digest, content in ((TaxesKept, taxes.hash, asdict(taxes)), (TextsKept, words_hash, words)):
        if tx.session.get(kind, digest) is None:
            tx.session.execute(
                insert(kind).values(hash=digest, content=content, kept_at=tx.wall).on_conflict_do_nothing()
            )
    return words_hash
