"""Showing: what partners and members read, gathered in the transaction that may see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from coverage.domain.cover import SectionTerms, phase
from coverage.domain.facts import SCOPES
from coverage.domain.faults import Detail, Missing, Rejected
from coverage.domain.ids import names
from coverage.domain.period import Period
from coverage.domain.premium import Premium
from coverage.operations import booking
from coverage.operations.house import Work
from coverage.operations.quoting import edition_of, premium_of, texts_of
from coverage.rulebook.format import Section, Texts
from coverage.rulebook.terms import section_terms, window_of
from coverage.storage import changes, claims, covers, members, payments, quotes, seals, settlements
from coverage.storage.changes import CoverChange
from coverage.storage.claims import Claim, Exposure
from coverage.storage.covers import Cover, CoverParty, Transaction, TransactionTerms
from coverage.storage.invoices import Invoice
from coverage.storage.members import Member
from coverage.storage.outbox import FactKept
from coverage.storage.payments import Payment
from coverage.storage.quotes import Quote
from coverage.storage.seals import Seal
from coverage.storage.settlements import Payout
from coverage.storage.webhooks import WebhookDelivery, WebhookEndpoint


def find_cover(tx: Work, cover_id: str) -> Cover:
    """The cover of that id; raises `Missing` in the same words for another partner's as for one that never was."""
    found = covers.find(tx.session, tx.tenant_id, cover_id) if names("cover", cover_id) else None
    if found is None:
        raise Missing("unknown_cover", "there is no cover of that id")
    return found


@dataclass(frozen=True, slots=True)
class CoverSeen:
    """A cover with all that is told of it."""

    cover: Cover
    quote: Quote
    phase: str
    parties: list[CoverParty]
    references: dict[str, str]  # a member's id to the partner's reference
    transactions: list[Transaction]  # none while it waits for its payment
    premium: Premium  # what it costs in all; of a cancelled one, what it had come to
    terms: list[SectionTerms]  # as they stand now; of one that has changed, since its last change
    given: dict[str, str]  # the inputs that aren't personal, as they stand now
    payments: list[Payment]
    texts: Texts | None


def see_cover(tx: Work, cover: Cover) -> CoverSeen:
    """The cover with its parties, transactions and terms."""
    return see_covers(tx, [cover])[0]


def see_covers(tx: Work, found: Sequence[Cover]) -> list[CoverSeen]:
    """The covers with all that is told of them, in as many queries as for one."""
    ids = [cover.id for cover in found]
    parties = covers.parties_of(tx.session, ids)
    references = members.references(tx.session, {party.member_id for party in parties if party.member_id})
    priced = {quote.id: quote for quote in quotes.several(tx.session, [cover.quote_id for cover in found])}
    transactions, terms = covers.transactions_of(tx.session, ids), covers.terms_of(tx.session, ids)
    raised, paid = changes.confirmed_of(tx.session, ids), payments.of_covers(tx.session, ids)
    return [
        _seen(
            tx,
            cover,
            priced[cover.quote_id],
            [party for party in parties if party.cover_id == cover.id],
            references,
            [row for row in transactions if row.cover_id == cover.id],
            [row for row in terms if row.cover_id == cover.id],
            [row for row in raised if row.cover_id == cover.id],
            [row for row in paid if row.cover_id == cover.id],
        )
        for cover in found
    ]


def _seen(
    tx: Work,
    cover: Cover,
    quote: Quote,
    parties: list[CoverParty],
    references: Mapping[str, str],
    transactions: list[Transaction],
    terms: Sequence[TransactionTerms],
    raised: Sequence[CoverChange],
    paid: list[Payment],
) -> CoverSeen:
    edition = edition_of(tx, quote)
    sections = edition.rules.sections
    lasting = [one for one in transactions if one.risk_type != "Cancellation"]
    premium = booking.sum_of(lasting).premium if lasting else premium_of(quote.price or {})
    period = Period(cover.starts_at, cover.ends_at)
    # The last by its sequence: ids are named by clocks, which differ between hosts.
    with_terms = {row.transaction_id for row in terms}
    last = next((one.id for one in reversed(transactions) if one.id in with_terms), None)
    if last is not None:
        frozen = [_frozen(row, sections[row.section]) for row in terms if row.transaction_id == last]
    else:
        # As it will be once it is paid: what covers from the booking until the start does so from the one that waits.
        windows = {name: window_of(section, period, cover.created_at) or period for name, section in sections.items()}
        frozen = [
            section_terms(edition, line.name, quote.facts, windows[line.name], line.net) for line in premium.sections
        ]
    return CoverSeen(
        cover=cover,
        quote=quote,
        phase=phase(cover.state, period, tx.now),
        parties=parties,
        references={party.member_id: references[party.member_id] for party in parties if party.member_id},
        transactions=transactions,
        premium=premium,
        terms=frozen,
        given=quote.given | {name: text for change in raised for name, text in change.given.items()},
        payments=paid,
        texts=texts_of(tx, quote, cover.language),
    )


def _frozen(row: TransactionTerms, section: Section) -> SectionTerms:
    """A section's terms as a transaction froze them, its limits in the edition's order, which a column of JSON loses."""
    limits = {name: row.limits[name] for name in section.limit.amounts}
    sublimits = {name: row.sublimits[name] for name in section.sublimits}
    return SectionTerms(
        row.section, Period(row.starts_at, row.ends_at), row.layer, row.per, limits, sublimits, row.deductible,
        row.average, row.net, tuple(row.exclusions),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ClaimSeen:
    claim: Claim
    exposures: list[Exposure]
    paid: dict[
        str, int
    ]  # what was transferred of each exposure that anything was of, but for experts' and lawyers' fees
    personal: dict[str, Any]


def see_claim(tx: Work, claim: Claim) -> ClaimSeen:
    """The claim with its exposures, and what was said of it in clear."""
    return see_claims(tx, [claim])[0]


def see_claims(tx: Work, found: Sequence[Claim]) -> list[ClaimSeen]:
    """The claims with all that is told of them, in as many queries as for one."""
    exposures = claims.exposures_of(tx.session, [claim.id for claim in found])
    paid: dict[str, int] = {}
    for payout in settlements.payouts_of(tx.session, [claim.id for claim in found]):
        if payout.state == "paid" and payout.kind == "indemnity":
            paid[payout.exposure_id] = paid.get(payout.exposure_id, 0) + payout.amount
    tx.open_keys({claim.member_id for claim in found})
    return [
        ClaimSeen(
            claim,
            [exposure for exposure in exposures if exposure.claim_id == claim.id],
            paid,
            tx.unseal_json(claim.member_id, claim.sealed, f"claims/{claim.id}"),
        )
        for claim in found
    ]


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list: at most `limit`, after `starting_after`, made within a span of time."""

    limit: int
    starting_after: str | None
    created_from: datetime | None
    created_to: datetime | None


def list_covers(tx: Work, page: Page, phase_wanted: str | None, policyholder: str | None) -> tuple[list[Cover], bool]:
    """The tenant's covers, the newest first, and whether there are more."""
    query = select(Cover)
    if phase_wanted is not None:
        query = query.where(covers.phase_filter(phase_wanted, tx.now))
    if policyholder is not None:
        query = query.join(Member, (Member.tenant_id == Cover.tenant_id) & (Member.id == Cover.policyholder_id))
        query = query.where(Member.reference == policyholder)
    return _page(tx, query, Cover.id, Cover.created_at, page, "cover")


def list_claims(tx: Work, page: Page, state: str | None, cover_id: str | None) -> tuple[list[Claim], bool]:
    """The tenant's claims, the newest first, and whether there are more."""
    query = select(Claim)
    if state is not None:
        query = query.where(Claim.state == state)
    if cover_id is not None:
        query = query.where(Claim.cover_id == cover_id)
    return _page(tx, query, Claim.id, Claim.created_at, page, "claim")


def list_payouts(tx: Work, page: Page, state: str | None, claim_id: str | None) -> tuple[list[Payout], bool]:
    """The tenant's payouts, the newest first, and whether there are more."""
    query = select(Payout)
    if state is not None:
        query = query.where(Payout.state == state)
    if claim_id is not None:
        query = query.where(Payout.claim_id == claim_id)
    return _page(tx, query, Payout.id, Payout.created_at, page, "payout")


def list_invoices(tx: Work, page: Page, state: str | None) -> tuple[list[Invoice], bool]:
    """The tenant's invoices, the newest first, and whether there are more."""
    query = select(Invoice)
    if state is not None:
        query = query.where(Invoice.state == state)
    return _page(tx, query, Invoice.id, Invoice.created_at, page, "invoice")


def list_endpoints(tx: Work, page: Page) -> tuple[list[WebhookEndpoint], bool]:
    """The tenant's webhook endpoints, the newest first, and whether there are more."""
    query = select(WebhookEndpoint).where(WebhookEndpoint.tenant_id == tx.tenant_id)
    return _page(tx, query, WebhookEndpoint.id, WebhookEndpoint.created_at, page, "webhook_endpoint")


def list_deliveries(
    tx: Work, page: Page, endpoint_id: str, state: str | None, event_id: str | None
) -> tuple[list[WebhookDelivery], bool]:
    """An endpoint's deliveries, the newest first, and whether there are more."""
    query = select(WebhookDelivery).where(
        WebhookDelivery.tenant_id == tx.tenant_id, WebhookDelivery.endpoint_id == endpoint_id
    )
    if state is not None:
        query = query.where(WebhookDelivery.state == state)
    if event_id is not None:
        query = query.where(WebhookDelivery.event_id == event_id)
    return _page(tx, query, WebhookDelivery.id, WebhookDelivery.created_at, page, "webhook_delivery")


def find_event(tx: Work, event_id: str) -> FactKept:
    """The event of that id; raises `Missing` also for one that the caller's scopes don't reach, or that isn't sealed yet."""
    found = None
    if names("fact", event_id):
        found = tx.session.scalars(_events(tx).where(FactKept.id == event_id)).one_or_none()
    if found is None:
        raise Missing("unknown_event", "there is no event of that id")
    return found


def list_events(tx: Work, page: Page, kind: str | None, subject: str | None) -> tuple[list[FactKept], bool]:
    """The tenant's events in the order in which they were sealed, and whether there are more.

    `kind` is an event's, or a thing's with a star for all that happens to it ("cover.*").
    """
    query = _events(tx)
    if page.starting_after is not None:
        position = seals.position_of(tx.session, tx.tenant_id, page.starting_after)
        if position is None:
            detail = Detail("?starting_after", "this is no event's id", "invalid_value")
            raise Rejected("invalid_list", "the list can't be read from there", errors=(detail,))
        query = query.where(Seal.position > position)
    if kind is not None:
        query = query.where(
            FactKept.kind.startswith(kind[:-1], autoescape=True) if kind.endswith("*") else FactKept.kind == kind
        )
    if subject is not None:
        query = query.where(FactKept.subject == subject)
    if page.created_from is not None:
        query = query.where(FactKept.recorded_at >= page.created_from)
    if page.created_to is not None:
        query = query.where(FactKept.recorded_at <= page.created_to)
    rows = tx.session.scalars(query.order_by(Seal.position).limit(page.limit + 1)).all()
    return list(rows[: page.limit]), len(rows) > page.limit


def latest_event(tx: Work) -> str | None:
    """The id of the tenant's newest event that is sealed."""
    return tx.session.scalar(
        seals.events(tx.tenant_id).with_only_columns(FactKept.id).order_by(Seal.position.desc()).limit(1)
    )


def _events(tx: Work) -> Select[FactKept]:
    """Events about what the caller's scopes let it read."""
    query = seals.events(tx.tenant_id)
    hidden = [noun for noun, scope in SCOPES.items() if scope not in tx.caller.scopes]
    if hidden:
        seen = [noun for noun in SCOPES if noun not in hidden]
        query = query.where(or_(*(FactKept.kind.startswith(f"{noun}.", autoescape=True) for noun in seen)))
    return query


def _page(
    tx: Work,
    query: Select[Any],
    key: InstrumentedAttribute[str],
    made: InstrumentedAttribute[datetime],
    page: Page,
    noun: str,
) -> tuple[list[Any], bool]:
    if page.starting_after is not None:
        if not names(noun, page.starting_after):
            words = f"this is no {noun.replace('_', ' ')}'s id"
            detail = Detail("?starting_after", words, "invalid_value")
            raise Rejected("invalid_list", "the list can't be read from there", errors=(detail,))
        query = query.where(key < page.starting_after)
    if page.created_from is not None:
        query = query.where(made >= page.created_from)
    if page.created_to is not None:
        query = query.where(made <= page.created_to)
    # Ids sort by when they were made. One more row than asked for tells whether there are more.
    rows: Sequence[Any] = tx.session.scalars(query.order_by(key.desc()).limit(page.limit + 1)).all()
    return list(rows[: page.limit]), len(rows) > page.limit
