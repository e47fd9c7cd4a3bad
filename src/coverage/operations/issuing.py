"""Issuing: a quote becomes a cover, in one transaction, at the price that was quoted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final

from coverage.domain.facts import cover_awaits_payment, cover_issued
from coverage.domain.faults import Conflict, Detail, Rejected
from coverage.domain.period import Period
from coverage.domain.premium import Premium
from coverage.operations import booking
from coverage.operations.attaching import master_policy_now
from coverage.operations.holding import hold_amounts, hold_object
from coverage.operations.house import Work
from coverage.operations.owing import new_payment
from coverage.operations.quoting import edition_of, find_quote, ipid_of, premium_of, state_of
from coverage.operations.unlocking import register_link
from coverage.rulebook.format import ROLES, Edition
from coverage.rulebook.language.expressions import nearest
from coverage.rulebook.loaded import LoadedEdition
from coverage.rulebook.terms import insures_vehicle, section_terms, window_of
from coverage.storage import covers, members, partners, quotes
from coverage.storage.covers import Cover, CoverParty
from coverage.storage.identity import new_code, new_id
from coverage.storage.members import Member
from coverage.storage.partners import MasterPolicy
from coverage.storage.quotes import Quote
from coverage.telemetry import metrics

# How long a cover holds its object for a member who pays by card.
HOLD: Final = timedelta(minutes=15)
# In less, nobody types a card's number and confirms it with the bank.
SHORTEST_HOLD: Final = timedelta(minutes=1)
# A clock of a partner's own may run a little ahead of ours when it notes that the document was given.
CLOCK_SKEW: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class PartyNamed:
    """A person who stands somewhere in a cover, as the partner knows them."""

    reference: str
    name: str
    email: str | None
    locale: str
    born: date | None = None
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
    """Binds an open quote: at once for a partner that is invoiced, or else as a cover that holds its object for some
    minutes, until its member has paid by card.

    Raises `Conflict` where the quote isn't open any more, its start has passed, a section would cover no time, the
    object is covered already, the member would have too much at risk or no time is left to pay; `Rejected` where the
    parties or disclosures aren't right, or the price is too small for a card.
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
    # Every bind locks in this order: quote, members, object.
    people = _people(tx, bind)
    policyholder = people["policyholder"][0]
    if quote.member_id not in (None, policyholder.id):
        message = "another person than the one that the quote was made for; expected the same, or a new quote"
        detail = Detail("/parties/policyholder/reference", message, "invalid_value")
        raise Rejected("invalid_parties", "the quote was made for another person", errors=(detail,))
    if quote.object_key is not None:
        covers.lock_object(tx.session, tx.tenant_id, quote.object_key)
    # The clock is read when nothing is waited for any more: a cover begins neither in the past nor on an old price, nor
    # under a master policy that ended meanwhile.
    tx.look_at_clock()
    _check_open(quote, tx.now)
    policy = master_policy_now(tx, quote.product, quote.country, quote.currency)
    _check_insurer(tx, quote, policy)
    period = _period(quote, tx.now)
    windows = _windows(edition.rules, _premium(quote), period, tx.now)
    hold_until = _hold_until(quote, tx.now) if bind.payment_method == "card" else None
    cover = _cover(tx, quote, bind, policy, policyholder, period, hold_until)
    tx.session.add(cover)
    tx.session.flush()
    quote.state, quote.cover_id, quote.next_due_at = "bound", cover.id, None
    for position, (role, party) in enumerate(_standing(edition.rules, people)):
        tx.session.add(
            CoverParty(
                tenant_id=tx.tenant_id, id=new_id("party"), cover_id=cover.id, position=position, role=role, member_id=party
            )
        )  # fmt: skip
    register_link(tx, cover.id)
    if hold_until is None:
        _hold(tx, cover, edition, quote, windows)
        _come_into_force(tx, cover, edition, quote, windows)
    else:
        # It may begin at any time until then.
        latest = (
            period if quote.floats_until is None else Period(period.start, hold_until + (period.end - period.start))
        )
        _hold(tx, cover, edition, quote, _windows(edition.rules, _premium(quote), latest, tx.now))
        _ask_for_payment(tx, cover, hold_until)
    tx.session.flush()
    tx.once_true(partial(metrics.cover_bound, quote.product, bind.payment_method))
    return cover


def issue_paid(tx: Work, cover: Cover, paid_at: datetime) -> None:
    """Issues a cover whose payment has come. `cover` is locked and still waits for it.

    Paid in time and heard of late, a cover begins when it was to begin; one that begins at issue does so when it was paid.
    """
    quote = find_quote(tx, cover.quote_id)
    edition = edition_of(tx, quote)
    # Before the object's rows are touched: a bind that inserts others may wait for this, and this for the bind.
    if quote.object_key is not None:
        covers.lock_object(tx.session, tx.tenant_id, quote.object_key)
    if quote.floats_until is not None:
        starts_at = paid_at
        cover.starts_at, cover.ends_at = starts_at, starts_at + (quote.ends_at - quote.starts_at)
    cover.state, cover.issued_at, cover.next_due_at = "issued", tx.now, cover.starts_at
    period = Period(cover.starts_at, cover.ends_at)
    booked_at = tx.now if tx.now < period.start or quote.floats_until is not None else cover.created_at
    windows = _windows(edition.rules, _premium(quote), period, booked_at)
    covers.take_hold(tx.session, cover.id, "issued", {name: (one.start, one.end) for name, one in windows.items()})
    _come_into_force(tx, cover, edition, quote, windows)
    tx.session.flush()


def _hold(
    tx: Work, cover: Cover, edition: LoadedEdition, quote: Quote, windows: Mapping[str, Period]
) -> None:  # fmt: skip
    hold_object(tx, cover, edition.rules, windows)
    hold_amounts(tx, cover, edition, quote.facts, windows)


def _come_into_force(
    tx: Work, cover: Cover, edition: LoadedEdition, quote: Quote, windows: Mapping[str, Period]
) -> None:
    """The first transaction, with the terms that it freezes, its journal and the fact."""
    premium = _premium(quote)
    transaction = booking.charge(
        tx, cover, premium, risk_type="New Business", premium_type="Original Premium", effective_at=cover.starts_at
    )
    booking.keep_terms(
        tx, transaction,
        [section_terms(edition, line.name, quote.facts, windows[line.name], line.net) for line in premium.sections],
    )  # fmt: skip
    tx.record(cover_issued(cover.id, quote.id, transaction.id, vehicle=insures_vehicle(edition, quote.facts)))


def _ask_for_payment(tx: Work, cover: Cover, hold_until: datetime) -> None:
    payment = new_payment(tx, cover, cover.gross, hold_until)
    tx.record(cover_awaits_payment(cover.id, cover.quote_id, payment.id))


def _hold_until(quote: Quote, now: datetime) -> datetime:
    """Until when a cover waits for its payment: some minutes, and never beyond its price or its start."""
    until = min(now + HOLD, *(at for at in (quote.expires_at, quote.floats_until or quote.starts_at) if at is not None))
    if until - now < SHORTEST_HOLD:
        words = "too little time is left to pay by card"
        raise Conflict("no_time_to_pay", f"{words}: the price holds or the cover begins in less than a minute")
    return until


def _premium(quote: Quote) -> Premium:
    if quote.price is None:
        raise AssertionError("an open quote has a price")
    return premium_of(quote.price)


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


def _check_insurer(tx: Work, quote: Quote, policy: MasterPolicy) -> None:
    """The information document names who carries the risk, and was given with the quote: it must be the same still."""
    if policy.starts_at <= quote.asked_at:
        return
    then = partners.master_policy_for(tx.session, quote.product, quote.country, quote.currency, quote.asked_at)
    if then is not None and then.insurer_id != policy.insurer_id:
        words = "another insurer carries the risk since the quote was made"
        raise Conflict("quote_expired", f"{words}; ask for a new one, and show its information document")


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
            errors.append(
                Detail(
                    pointer,
                    f"{edition.product} has no {role}; expected {nearest(role, _named(edition))}",
                    "unknown_field",
                )
            )
        elif standing == "partner":
            errors.append(Detail(pointer, f"the {role} is the partner itself; expected nothing here", "unknown_field"))
        elif not isinstance(standing, list) and len(people) != 1:
            errors.append(Detail(pointer, f"{len(people)} of them; expected one {role}", "invalid_value"))
    errors += _contradictions(bind)
    if not bind.parties.get("policyholder"):
        errors.append(Detail("/parties/policyholder", "the policyholder is missing", "missing_field"))
    if errors:
        raise Rejected("invalid_parties", "the parties aren't as the product has them", errors=tuple(errors))


def _named(edition: Edition) -> list[str]:
    """The roles whose people the product wants to know."""
    return [role for role, standing in edition.parties.items() if standing != "partner"]


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
        known = tx.unseal_json(member.id, member.sealed, f"members/{member.id}")
        # Left out, a birth date stays as it was told before: decisions about the person were made by it.
        born = party.born.isoformat() if party.born else known.get("born")
        personal = {"name": party.name, "email": party.email, **({"born": born} if born else {})}
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


def _cover(
    tx: Work, quote: Quote, bind: Bind, policy: MasterPolicy, policyholder: Member, period: Period, hold_until: datetime | None
) -> Cover:  # fmt: skip
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
        product=quote.product, country=quote.country, state="awaiting_payment" if hold_until else "issued", starts_at=period.start, ends_at=period.end,
        timezone=quote.timezone, language=policyholder.locale, currency=quote.currency, net=quote.net or 0,
        surcharges=quote.surcharges or 0, tax=quote.tax or 0, fees=quote.fees or 0, gross=quote.gross or 0,
        policyholder_id=policyholder.id, object_key=quote.object_key, sealed=sealed, payment_method=bind.payment_method,
        disclosures={
            "ipid_sha256": disclosed.ipid_sha256, "language": disclosed.language, "given_at": disclosed.given_at.isoformat(),
        },
        metadata_=bind.metadata, issued_at=None if hold_until else tx.now, cancelled_at=None, created_at=tx.now,
        next_due_at=hold_until or period.start, hold_until=hold_until,
    )  # fmt: skip
