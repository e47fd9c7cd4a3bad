"""Rows as the API tells them. Called inside the transaction that read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Literal

from coverage.domain.cover import SectionTerms
from coverage.domain.period import Period, local_day
from coverage.domain.premium import Premium
from coverage.messages import Words
from coverage.operations.changing import state_of as change_state
from coverage.operations.house import Work
from coverage.operations.pricing import Priced
from coverage.operations.quoting import (
    binds_until,
    edition_of,
    find_quote,
    ipid_of,
    premium_of,
    replay,
    state_of,
    wording_of,
)
from coverage.operations.showing import ClaimSeen as ClaimFound
from coverage.operations.showing import CoverSeen as CoverFound
from coverage.operations.wording import Wording
from coverage.rulebook.format import Season, Texts
from coverage.rulebook.language.inputs import Input
from coverage.rulebook.language.lists import ListOf
from coverage.rulebook.language.notation import MICRO_PER_CENT, amount, decimal_text
from coverage.rulebook.loaded import LoadedEdition
from coverage.rulebook.planning.plan import days_in
from coverage.rulebook.terms import section_terms
from coverage.storage.changes import CoverChange
from coverage.storage.covers import Cover
from coverage.storage.payments import Payment as CardPayment
from coverage.storage.quotes import Quote
from coverage.web.api.amendments import ChangeSeen
from coverage.web.api.answers import (
    ClaimSeen,
    CoverSeen,
    Deductible,
    ExclusionSeen,
    ExposureSeen,
    FeeSeen,
    IpidSeen,
    LimitSeen,
    PartySeen,
    PaymentSeen,
    PriceSeen,
    QuoteSeen,
    Reason,
    SectionSeen,
    SurchargeSeen,
    TaxSeen,
    TransactionSeen,
    UnavailableSeen,
)
from coverage.web.api.pricelists import PricedSeen
from coverage.web.api.shapes import Money, instant_text


def tell_quote(tx: Work, quote: Quote, *, explained: bool = False) -> QuoteSeen:
    """A quote as answered: its price line by line, its reasons in the member's language."""
    edition = edition_of(tx, quote)
    wording = wording_of(tx, quote)
    texts = wording.texts_in(quote.language)
    floats = quote.floats_until is not None
    ipid = ipid_of(tx, quote, quote.language)
    explanation = replay(tx, quote)[1] if explained else None
    return QuoteSeen(
        id=quote.id,
        livemode=tx.tenant.livemode,
        state=state_of(quote, tx.now),  # type: ignore[arg-type]
        product=quote.product,
        country=quote.country,
        edition=quote.edition,
        language=quote.language,
        start="at_issue" if floats else instant_text(quote.starts_at),
        end=None if floats else instant_text(quote.ends_at),
        duration=duration_text(int((quote.ends_at - quote.starts_at).total_seconds())),
        timezone=quote.timezone,
        expires_at=_instant(binds_until(quote)),
        reasons=_reasons(quote.reasons, quote.price is not None, texts, quote.language),
        price=_quoted_price(quote, edition, wording) if quote.price else None,
        unavailable=_unavailable((quote.price or {}).get("unavailable", []), texts, quote.language),
        risk=_risk(edition, quote),
        need=texts.product.need if texts else None,
        ipid=_ipid(quote.product, quote.country, quote.language, ipid),
        cover=quote.cover_id,
        explanation=explanation,
        metadata=quote.metadata_,
        created_at=instant_text(quote.created_at),
    )


def tell_priced(found: Priced, *, at_issue: bool, language: str) -> PricedSeen:
    """A price as answered: as a quote tells it, in the words that are on sale."""
    edition, decision, period = found.edition, found.decision, found.period
    wording = Wording.on_sale(edition)
    texts, premium, facts = wording.texts_in(language), decision.premium, found.admitted.facts
    terms = [
        section_terms(edition, line.name, facts, period, line.net) for line in (premium.sections if premium else ())
    ]
    return PricedSeen(
        status={"quoted": "priced"}.get(decision.outcome, decision.outcome),  # type: ignore[arg-type]
        product=edition.product,
        country=edition.country,
        edition=edition.identity,
        start="at_issue" if at_issue else instant_text(period.start),
        end=None if at_issue else instant_text(period.end),
        duration=duration_text(int(period.seconds)),
        timezone=edition.rules.timezone,
        reasons=_reasons(decision.reasons, premium is not None, texts, language),
        price=_price(wording, edition, premium, terms, language) if premium else None,
        unavailable=_unavailable([asdict(one) for one in decision.unavailable], texts, language) if premium else [],
    )


def tell_cover(
    tx: Work, seen: CoverFound, member_url: str | None = None, client_secret: str | None = None
) -> CoverSeen:  # fmt: skip
    """A cover as answered."""
    cover = seen.cover
    currency = cover.currency
    edition = edition_of(tx, seen.quote)
    return CoverSeen(
        id=cover.id,
        livemode=tx.tenant.livemode,
        number=cover.number,
        state=seen.phase,  # type: ignore[arg-type]
        quote=cover.quote_id,
        product=cover.product,
        country=cover.country,
        master_policy=cover.master_policy_id,
        start=instant_text(cover.starts_at),
        end=instant_text(cover.ends_at),
        timezone=cover.timezone,
        parties=_parties(seen),
        price=_price(wording_of(tx, seen.quote), edition, seen.premium, seen.terms, cover.language),
        transactions=[
            TransactionSeen(
                id=t.id, risk_type=t.risk_type, premium_type=t.premium_type, effective_at=instant_text(t.effective_at),  # type: ignore[arg-type]
                net=Money(amount=t.net, currency=currency), surcharges=Money(amount=t.surcharges, currency=currency),
                tax=Money(amount=t.tax, currency=currency), fees=Money(amount=t.fees, currency=currency),
                gross=Money(amount=t.gross, currency=currency),
            )
            for t in seen.transactions
        ],
        payment=_payment(cover, next((one for one in seen.payments if one.change_id is None), None), client_secret),
        certificate_url=f"/v1/covers/{cover.id}/certificate",
        member_url=member_url,
        cancelled_at=_instant(cover.cancelled_at),
        metadata=cover.metadata_,
        created_at=instant_text(cover.created_at),
    )  # fmt: skip


def tell_change(
    tx: Work, change: CoverChange, cover: Cover, payment: CardPayment | None, client_secret: str | None = None
) -> ChangeSeen:  # fmt: skip
    """A change as answered, with what it costs line by line."""
    quote = find_quote(tx, cover.quote_id)
    edition, wording = edition_of(tx, quote), wording_of(tx, quote)
    texts = wording.texts_in(cover.language)
    price = None
    if change.price is not None:
        difference = premium_of(change.price)
        period = Period(change.starts_at, change.ends_at)
        terms = [section_terms(edition, line.name, change.facts, period, line.net) for line in difference.sections]
        price = _price(wording, edition, difference, terms, cover.language)
    return ChangeSeen(
        id=change.id, livemode=tx.tenant.livemode, cover=cover.id, kind=change.kind, state=change_state(change, tx.now),  # type: ignore[arg-type]
        start=instant_text(change.starts_at), end=instant_text(change.ends_at), expires_at=_instant(change.expires_at),
        reasons=_reasons(change.reasons, change.price is not None, texts, cover.language), price=price,
        due=Money(amount=change.gross, currency=change.currency), payment=_payment(cover, payment, client_secret),
        transaction=change.transaction_id, metadata=change.metadata_, created_at=instant_text(change.created_at),
    )  # fmt: skip


def _payment(cover: Cover, payment: CardPayment | None, client_secret: str | None) -> PaymentSeen:
    def money(amount: int | None) -> Money | None:
        return None if amount is None else Money(amount=amount, currency=cover.currency)

    return PaymentSeen(
        method=cover.payment_method,  # type: ignore[arg-type]
        id=payment.id if payment else None, state=payment.state if payment else None,  # type: ignore[arg-type]
        amount=money(payment.amount if payment else None), refunded=money(payment.refunded if payment else None),
        hold_until=_instant(payment.hold_until if payment else None), declined=payment.declined if payment else None,
        client_secret=client_secret,
    )  # fmt: skip


def tell_claim(tx: Work, found: ClaimFound) -> ClaimSeen:
    """A claim as answered."""
    claim = found.claim
    return ClaimSeen(
        id=claim.id,
        livemode=tx.tenant.livemode,
        number=claim.number,
        state=claim.state,  # type: ignore[arg-type]
        cover=claim.cover_id,
        cause=claim.cause,
        loss_at=instant_text(claim.loss_at),
        reported_at=instant_text(claim.reported_at),
        flags=claim.flags,
        description=found.personal.get("description"),
        exposures=[
            ExposureSeen(
                id=e.id, section=e.section, claimant=e.claimant, decision=e.decision,  # type: ignore[arg-type]
                estimate=Money(amount=e.estimate, currency=e.currency) if e.estimate is not None else None,
                granted=None if e.decision == "pending" else Money(amount=e.payable, currency=e.currency),
                paid=Money(amount=found.paid.get(e.id, 0), currency=e.currency),
            )
            for e in found.exposures
        ],
        metadata=claim.metadata_,
        created_at=instant_text(claim.created_at),
    )  # fmt: skip


def duration_text(seconds: int) -> str:
    """ISO 8601: "PT12H", "P2DT30M"."""
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, seconds = divmod(rest, 60)
    clock = "".join(f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if count)
    text = (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
    return f"P{text or 'T0S'}"


def ipid_seen(product: str, country: str, language: str, sha256: str) -> IpidSeen:
    """Where a product's information document is, and its SHA-256."""
    return IpidSeen(
        sha256=sha256, language=language, url=f"/v1/products/{product}/ipid?country={country}&language={language}"
    )


def code_text(edition_codes: Mapping[str, str], code: str, language: str) -> str:
    """The product's words for a code; the service's own where it has none."""
    return edition_codes.get(code) or Words(language).text("reason.unnamed", code=code.replace("_", " "))


# --------------------------------------------------------------------------------------------- inside


def _instant(instant: datetime | None) -> str | None:
    return instant_text(instant) if instant is not None else None


def _ipid(product: str, country: str, language: str, sha256: str | None) -> IpidSeen | None:
    return ipid_seen(product, country, language, sha256) if sha256 else None


def _reasons(codes: Sequence[str], priced: bool, texts: Texts | None, language: str) -> list[Reason]:
    # A declined risk has no price, and tells what declines it alone.
    decision: Literal["decline", "refer"] = "refer" if priced else "decline"
    words = texts.codes if texts else {}
    return [Reason(code=code, decision=decision, message=code_text(words, code, language)) for code in codes]


def _risk(edition: LoadedEdition, quote: Quote) -> dict[str, Any]:
    """The inputs as the API takes them, and what was worked out from them."""
    asked_on = local_day(quote.asked_at, quote.timezone)
    risk = {name: api_value(edition.rules.inputs[name], text, asked_on) for name, text in quote.given.items()}
    return risk | {
        name: found for name in edition.rules.derived if (found := _derived(name, edition, quote.facts)) is not None
    }


def _derived(name: str, edition: LoadedEdition, facts: dict[str, Any]) -> Any:
    """A derived value that is kept with the quote; of seasons day by day, how many days each has."""
    rule = edition.rules.derived[name]
    if isinstance(rule, Season) and rule.season.by == "each_day":
        return {season: facts[days_in(name, season)] for season in rule.season.names}
    return facts.get(name)


def api_value(rule: Input, text: str, asked_on: date) -> Any:
    """A value in the rule files' notation, as it was read on the day of asking, as the API carries it."""
    match rule.kind.sort:
        case "yes_no":
            return text == "yes"
        case "integer":
            return int(text)
        case "money":
            found = amount(text)
            return {"amount": found.micros // MICRO_PER_CENT, "currency": found.currency}
    if isinstance(rule, ListOf):
        return [
            {
                field: api_value(rule.list_[field], rule.list_[field].to_text(value), asked_on)
                for field, value in item.items()
            }
            for item in rule.from_text(text, asked_on)
        ]
    return text


def _unavailable(found: Sequence[Mapping[str, Any]], texts: Texts | None, language: str) -> list[UnavailableSeen]:
    codes = texts.codes if texts else {}
    return [UnavailableSeen(**one, message=code_text(codes, one["code"], language)) for one in found]


def _quoted_price(quote: Quote, edition: LoadedEdition, wording: Wording) -> PriceSeen:
    premium = premium_of(quote.price or {})
    # When a section covers is known once the quote is bound; nothing told here hangs on it.
    period = Period(quote.starts_at, quote.ends_at)
    terms = [section_terms(edition, line.name, quote.facts, period, line.net) for line in premium.sections]
    return _price(wording, edition, premium, terms, quote.language)


def _price(
    wording: Wording, edition: LoadedEdition, premium: Premium, terms: Sequence[SectionTerms], language: str
) -> PriceSeen:
    texts = wording.texts_in(language)
    currency = premium.currency
    return PriceSeen(
        sections=[_section(edition, texts, currency, section) for section in terms],
        net=Money(amount=premium.net, currency=currency),
        surcharges=[
            SurchargeSeen(
                name=line.name, label=wording.tax_label(line, language), section=line.section,
                amount=Money(amount=line.amount, currency=currency),
            )
            for line in premium.surcharges
        ],
        taxes=[
            TaxSeen(
                name=tax.name, label=wording.tax_label(tax, language), kind=tax.kind, tax_class=tax.tax_class,  # type: ignore[arg-type]
                rate=decimal_text(tax.rate, 4) if tax.tax_class else None, on=Money(amount=tax.base, currency=currency),
                amount=Money(amount=tax.amount, currency=currency),
            )
            for tax in premium.taxes
        ],
        fees=[FeeSeen(name=fee.name, amount=Money(amount=fee.amount, currency=currency)) for fee in premium.fees],
        gross=Money(amount=premium.gross, currency=currency),
    )  # fmt: skip


def _section(edition: LoadedEdition, texts: Texts | None, currency: str, terms: SectionTerms) -> SectionSeen:
    name = terms.section
    words = texts.sections.get(name) if texts else None
    labels, excluded = (texts.limits, texts.exclusions) if texts else ({}, {})
    limits = [
        LimitSeen(
            name=key, label=labels.get(key, "" if key == "amount" else key.replace("_", " ")),
            amount=Money(amount=value, currency=currency) if value is not None else None,
            per=_per(key, terms),  # type: ignore[arg-type]
        )
        for key, value in [*terms.limits.items(), *terms.sublimits.items()]
    ]  # fmt: skip
    return SectionSeen(
        name=name, label=words.name if words else name.replace("_", " "), net=Money(amount=terms.net, currency=currency),
        limits=limits, deductible=_deductible(terms.deductible, currency),
        exclusions=[
            ExclusionSeen(code=code, label=excluded.get(code, code.replace("_", " "))) for code in terms.exclusions
        ],
        period=edition.rules.sections[name].period,
    )  # fmt: skip


def _per(key: str, terms: SectionTerms) -> str:
    """A sublimit "each item" is per item, whatever its section's limit is per."""
    return "item" if key == "each_item" and key not in terms.limits else terms.per


def _deductible(kept: dict[str, Any] | None, currency: str) -> Deductible | None:
    if kept is None:
        return None

    def money(key: str) -> Money | None:
        return Money(amount=kept[key], currency=currency) if kept.get(key) is not None else None

    return Deductible(
        amount=money("amount"),
        share_percent=kept.get("share_percent"),
        min=money("min"),
        max=money("max"),
        owed_by=kept["owed_by"],
        # Those that were kept first came off the loss, and said so by saying nothing.
        applied=kept.get("applied", "before_limit"),
        against_third_parties=kept.get("against_third_parties", False),
    )


def _parties(seen: CoverFound) -> list[PartySeen]:
    return [
        PartySeen(role=party.role, reference=seen.references.get(party.member_id) if party.member_id else None)
        for party in seen.parties
    ]
