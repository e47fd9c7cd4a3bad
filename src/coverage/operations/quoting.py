"""Quoting: a risk is read, priced by the edition in force, and kept so that it can be said again to the cent."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from coverage.domain.facts import quote_made
from coverage.domain.faults import Conflict, Detail, Missing, Rejected
from coverage.domain.ids import names
from coverage.domain.period import Period, local_day
from coverage.domain.premium import FeeLine, Premium, SectionPremium, SurchargeLine, TaxLine
from coverage.messages import Words
from coverage.operations.house import House, Work
from coverage.rulebook.admission import Admitted, admit, check_term, is_personal, read_json
from coverage.rulebook.editions import revive
from coverage.rulebook.explaining import Line, explain
from coverage.rulebook.format import Texts
from coverage.rulebook.language.reading import canonical_json
from coverage.rulebook.loaded import LoadedEdition
from coverage.rulebook.planning.taxes import TaxesInForce
from coverage.rulebook.planning.taxing import EXEMPT
from coverage.rulebook.running.scalar import Decision, Scalar
from coverage.storage import members, quotes
from coverage.storage.identity import new_id
from coverage.storage.members import Member
from coverage.storage.quotes import EditionKept, Quote, TaxesKept, TextsKept


@dataclass(frozen=True, slots=True)
class AskedFor:
    """What a partner asks a price for. `start` None begins at issue; then `duration` says how long."""

    product: str
    country: str | None
    start: datetime | None
    end: datetime | None
    duration: timedelta | None
    risk: Mapping[str, object]
    language: str
    policyholder: str | None  # the partner's reference of the person, where it knows already who it will be
    metadata: dict[str, str]


def make_quote(tx: Work, house: House, asked: AskedFor) -> Quote:
    """Prices what was asked for and keeps the quote, whatever the decision.

    Raises `Rejected` with a pointer for each field that is wrong.
    """
    period = _period(asked, tx.now)
    edition = _edition(house, asked, period, tx.now)
    if asked.start is None and edition.rules.quote.floats == 0:
        detail = Detail("/start", '"at_issue" isn\'t offered by this product; expected an instant', "invalid_value")
        raise Rejected("invalid_term", "the product needs a fixed start", errors=(detail,))
    admitted = _admitted(edition, asked, period, tx.now)
    taxes = edition.taxes_on(local_day(tx.now, edition.rules.timezone))
    decision = edition.compiled(taxes).decide(admitted.facts)
    quote = _row(tx, asked, period, edition, admitted, decision)
    quote.tax_hash, quote.texts_hash = taxes.hash, _texts_hash(edition)
    quote.edition_hash = edition.hash
    quote.next_due_at = binds_until(quote)
    _keep_rules(tx, edition, taxes)
    if admitted.object_value is not None and edition.rules.object is not None:
        quote.object_key = house.keyring.fingerprint("object", f"{edition.rules.object.kind}\n{admitted.object_value}")
    tx.session.add(quote)
    tx.record(quote_made(quote.id, quote.state))
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
    texts = _words_kept(tx, quote).texts
    return texts.get(language) or next(iter(texts.values()), None)


def tax_label(tx: Work, quote: Quote, line: TaxLine | SurchargeLine, language: str) -> str:
    """What people read for a tax, levy or surcharge on a quote's price."""
    country = line.tax_class.rpartition(":")[0] if isinstance(line, TaxLine) else ""
    labels = _words_kept(tx, quote).taxes
    named = [labels.get(f"{country}:{line.name}" if country else line.name, {})]
    if isinstance(line, SurchargeLine):
        # A section's situs may be abroad, and its surcharge that country's.
        named += [words for name, words in labels.items() if name.endswith(f":{line.name}")]
    elif line.tax_class == EXEMPT:
        named.append({language: Words(language).text("tax.exempt")})
    return next((words[language] for words in named if language in words), line.name.replace("_", " "))


def ipid_of(tx: Work, quote: Quote, language: str) -> str | None:
    """The SHA-256 of the product information document that goes with a quote, in a language; None where there is none."""
    texts = _words_kept(tx, quote).texts.get(language)
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


@dataclass(frozen=True, slots=True)
class _WordsKept:
    """A product's words as they stood when it was quoted: texts by language, and names of taxes by language."""

    texts: dict[str, Texts]
    taxes: dict[str, dict[str, str]]


def _words_kept(tx: Work, quote: Quote) -> _WordsKept:
    if quote.texts_hash not in _WORDS:
        content = tx.session.get_one(TextsKept, quote.texts_hash).content
        texts = {language: Texts.model_validate(words) for language, words in content["texts"].items()}
        _WORDS[quote.texts_hash] = _WordsKept(texts, content["taxes"])
    return _WORDS[quote.texts_hash]


# What is kept under a hash never changes, so what was made of it stays right; an installation has tens of editions, not
# thousands.
_REVIVED: dict[str, LoadedEdition] = {}
_WORDS: dict[str, _WordsKept] = {}


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


def _period(asked: AskedFor, now: datetime) -> Period:
    start = asked.start.astimezone(UTC) if asked.start is not None else now
    if asked.start is not None and start < now:
        detail = Detail(
            "/start", f"the start lies in the past; expected {now:%Y-%m-%dT%H:%M:%SZ} or later", "start_passed"
        )
        raise Rejected("invalid_term", "no cover begins in the past", errors=(detail,))
    end = asked.end.astimezone(UTC) if asked.end is not None else start + (asked.duration or timedelta())
    if end <= start:
        pointer = "/end" if asked.end is not None else "/duration"
        detail = Detail(pointer, "the end isn't after the start; expected a later one", "end_before_start")
        raise Rejected("invalid_term", "a cover ends after it starts", errors=(detail,))
    return Period(start, end)


def _edition(house: House, asked: AskedFor, period: Period, now: datetime) -> LoadedEdition:
    library = house.rules()
    try:
        return library.in_force(asked.product, asked.country, now, period.start)
    except Missing as missing:
        pointer = "/country" if asked.product in library.products() else "/product"
        raise Rejected(missing.code, missing.detail, errors=(Detail(pointer, missing.detail, missing.code),)) from None
    except Rejected as rejected:
        pointer = "/country" if rejected.code == "country_needed" else "/product"
        raise Rejected(
            rejected.code, rejected.detail, errors=(Detail(pointer, rejected.detail, rejected.code),)
        ) from None


def _admitted(edition: LoadedEdition, asked: AskedFor, period: Period, now: datetime) -> Admitted:
    """The risk as facts. What is wrong with the term and with the risk is told together, to be mended in one go."""
    wrong: list[Detail] = []
    admitted = None
    try:
        check_term(edition.rules, period, now)
    except Rejected as rejected:
        # A term that is too long is mended where it was said.
        ends = "/end" if asked.end is not None else "/duration"
        wrong += [replace(error, pointer=ends) if error.pointer == "/end" else error for error in rejected.errors]
    try:
        admitted = admit(edition.rules, asked.risk, period, now, read_json)
    except Rejected as rejected:
        wrong += rejected.errors
    if wrong or admitted is None:
        raise Rejected("invalid_quote", "the product can't be quoted as asked for", errors=tuple(wrong))
    return admitted


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


def _row(
    tx: Work, asked: AskedFor, period: Period, edition: LoadedEdition, admitted: Admitted, decision: Decision
) -> Quote:
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
        floats_until=_floats_until(edition, asked, tx.now, expires_at),
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
    edition: LoadedEdition, asked: AskedFor, now: datetime, expires_at: datetime | None
) -> datetime | None:
    """Until when a cover that begins at issue may begin; None where the start is fixed."""
    if asked.start is not None:
        return None
    until = now + timedelta(seconds=edition.rules.quote.floats)
    return min(until, expires_at) if expires_at is not None else until


def _texts_content(edition: LoadedEdition) -> dict[str, Any]:
    texts = {language: texts.model_dump() for language, texts in edition.texts.items()}
    return {"texts": texts, "taxes": edition.taxes.labels | _labels_abroad(edition)}


def _labels_abroad(edition: LoadedEdition) -> dict[str, dict[str, str]]:
    """What other countries call the taxes that sections owe them, by name as in "DE:household_contents"."""
    met = [*edition.plan.tax_classes, *(kind for _, kind in edition.plan.surcharges)]
    countries = dict.fromkeys(name.partition(":")[0] for name in met if ":" in name)
    files = {country: edition.abroad[country] for country in countries if country in edition.abroad}
    return {f"{country}:{name}": words for country, file in files.items() for name, words in file.labels.items()}


def _texts_hash(edition: LoadedEdition) -> str:
    return hashlib.sha256(canonical_json(_texts_content(edition)).encode()).hexdigest()


def _keep_rules(tx: Work, edition: LoadedEdition, taxes: TaxesInForce) -> None:
    """Keeps the texts that the price rests on, once. The first price freezes an edition."""
    if tx.session.get(EditionKept, edition.hash) is None:
        # Two first quotes at once: the second finds the first's row.
        values = {"hash": edition.hash, "product": edition.product, "country": edition.country, "name": edition.name}
        kept = insert(EditionKept).values(**values, text=edition.kept_text, kept_at=tx.wall)
        tx.session.execute(kept.on_conflict_do_nothing())
        if tx.session.get(EditionKept, edition.hash) is None:
            raise Conflict("edition_frozen", f"{edition.identity} priced quotes with another text; it needs a new name")
    for kind, digest, content in (
        (TaxesKept, taxes.hash, asdict(taxes)),
        (TextsKept, _texts_hash(edition), _texts_content(edition)),
    ):
        if tx.session.get(kind, digest) is None:
            tx.session.execute(
                insert(kind).values(hash=digest, content=content, kept_at=tx.wall).on_conflict_do_nothing()
            )
