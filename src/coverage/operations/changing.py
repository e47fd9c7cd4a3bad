"""Changing a cover in time: a longer term, more cover, an early return. Priced when it is asked for, booked when it is
confirmed, or by card when it is paid.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from coverage.domain.cover import check_in_force
from coverage.domain.facts import change_abandoned, cover_changed
from coverage.domain.faults import Conflict, Detail, Missing, Rejected
from coverage.domain.ids import names
from coverage.domain.period import Period
from coverage.domain.premium import Premium
from coverage.domain.tenant import Caller
from coverage.operations import booking
from coverage.operations.holding import hold_amounts, hold_object
from coverage.operations.house import House, Work
from coverage.operations.issuing import CLOCK_SKEW, SHORTEST_HOLD
from coverage.operations.owing import give_back, new_payment
from coverage.operations.quoting import edition_of, find_quote, premium_of
from coverage.operations.screening import Person, person_of
from coverage.operations.showing import find_cover
from coverage.rulebook.admission import raised_facts
from coverage.rulebook.changing import Change, History, Segment, extend, raise_cover, return_early
from coverage.rulebook.editions import Library
from coverage.rulebook.loaded import LoadedEdition
from coverage.rulebook.terms import insures_vehicle, refund_share, returned, section_terms, window_of
from coverage.storage import changes, claims, covers
from coverage.storage.changes import CoverChange
from coverage.storage.covers import Cover, Transaction
from coverage.storage.identity import new_id
from coverage.storage.quotes import Quote

Kind = Literal["extend", "raise", "return_early"]

# How long a change may be confirmed at its price; and paid for by card, once it is.
OFFERED_FOR: Final = timedelta(minutes=15)
PAID_WITHIN: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to change: `end` for a longer term, `risk` (as the API carries it) for more cover."""

    kind: Kind
    end: datetime | None
    risk: Mapping[str, object]
    metadata: dict[str, str]


@dataclass(frozen=True, slots=True)
class Confirmation:
    """That nothing has happened yet that could be claimed for, declared at an instant; and how the difference is paid."""

    no_known_loss: bool
    declared_at: datetime


def propose_change(tx: Work, library: Library, cover_id: str, wish: Wish) -> CoverChange:
    """Prices a change of a cover and keeps it, to be confirmed within a quarter of an hour.

    Raises `Rejected` with pointers where it can't be wanted so, `Conflict` where the cover isn't in force.
    """
    find_cover(tx, cover_id)
    cover = _lock_cover(tx, cover_id)
    tx.look_at_clock()
    check_in_force(cover.state, Period(cover.starts_at, cover.ends_at), tx.now)
    quote = find_quote(tx, cover.quote_id)
    # Each difference is taxed at its own day's rate.
    edition = edition_of(tx, quote).taxed_by(library.taxes)
    transactions = covers.transactions_of(tx.session, [cover.id])
    history = history_of(tx, cover, quote, transactions)
    change, given = _worked_out(edition, history, wish, tx.now)
    if wish.kind == "return_early" and (rule := edition.rules.changes.return_early) is not None:
        # Line by line of what was paid, at the rates of then: never more than it, though two roundings were made.
        share = refund_share(rule.refund, history.period, tx.now)
        paid = booking.sum_of(transactions).premium
        change = replace(change, difference=returned(edition.rules, paid, share, with_fees=False))
    last = change.history.segments[-1]
    back = wish.kind == "return_early"
    state = {"quoted": "open"}.get(change.outcome, change.outcome)
    row = CoverChange(
        tenant_id=tx.tenant_id, id=new_id("change"), cover_id=cover.id, kind=wish.kind, state=state, asked_at=tx.now,
        expires_at=min(tx.now + OFFERED_FOR, cover.ends_at) if state == "open" else None,
        after_sequence=transactions[-1].sequence, starts_at=last.period.start, ends_at=last.period.end,
        facts=dict(last.facts), given=given, reasons=list(change.reasons), currency=cover.currency,
        price=asdict(change.difference) if change.difference else None,
        gross=0 if change.difference is None else -change.difference.gross if back else change.difference.gross,
        transaction_id=None, no_known_loss_at=None, confirmed_at=None, metadata_=wish.metadata, created_at=tx.now,
    )  # fmt: skip
    tx.session.add(row)
    tx.session.flush()
    return row


def confirm_change(tx: Work, change_id: str, confirmation: Confirmation) -> tuple[CoverChange, Cover]:
    """Lets a change come true: at once, or where the cover is paid by card once the difference is paid.

    Raises `Conflict` where it is confirmed already, its time is over, the cover has changed since, or a loss is known;
    `Rejected` without a declaration that none is.
    """
    change = find_change(tx, change_id)
    cover = _lock_cover(tx, change.cover_id)
    locked = changes.lock(tx.session, tx.tenant_id, change.id)
    if locked is None:
        raise AssertionError("a change is never removed")
    change = locked
    tx.look_at_clock()
    _check_declared(confirmation, change.asked_at, tx.now)
    _check_open(tx, change, cover)
    change.no_known_loss_at = confirmation.declared_at
    if cover.payment_method == "card" and change.gross > 0:
        hold_until = min(tx.now + PAID_WITHIN, cover.ends_at)
        if hold_until - tx.now < SHORTEST_HOLD:
            raise Conflict("no_time_to_pay", "the cover ends before anybody can pay for the change by card")
        new_payment(tx, cover, change.gross, hold_until, change.id)
        change.state = "awaiting_payment"
        if cover.next_due_at is not None:
            cover.next_due_at = min(cover.next_due_at, hold_until)
        tx.session.flush()
        return change, cover
    _come_true(tx, change, cover)
    return change, cover


def people_insured(house: House, caller: Caller, change_id: str) -> list[Person]:
    """Who has to be looked up before a change comes true: whose cover it is. Raises `Missing`."""
    with house.transaction(caller) as tx:
        found = person_of(tx, find_cover(tx, find_change(tx, change_id).cover_id).policyholder_id)
        return [found] if found else []


def confirm_paid(tx: Work, cover: Cover, change_id: str, paid_at: datetime) -> bool:
    """Lets a change come true whose payment has come; False where it can't any more. `cover` is locked."""
    change = changes.lock(tx.session, tx.tenant_id, change_id)
    if change is None or change.state != "awaiting_payment":
        return False
    sequence = covers.transactions_of(tx.session, [cover.id])[-1].sequence
    over = cover.state != "issued" or paid_at >= cover.ends_at or sequence != change.after_sequence
    # A loss that was declared meanwhile was known before this came true.
    if over or claims.weigh_on(tx.session, cover.id):
        _abandon(tx, change)
        return False
    try:
        with tx.session.begin_nested():
            _come_true(tx, change, cover)
    except Conflict:
        # Somebody else has the object by now, or the member too much at risk.
        tx.session.refresh(change)
        _abandon(tx, change)
        return False
    return True


def _abandon(tx: Work, change: CoverChange) -> None:
    change.state = "abandoned"
    tx.record(change_abandoned(change.cover_id, change.id))


def find_change(tx: Work, change_id: str) -> CoverChange:
    """The change of that id; raises `Missing`."""
    found = changes.find(tx.session, tx.tenant_id, change_id) if names("change", change_id) else None
    if found is None:
        raise Missing("unknown_change", "there is no change of that id")
    return found


def state_of(change: CoverChange, now: datetime) -> str:
    """A change's state at `now`: an open one whose time is over has expired."""
    over = change.state == "open" and change.expires_at is not None and now >= change.expires_at
    return "expired" if over else change.state


def history_of(tx: Work, cover: Cover, quote: Quote, transactions: list[Transaction]) -> History:
    """The cover as it came to be, from its quote and the changes that came true."""
    starts, ends = cover.starts_at, cover.ends_at
    begun = [(starts, quote.facts)]
    for change in changes.confirmed_of(tx.session, [cover.id]):
        if change.kind == "raise":
            begun = [one for one in begun if one[0] < change.starts_at]
            begun.append((change.starts_at, change.facts))
    stops = [start for start, _ in begun[1:]] + [ends]
    segments = tuple(Segment(Period(start, stop), facts) for (start, facts), stop in zip(begun, stops, strict=True))
    return History(segments, quote.asked_at, booking.sum_of(transactions).nets)


# ------------------------------------------------------------------------------------------- inside


def _lock_cover(tx: Work, cover_id: str) -> Cover:
    # Lock the cover: two changes at once would each be priced as if the other weren't.
    cover = covers.lock(tx.session, tx.tenant_id, cover_id)
    if cover is None:
        raise AssertionError("a cover is never removed")
    return cover


def _worked_out(
    edition: LoadedEdition, history: History, wish: Wish, now: datetime
) -> tuple[Change, dict[str, str]]:  # fmt: skip
    wrong = []
    if wish.kind == "extend" and wish.end is None:
        wrong.append(Detail("/end", "the new end is missing; expected an instant after the cover's", "missing_field"))
    if wish.kind != "extend" and wish.end is not None:
        wrong.append(Detail("/end", "a new end goes with extend; expected nothing here", "unknown_field"))
    if wish.kind != "raise" and wish.risk:
        wrong.append(Detail("/risk", "what is raised goes with raise; expected nothing here", "unknown_field"))
    if wrong:
        raise Rejected("invalid_change", "the change isn't as the product takes it", errors=tuple(wrong))
    match wish.kind:
        case "extend":
            return extend(edition, history, wish.end or now, now), {}
        case "raise":
            try:
                raised, given = raised_facts(edition.rules, wish.risk, now)
            except Rejected as rejected:
                raise Rejected("invalid_change", rejected.detail, errors=rejected.errors) from None
            return raise_cover(edition, history, raised, now), given
        case "return_early":
            return return_early(edition, history, now), {}


def _check_declared(confirmation: Confirmation, asked_at: datetime, now: datetime) -> None:
    detail = None
    if not confirmation.no_known_loss:
        words = "a cover changes only while no loss is known; expected true, as the member declared it"
        detail = Detail("/no_known_loss", words, "invalid_value")
    elif confirmation.declared_at < asked_at - CLOCK_SKEW:
        words = "the declaration was made before the change was asked for; expected one since, as the member made it"
        detail = Detail("/declared_at", words, "invalid_value")
    elif confirmation.declared_at > now + CLOCK_SKEW:
        detail = Detail(
            "/declared_at", "the declaration lies in the future; expected when it was made", "invalid_value"
        )
    if detail is not None:
        raise Rejected("loss_known", "the change can't be confirmed as sent", errors=(detail,))


def _check_open(tx: Work, change: CoverChange, cover: Cover) -> None:
    state = state_of(change, tx.now)
    if state != "open":
        words = {"confirmed": "has come true already", "expired": "can't be confirmed any more: its time is over"}
        told = words.get(state, f"is {state.replace('_', ' ')}, so it can't be confirmed")
        raise Conflict("change_not_open", f"the change {told}")
    check_in_force(cover.state, Period(cover.starts_at, cover.ends_at), tx.now)
    if covers.transactions_of(tx.session, [cover.id])[-1].sequence != change.after_sequence:
        raise Conflict("cover_changed", "the cover has changed since; ask for the change anew")
    if changes.waiting_of(tx.session, cover.id):
        raise Conflict("change_pending", "another change of the cover waits for its payment")
    if claims.weigh_on(tx.session, cover.id):
        raise Conflict("cover_claimed", "a loss has been declared on the cover, so it can't change any more")


def _come_true(tx: Work, change: CoverChange, cover: Cover) -> None:
    """The change's transaction, with the terms and holds that follow from it."""
    quote = find_quote(tx, cover.quote_id)
    edition = edition_of(tx, quote)
    before = covers.transactions_of(tx.session, [cover.id])
    history = history_of(tx, cover, quote, before)
    paid = booking.sum_of(before)
    if change.price is None:
        raise AssertionError("an open change has a price")
    difference = premium_of(change.price)
    effective_at = max(tx.now, cover.starts_at)
    if change.kind == "return_early":
        change.ends_at = tx.now
        transaction = booking.give_back(tx, cover, difference, paid, risk_type="Adjustment", effective_at=tx.now)
    else:
        transaction = booking.charge(
            tx, cover, difference, risk_type="Adjustment", premium_type="Additional Premium", effective_at=effective_at
        )
    if change.kind == "raise":
        change.starts_at = effective_at
    _take(tx, change, cover, edition, history, quote)
    _keep_sums(cover, paid.premium.minus(difference) if change.gross < 0 else paid.premium.plus(difference))
    change.state, change.transaction_id, change.confirmed_at = "confirmed", transaction.id, tx.now
    tx.session.flush()
    _keep_terms(tx, change, cover, edition, transaction)
    goes_to_card = cover.payment_method == "card" and change.gross < 0
    if goes_to_card:
        give_back(tx, cover, -change.gross, transaction.id, "return_early")
    vehicle = insures_vehicle(edition, quote.facts)
    tx.record(cover_changed(cover.id, change.id, transaction.id, refunds=goes_to_card, vehicle=vehicle))
    tx.session.flush()


def _take(
    tx: Work, change: CoverChange, cover: Cover, edition: LoadedEdition, history: History, quote: Quote
) -> None:  # fmt: skip
    """What the cover holds from now on: the object for longer or less long, more or less at risk."""
    facts = history.segments[-1].facts
    running = {name for name in _insured(quote, change) if edition.rules.sections[name].period == "term"}
    # The member before the object, as a bind locks them: else the two could wait for each other.
    covers.lock_member(tx.session, tx.tenant_id, cover.policyholder_id)
    if quote.object_key is not None:
        covers.lock_object(tx.session, tx.tenant_id, quote.object_key)
    if change.kind == "extend":
        longer = dict.fromkeys(running, Period(cover.ends_at, change.ends_at))
        hold_object(tx, cover, edition.rules, longer)
        hold_amounts(tx, cover, edition, facts, longer)
    elif change.kind == "raise":
        rest = dict.fromkeys(running, Period(change.starts_at, change.ends_at))
        hold_amounts(tx, cover, edition, change.facts, rest, held_already=facts)
    else:
        covers.end_hold(tx.session, cover.id, change.ends_at)
    if cover.next_due_at == cover.ends_at:
        cover.next_due_at = change.ends_at
    cover.ends_at = change.ends_at


def _insured(quote: Quote, change: CoverChange) -> set[str]:
    """The sections that the cover has from now on: a raise may bring one in."""
    prices: tuple[dict[str, Any] | None, ...] = (quote.price, change.price)
    return {line["name"] for price in prices for line in (price or {"sections": []})["sections"]}


def _keep_sums(cover: Cover, total: Premium) -> None:
    cover.net, cover.surcharges, cover.tax = total.net, total.surcharge_total, total.tax_total
    cover.fees, cover.gross = total.fee_total, total.gross


def _keep_terms(
    tx: Work, change: CoverChange, cover: Cover, edition: LoadedEdition, transaction: Transaction
) -> None:  # fmt: skip
    """The terms as they stand from the change on, section by section."""
    nets = booking.paid_so_far(tx, cover).nets
    term = Period(cover.starts_at, cover.ends_at)
    before = {one.section: one for one in covers.terms_of(tx.session, [cover.id])}
    kept = []
    for name, net in nets.items():
        section = edition.rules.sections[name]
        # What covers from the booking until the start did so, or does, whatever becomes of the term.
        old = before.get(name)
        window = (
            # A section that a change brings in covers from then on: the past is never insured afterwards.
            Period(old.starts_at if old else transaction.effective_at, term.end)
            if section.period == "term"
            else Period(old.starts_at, old.ends_at)
            if old
            else window_of(section, term, tx.now)
        )
        if window is not None:
            kept.append(section_terms(edition, name, change.facts, window, net))
    booking.keep_terms(tx, transaction, kept)
