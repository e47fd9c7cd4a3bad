"""Issuing: a quote becomes a cover, in one transaction, at the price that was quoted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg.errors import ExclusionViolation
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError

from coverage.domain.cover import Held, SectionTerms, peak
from coverage.domain.facts import cover_issued
from coverage.domain.faults import Conflict, Detail, Rejected
from coverage.domain.journal import transfers_for_issue
from coverage.domain.money import Money
from coverage.domain.period import Period
from coverage.domain.premium import Premium
from coverage.operations.house import Work
from coverage.operations.quoting import edition_of, find_quote, ipid_of, premium_of, state_of
from coverage.operations.unlocking import register_link
from coverage.rulebook.format import ROLES, Edition
from coverage.rulebook.loaded import LoadedEdition
from coverage.rulebook.terms import at_risk, section_terms, window_of
from coverage.storage import covers, journal, members, partners, quotes
from coverage.storage.covers import AmountHeld, Cover, CoverParty, ObjectHeld, Transaction, TransactionTerms
from coverage.storage.identity import new_code, new_id
from coverage.storage.members import Member
from coverage.storage.partners import MasterPolicy
from coverage.storage.quotes import Quote

# A clock of a partner's own may run a little ahead of ours when it notes that the document was given.
CLOCK_SKEW: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class PartyNamed:
    """A person who stands somewhere in a cover, as the partner knows them."""

    reference: str
    name: str
    email: str | None
    locale: str
    pointer: str = field(default="", compare=False)  # where they were named in what was sent


@dataclass(frozen=True, slots=True)
class Disclosed:
    """The information document that was given before the contract (Directive (EU) 2016/97 art. 20)."""

    ipid_sha256: str
    language: str
    given_at: datetime


@dataclass(frozen=True, slots=True)
class Bind:
    quote_id: str
    parties: Mapping[str, tuple[PartyNamed, ...]]
    disclosed: Disclosed
    payment_method: str
    metadata: dict[str, str]


def issue_cover(tx: Work, bind: Bind) -> Cover:
    """Binds an open quote for a partner that is invoiced.

    Raises `Conflict` where the quote isn't open any more, its start has passed, a section would cover no time, the
    object is covered already or the member would have too much at risk; `Rejected` where the parties or disclosures
    aren't right.
    """
    find_quote(tx, bind.quote_id)
    # Lock the quote: two clicks must not buy two covers.
    quote = quotes.lock(tx.session, tx.tenant_id, bind.quote_id)
    if quote is None:
        raise AssertionError("a quote is never removed")
    edition = edition_of(tx, quote)
    _check_open(quote, tx.now)
    _check_disclosed(tx, quote, bind.disclosed)
    _check_parties(edition.rules, bind)
    policy = _master_policy(tx, quote)
    # Every bind locks in this order: quote, members, object.
    people = _people(tx, bind)
    policyholder = people["policyholder"][0]
    if quote.member_id not in (None, policyholder.id):
        message = "another person than the one that the quote was made for; expected the same, or a new quote"
        detail = Detail("/parties/policyholder/reference", message, "invalid_value")
        raise Rejected("invalid_parties", "the quote was made for another person", errors=(detail,))
    if quote.object_key is not None:
        covers.lock_object(tx.session, tx.tenant_id, quote.object_key)
    # The clock is read when nothing is waited for any more: a cover begins neither in the past nor on an old price.
    tx.look_at_clock()
    _check_open(quote, tx.now)
    period = _period(quote, tx.now)
    if quote.price is None:
        raise AssertionError("an open quote has a price")
    premium = premium_of(quote.price)
    windows = _windows(edition.rules, premium, period, tx.now)
    cover = _cover(tx, quote, bind, policy, policyholder, period)
    tx.session.add(cover)
    tx.session.flush()
    quote.state, quote.cover_id, quote.next_due_at = "bound", cover.id, None
    for position, (role, party) in enumerate(_standing(edition.rules, people)):
        tx.session.add(
            CoverParty(
                tenant_id=tx.tenant_id, id=new_id("party"), cover_id=cover.id, position=position, role=role, member_id=party
            )
        )  # fmt: skip
    _hold_object(tx, cover, edition.rules, windows)
    _hold_amounts(tx, cover, edition, quote, windows)
    transaction = _new_business(tx, cover, edition, quote, premium, windows)
    journal.append(
        tx.session, tx.tenant_id, transaction.id, transfers_for_issue(premium, cover.product, cover.country), tx.wall
    )
    register_link(tx, cover.id)
    tx.record(cover_issued(cover.id, quote.id, transaction.id))
    tx.session.flush()
    return cover


# --------------------------------------------------------------------------------------------- checks


def _check_open(quote: Quote, now: datetime) -> None:
    state = state_of(quote, now)
    if state == "bound":
        raise Conflict("quote_bound", "the quote has been bound already", cover=quote.cover_id)
    if state == "expired":
        raise Conflict("quote_expired", "the quote has expired; ask for a new one")
    if state != "open":
        raise Conflict("quote_not_open", f"the quote is {state}, so it can't be bound")


def _period(quote: Quote, now: datetime) -> Period:
    """The cover's window: as quoted, or from this instant where the quote begins at issue."""
    if quote.floats_until is not None:
        if now >= quote.floats_until:
            raise Conflict("quote_expired", "the time to begin at issue at this price is over; ask for a new quote")
        return Period(now, now + (quote.ends_at - quote.starts_at))
    if quote.starts_at < now:
        raise Conflict(
            "start_passed", "the quoted start has passed, and no cover begins in the past; ask for a new quote"
        )
    return Period(quote.starts_at, quote.ends_at)


def _windows(rules: Edition, premium: Premium, period: Period, now: datetime) -> dict[str, Period]:
    """When each section covers: most of them the term, some from this instant until it begins."""
    windows = {}
    for section in premium.sections:
        window = window_of(rules.sections[section.name], period, now)
        if window is None:
            raise Conflict(
                "empty_window",
                f"{section.name} covers from the booking until the start, and the start is now: no time is left for it; "
                "ask for a quote that begins later, or without it",
            )
        windows[section.name] = window
    return windows


def _check_disclosed(tx: Work, quote: Quote, disclosed: Disclosed) -> None:
    expected = ipid_of(tx, quote, disclosed.language)
    errors = []
    if expected is None:
        errors.append(
            Detail(
                "/disclosures/language", f"there is no information document in {disclosed.language!r}", "invalid_value"
            )
        )
    elif disclosed.ipid_sha256 != expected:
        errors.append(
            Detail(
                "/disclosures/ipid_sha256",
                f"another version than the one that goes with this quote; expected {expected}",
                "ipid_mismatch",
            )
        )
    if disclosed.given_at > tx.now + CLOCK_SKEW:
        errors.append(
            Detail(
                "/disclosures/given_at", "the document was given in the future; expected when it was", "invalid_value"
            )
        )
    if errors:
        raise Rejected("invalid_disclosures", "the disclosures don't go with this quote", errors=tuple(errors))


def _check_parties(edition: Edition, bind: Bind) -> None:
    errors = []
    for role, people in bind.parties.items():
        standing = edition.parties.get(role)  # type: ignore[call-overload]
        pointer = f"/parties/{role}"
        if standing is None:
            errors.append(Detail(pointer, f"{edition.product} has no {role}", "unknown_field"))
        elif standing == "partner":
            errors.append(Detail(pointer, f"the {role} is the partner itself; expected nothing here", "unknown_field"))
        elif not isinstance(standing, list) and len(people) != 1:
            errors.append(Detail(pointer, f"{len(people)} of them; expected one {role}", "invalid_value"))
    errors += _contradictions(bind)
    if not bind.parties.get("policyholder"):
        errors.append(Detail("/parties/policyholder", "the policyholder is missing", "missing_field"))
    if errors:
        raise Rejected("invalid_parties", "the parties aren't as the product has them", errors=tuple(errors))


def _contradictions(bind: Bind) -> list[Detail]:
    """One reference is one person: never two names, and not twice in one role."""
    errors: list[Detail] = []
    named: dict[str, PartyNamed] = {}
    for people in bind.parties.values():
        here: set[str] = set()
        for party in people:
            message = None
            if party.reference in here:
                message = "the same person stands here already; expected each once"
            elif named.setdefault(party.reference, party) != party:
                message = "another person has this reference in this request; expected one person for one reference"
            if message is not None:
                errors.append(Detail(f"{party.pointer}/reference", message, "invalid_value"))
            here.add(party.reference)
    return errors


def _master_policy(tx: Work, quote: Quote) -> MasterPolicy:
    policy = partners.master_policy_for(tx.session, quote.product, tx.now)
    if policy is None:
        raise Conflict("no_master_policy", f"no master policy of yours covers {quote.product} now")
    return policy


# -------------------------------------------------------------------------------------------- parties


def _people(tx: Work, bind: Bind) -> dict[str, list[Member]]:
    """The members by role, found or added, each locked. One order of locking for all, so that no two binds wait for each other."""
    named = {party.reference: party for people in bind.parties.values() for party in people}
    found: dict[str, Member] = {}
    for reference in sorted(named):
        party = named[reference]
        fresh = Member(
            tenant_id=tx.tenant_id, id=new_id("member"), reference=reference, locale=party.locale, created_at=tx.wall
        )
        member = members.find_or_add(tx.session, fresh)
        personal = {"name": party.name, "email": party.email}
        member.locale, member.sealed = party.locale, tx.seal_json(member.id, personal, f"members/{member.id}")
        found[reference] = member
    return {role: [found[party.reference] for party in people] for role, people in bind.parties.items()}


def _standing(edition: Edition, people: Mapping[str, list[Member]]) -> list[tuple[str, str | None]]:
    """Who stands where. A member's place that nobody was named for is the policyholder's."""
    rows: list[tuple[str, str | None]] = []
    for role in ROLES:
        standing = edition.parties.get(role)
        if standing == "partner":
            rows.append((role, None))
        elif standing is not None:
            rows += [(role, member.id) for member in people.get(role) or people["policyholder"]]
    return rows


# ------------------------------------------------------------------------------------------- the rows


def _cover(tx: Work, quote: Quote, bind: Bind, policy: MasterPolicy, policyholder: Member, period: Period) -> Cover:
    cover_id = new_id("cover")
    # Without the personal facts there is nothing to insure: `Erased` is let through here.
    personal = json.loads(tx.unseal(quote.sealed_for, quote.sealed, f"quotes/{quote.id}")) if quote.sealed else {}
    sealed = tx.seal_json(policyholder.id, personal, f"covers/{cover_id}") if personal else None
    if quote.sealed_for == quote.id and personal:
        # From now on the facts are the member's: sealed under one key, so that erasing it erases all.
        quote.sealed = tx.seal_json(policyholder.id, personal, f"quotes/{quote.id}")
        quote.sealed_for = policyholder.id
        tx.forget(quote.id)
    quote.member_id = policyholder.id
    disclosed = bind.disclosed
    code = new_code(10)
    return Cover(
        tenant_id=tx.tenant_id, id=cover_id, number=f"SC-{code[:5]}-{code[5:]}", quote_id=quote.id, master_policy_id=policy.id,
        product=quote.product, country=quote.country, state="issued", starts_at=period.start, ends_at=period.end,
        timezone=quote.timezone, language=policyholder.locale, currency=quote.currency, net=quote.net or 0,
        surcharges=quote.surcharges or 0, tax=quote.tax or 0, fees=quote.fees or 0, gross=quote.gross or 0,
        policyholder_id=policyholder.id, object_key=quote.object_key, sealed=sealed, payment_method=bind.payment_method,
        disclosures={
            "ipid_sha256": disclosed.ipid_sha256, "language": disclosed.language, "given_at": disclosed.given_at.isoformat(),
        },
        metadata_=bind.metadata, issued_at=tx.now, cancelled_at=None, created_at=tx.now,
        next_due_at=period.start,
    )  # fmt: skip


def _hold_object(tx: Work, cover: Cover, rules: Edition, windows: Mapping[str, Period]) -> None:
    """The object's exclusive sections, each held for its window. The database refuses a second hold at the same time."""
    if rules.object is None or cover.object_key is None:
        return
    for section in rules.object.exclusive_for:
        if section in windows:
            period: Range[Any] = Range(windows[section].start, windows[section].end, bounds="[)")
            held = ObjectHeld(
                tenant_id=tx.tenant_id, id=new_id("hold"), cover_id=cover.id, section=section,
                object_key=cover.object_key, period=period, state=cover.state,
            )  # fmt: skip
            tx.session.add(held)
    try:
        tx.session.flush()
    except IntegrityError as error:
        if isinstance(error.orig, ExclusionViolation):
            raise Conflict(
                "object_covered", "the object is covered already for a part of that time, by a cover of yours"
            ) from None
        raise


def _hold_amounts(tx: Work, cover: Cover, edition: LoadedEdition, quote: Quote, windows: Mapping[str, Period]) -> None:
    """What the member has at risk, counted against each cap. The member's row is locked, so binds count one by one."""
    for rule in edition.rules.accumulate:
        if rule.section not in windows:
            continue
        period = windows[rule.section]
        amount = at_risk(edition, rule.section, quote.facts)
        cap = rule.cap.micros // 10_000
        running = covers.amounts_held(
            tx.session, cover.policyholder_id, rule.section, rule.across, period.start, period.end
        )
        held = [Held(Period(row.starts_at, row.ends_at), row.amount) for row in running]
        highest = peak([*held, Held(period, amount)], period)
        if highest > cap:
            free = Money(max(cap - peak(held, period), 0), cover.currency)
            raise Conflict(
                "cap_exceeded",
                f"the member would have {Money(highest, cover.currency)} at risk in {rule.section} at one time, over the cap of "
                f"{Money(cap, cover.currency)}; {free} are free in that window",
            )
        tx.session.add(
            AmountHeld(
                tenant_id=tx.tenant_id, id=new_id("hold"), cover_id=cover.id, member_id=cover.policyholder_id,
                product=cover.product, section=rule.section, amount=amount, currency=cover.currency,
                starts_at=period.start, ends_at=period.end, state=cover.state,
            )
        )  # fmt: skip


def _new_business(
    tx: Work, cover: Cover, edition: LoadedEdition, quote: Quote, premium: Premium, windows: Mapping[str, Period]
) -> Transaction:
    transaction = Transaction(
        tenant_id=tx.tenant_id, id=new_id("transaction"), cover_id=cover.id, sequence=1, risk_type="New Business",
        premium_type="Original Premium", effective_at=cover.starts_at, booked_at=tx.now, currency=cover.currency,
        net=premium.net, surcharges=premium.surcharge_total, tax=premium.tax_total, fees=premium.fee_total,
        gross=premium.gross, price=asdict(premium),
    )  # fmt: skip
    tx.session.add(transaction)
    tx.session.flush()
    for position, section in enumerate(premium.sections):
        terms = section_terms(edition, section.name, quote.facts, windows[section.name], section.net)
        tx.session.add(_terms_row(tx, transaction, position, terms))
    return transaction


def _terms_row(tx: Work, transaction: Transaction, position: int, terms: SectionTerms) -> TransactionTerms:
    return TransactionTerms(
        tenant_id=tx.tenant_id, id=new_id("terms"), transaction_id=transaction.id, cover_id=transaction.cover_id,
        section=terms.section, position=position, starts_at=terms.period.start, ends_at=terms.period.end, layer=terms.layer,
        per=terms.per, limits=terms.limits, sublimits=terms.sublimits, deductible=terms.deductible, average=terms.average,
        net=terms.net, currency=transaction.currency, exclusions=list(terms.exclusions),
    )  # fmt: skip
