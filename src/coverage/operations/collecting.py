"""Collecting: what members pay by card, and what goes back to their cards.

Whatever happened at the processor is looked up there and noted once: after an event, when a hold is over, after a crash.
So events may come twice, late and in any order, and whoever comes second finds nothing to do. No call to the processor is
ever made inside a transaction.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final

from coverage.domain.cover import next_turn
from coverage.domain.facts import (
    change_abandoned,
    cover_lapsed,
    dispute_closed,
    payment_disputed,
    payment_failed,
    payment_returned,
    refund_failed,
    refund_sent,
)
from coverage.domain.faults import Fault, Missing, Rejected, Unavailable
from coverage.domain.ids import names
from coverage.domain.journal import CARD_BALANCE, DISPUTED, RECEIVABLE, REFUNDS, Transfer
from coverage.domain.payment import Dispute, Intent, Order, Refunded, RefundOrder
from coverage.domain.period import Period
from coverage.domain.tenant import Caller, Mode, Tenant
from coverage.operations.changing import confirm_paid
from coverage.operations.house import House, Work
from coverage.operations.invoicing import hear_of_bill
from coverage.operations.issuing import issue_paid
from coverage.operations.owing import post, refund
from coverage.operations.ports import Payments
from coverage.storage import changes, covers, members, payments
from coverage.storage.covers import Cover
from coverage.storage.identity import new_id
from coverage.storage.payments import CardDispute, Payment, Refund

log = logging.getLogger("coverage.collecting")

# Who acts when the processor tells of something.
ACTOR: Final = "card_processor"


def processor_of(house: House, tenant: Tenant) -> Payments:
    """The card processor's account of the tenant's mode; raises `Rejected` where none is configured."""
    found = house.payments.get(tenant.mode)
    if found is None:
        raise Rejected("card_unavailable", f"no card processor is configured for {tenant.mode} mode; expected invoice")
    return found


def client_secret_of_cover(house: House, caller: Caller, cover_id: str) -> str | None:
    """What a member's browser pays a cover with while it waits for that; None otherwise, or where the processor is away."""
    if not names("cover", cover_id):
        return None
    with house.transaction(caller) as tx:
        waiting = [one.id for one in payments.of_covers(tx.session, [cover_id]) if _is_waited_for(tx, one, None)]
    return _client_secret(house, caller, waiting[0]) if waiting else None


def client_secret_of_change(house: House, caller: Caller, change_id: str) -> str | None:
    """What a member's browser pays a change with while it waits for that."""
    if not names("change", change_id):
        return None
    with house.transaction(caller) as tx:
        payment = payments.of_change(tx.session, change_id)
        waits = payment is not None and _is_waited_for(tx, payment, change_id)
    return _client_secret(house, caller, payment.id) if payment is not None and waits else None


def _is_waited_for(tx: Work, payment: Payment, change_id: str | None) -> bool:
    return payment.state == "pending" and payment.change_id == change_id and tx.now < payment.hold_until


def _client_secret(house: House, caller: Caller, payment_id: str) -> str | None:
    try:
        intent = settle_payment(house, caller, payment_id)
    except Unavailable:
        # What is asked for is the cover; without the secret it is told all the same.
        return None
    except Rejected as fault:
        # Refused for good, nobody pays until somebody looks.
        log.error("%s can't be paid for now: %s", payment_id, fault.detail)
        return None
    return intent.client_secret if intent is not None and intent.state == "open" else None


def settle_payments(house: House, caller: Caller, cover_id: str) -> None:
    """Asks for the cover's payments where nobody did, notes what became of them, and gives up what wasn't paid in time."""
    with house.transaction(caller) as tx:
        waiting = [one.id for one in payments.of_covers(tx.session, [cover_id]) if one.state == "pending"]
    for payment_id in waiting:
        intent = settle_payment(house, caller, payment_id)
        if intent is not None and intent.state == "processing" and _is_over(house, caller, payment_id):
            raise Unavailable("payment_processing", "the processor doesn't know yet whether it was paid")


def settle_payment(house: House, caller: Caller, payment_id: str, told_of: str | None = None) -> Intent | None:
    """Notes what became of a payment; answers its intent as it is then. None where it was paid before.

    `told_of` is an intent that the processor spoke of. One that was paid besides the payment's own goes back.
    """
    processor = processor_of(house, caller.tenant)
    with house.transaction(caller) as tx:
        payment = _find(tx, payment_id)
        over, intent_id, checkout_id = tx.now >= payment.hold_until, payment.intent_id, payment.checkout_id
        settled, order = payment.state == "succeeded", _order(tx, payment)
    if settled:
        if told_of not in (None, intent_id):
            _note_second(house, caller, payment_id, processor.look(told_of or ""))
        return None
    if checkout_id is not None:
        page = processor.close_checkout(checkout_id) if over else processor.look_at_checkout(checkout_id)
        if intent_id not in (None, page.intent_id):
            # Asked for before the page was opened, as for the partner's own app: nobody is to pay on both.
            before = processor.give_up(intent_id or "")
            if before.state != "cancelled":
                with house.transaction(caller) as tx:
                    _note(tx, payment_id, before, checkout_id)
                return before
            _forget_intent(house, caller, payment_id, before.id)
        intent = processor.look(page.intent_id) if page.intent_id is not None else None
        if intent is None or (intent.state == "open" and over):
            # On a page that is closed nobody pays any more, whatever is left of what was begun there.
            if not page.open:
                _give_up_unpaid(house, caller, payment_id)
            return intent
    else:
        intent = processor.look(intent_id) if intent_id is not None else processor.ask(order)
        if intent.state == "open" and over:
            intent = processor.give_up(intent.id)
    with house.transaction(caller) as tx:
        _note(tx, payment_id, intent, checkout_id)
        given_up = _find(tx, payment_id).state == "cancelled"
    if given_up and intent.state == "open":
        # Its time was over while it was asked for.
        intent = processor.give_up(intent.id)
        with house.transaction(caller) as tx:
            _note(tx, payment_id, intent, checkout_id)
    return intent


def open_checkout(house: House, caller: Caller, cover_id: str, *, paid_url: str, back_url: str) -> str | None:
    """The address of the processor's page on which the cover's member pays; None where nothing waits to be paid.

    An intent that was asked for before is given up, so that nobody pays on both. The page is noted before that: whoever
    meets the cancelled intent then knows that it was only replaced.
    """
    processor = processor_of(house, caller.tenant)
    settle_payments(house, caller, cover_id)
    with house.transaction(caller) as tx:
        waiting = [one for one in payments.of_covers(tx.session, [cover_id]) if one.state == "pending"]
        if not waiting or tx.now >= waiting[0].hold_until:
            return None
        payment = waiting[0]
        order = _order(tx, payment)
        until = tx.wall + (payment.hold_until - tx.now)
    page = processor.open_checkout(order, paid_url=paid_url, back_url=back_url, until=until)
    with house.transaction(caller) as tx:
        row = _lock(tx, payment.id)
        if row.state == "pending":
            row.checkout_id = page.id
    intent = settle_payment(house, caller, payment.id)
    with house.transaction(caller) as tx:
        settled = _find(tx, payment.id).state != "pending"
    if settled:
        # It was paid or given up while the page was made: nobody is to pay on it too.
        if page.open:
            processor.close_checkout(page.id)
        return None
    still_waits = intent is None or intent.state == "open"
    return page.url if page.open and still_waits else None


def send_refunds(house: House, caller: Caller, cover_id: str) -> None:
    """Sends what is to go back of the cover's payments. Sent twice, it goes back once."""
    with house.transaction(caller) as tx:
        waiting = [one.id for one in payments.refunds_of(tx.session, [cover_id]) if one.state == "pending"]
    faults: list[Fault] = []
    for refund_id in waiting:
        # One that can't go now holds up none of the others.
        try:
            _send_refund(house, caller, refund_id)
        except (Unavailable, Rejected) as fault:
            faults.append(fault)
    if faults:
        raise faults[0]


def hear(house: House, mode: Mode, body: bytes, signature: str) -> None:
    """Acts on an event of the processor's, its signature verified.

    Raises `Rejected` for a signature that doesn't hold, `Unavailable` where the event should be sent again.
    """
    processor = house.payments.get(mode)
    if processor is None:
        raise Missing("unknown_account", f"no card processor is configured for {mode} mode")
    heard = processor.hear(body, signature)
    match heard.kind:
        case "payment":
            intent = None if names("payment", heard.payment_id) else processor.look(heard.subject)
            tenant_id = intent.tenant_id if intent else heard.tenant_id
            payment_id = intent.payment_id if intent else heard.payment_id
            if (caller := _caller(tenant_id, mode)) and names("payment", payment_id):
                _settle_known(house, caller, payment_id, heard.subject)
        case "dispute":
            dispute = processor.look_at_dispute(heard.subject)
            # An inquiry moves nothing. What was charged without an intent is another's on the same account.
            asks = dispute.state == "inquiry"
            intent = processor.look(dispute.intent_id) if dispute.intent_id and not asks else None
            if intent and (caller := _caller(intent.tenant_id, mode)) and names("payment", intent.payment_id):
                _dispute_known(house, caller, intent.payment_id, dispute)
        case "invoice":
            # One that doesn't say whose it is is found by the worker, which looks at all that were sent.
            if caller := _caller(heard.tenant_id, mode):
                hear_of_bill(house, caller, heard.subject)
        case "refund":
            refunded = processor.look_at_refund(heard.subject)
            if (caller := _caller(refunded.tenant_id, mode)) and names("refund", refunded.refund_id):
                _refund_known(house, caller, refunded)
        case "other":
            log.info("heard %s of %s", heard.kind, heard.id)


# ----------------------------------------------------------------------------------------- inside


def _caller(tenant_id: str, mode: Mode) -> Caller | None:
    """Who acts for the tenant that an event names; None for what isn't ours, or of the other mode."""
    try:
        tenant = Tenant.of(tenant_id)
    except ValueError:
        return None
    return Caller(tenant, ACTOR) if tenant.mode == mode else None


def _settle_known(house: House, caller: Caller, payment_id: str, told_of: str) -> None:
    try:
        settle_payment(house, caller, payment_id, told_of)
    except Missing:
        # Another installation on the same account has it, or a database that was thrown away had.
        log.warning("heard of a payment that isn't here: %s", payment_id)


def _dispute_known(house: House, caller: Caller, payment_id: str, dispute: Dispute) -> None:
    try:
        with house.transaction(caller) as tx:
            _note_dispute(tx, payment_id, dispute)
    except Missing:
        log.warning("heard of a dispute of a payment that isn't here: %s", payment_id)


def _refund_known(house: House, caller: Caller, refunded: Refunded) -> None:
    try:
        with house.transaction(caller) as tx:
            note_refund(tx, refunded.refund_id, refunded)
    except Missing:
        log.warning("heard of a refund that isn't here: %s", refunded.refund_id)


def _is_over(house: House, caller: Caller, payment_id: str) -> bool:
    with house.transaction(caller) as tx:
        return tx.now >= _find(tx, payment_id).hold_until


def _find(tx: Work, payment_id: str) -> Payment:
    found = payments.find(tx.session, tx.tenant_id, payment_id)
    if found is None:
        raise Missing("unknown_payment", "there is no payment of that id")
    return found


def _lock(tx: Work, payment_id: str) -> Payment:
    found = payments.lock(tx.session, tx.tenant_id, payment_id)
    if found is None:
        raise Missing("unknown_payment", "there is no payment of that id")
    return found


def _order(tx: Work, payment: Payment) -> Order:
    cover = covers.find(tx.session, tx.tenant_id, payment.cover_id)
    if cover is None:
        raise AssertionError("a payment is for a cover")
    member = members.find(tx.session, tx.tenant_id, cover.policyholder_id)
    personal = tx.unseal_json(member.id, member.sealed, f"members/{member.id}") if member else {}
    return Order(
        tx.tenant_id, payment.id, cover.id, cover.number, payment.amount, payment.currency, personal.get("email"),
        payment.created_at,
    )  # fmt: skip


def _lock_cover(tx: Work, cover_id: str) -> Cover:
    """Everyone locks the cover before its payments: two who settle come one after the other."""
    cover = covers.lock(tx.session, tx.tenant_id, cover_id)
    if cover is None:
        raise AssertionError("a payment is for a cover")
    return cover


def _note(tx: Work, payment_id: str, intent: Intent, checkout_id: str | None) -> None:
    """Notes what an intent has come to; `checkout_id` is the page that the payment had when it was looked at."""
    cover = _lock_cover(tx, _find(tx, payment_id).cover_id)
    payment = _lock(tx, payment_id)
    tx.look_at_clock()
    if (intent.amount, intent.currency) != (payment.amount, payment.currency) or intent.payment_id != payment.id:
        raise AssertionError(f"{intent.id} isn't the intent that {payment.id} asked for")
    if payment.state == "succeeded":
        return
    if payment.state == "pending":
        payment.intent_id = intent.id
        if intent.declined and intent.declined != payment.declined:
            tx.record(payment_failed(cover.id, payment.id, intent.declined))
        payment.declined = intent.declined
    if intent.state == "succeeded":
        _paid(tx, cover, payment, intent)
    elif intent.state == "cancelled" and payment.state == "pending" and payment.checkout_id == checkout_id:
        _given_up(tx, cover, payment)
    tx.session.flush()


def _paid(tx: Work, cover: Cover, payment: Payment, intent: Intent) -> None:
    """The money has come. It buys what waited for it, or goes back where nothing waits any more."""
    payment.intent_id, payment.charge_id = intent.id, intent.charge_id
    payment.state, payment.settled_at = "succeeded", tx.now
    post(tx, payment.id, Transfer(CARD_BALANCE, RECEIVABLE["card"], payment.amount, payment.currency))
    if payment.change_id is not None:
        _waits_no_more(cover, payment)
    if payment.change_id is None and cover.state == "awaiting_payment":
        issue_paid(tx, cover, _paid_at(tx, cover, payment, intent))
    elif payment.change_id is not None and confirm_paid(
        tx, cover, payment.change_id, _paid_at(tx, cover, payment, intent)
    ):
        return
    else:
        back = refund(tx, payment, payment.amount, None, "late_payment")
        tx.record(payment_returned(cover.id, payment.id, back.id))


def _paid_at(tx: Work, cover: Cover, payment: Payment, intent: Intent) -> datetime:
    """When the member paid, by the tenant's clock, which may be ahead of the processor's: within the time there was for it."""
    ahead = tx.now - tx.wall
    told = tx.now if intent.paid_at is None else intent.paid_at + ahead
    return max(min(told, tx.now, payment.hold_until), cover.created_at)


def _note_second(house: House, caller: Caller, payment_id: str, intent: Intent) -> None:
    """A second intent of one payment was paid, as where a member had two pages open. It buys nothing and goes back."""
    if intent.state != "succeeded" or intent.payment_id != payment_id:
        return
    with house.transaction(caller) as tx:
        cover = _lock_cover(tx, _find(tx, payment_id).cover_id)
        if payments.of_intent(tx.session, intent.id) is not None:
            return
        second = Payment(
            tenant_id=tx.tenant_id, id=new_id("payment"), cover_id=cover.id, change_id=None, amount=intent.amount,
            currency=intent.currency, state="succeeded", refunded=0, hold_until=tx.now, intent_id=intent.id,
            checkout_id=None, charge_id=intent.charge_id, declined=None, created_at=tx.wall, settled_at=tx.now,
        )  # fmt: skip
        tx.session.add(second)
        tx.session.flush()
        post(tx, second.id, Transfer(CARD_BALANCE, RECEIVABLE["card"], second.amount, second.currency))
        back = refund(tx, second, second.amount, None, "late_payment")
        tx.record(payment_returned(cover.id, second.id, back.id))


def _waits_no_more(cover: Cover, payment: Payment) -> None:
    """A change of the cover is settled: the clock next changes the cover itself."""
    period = Period(cover.starts_at, cover.ends_at)
    if cover.next_due_at == payment.hold_until and cover.next_due_at not in (period.start, period.end):
        cover.next_due_at = next_turn(period, payment.hold_until)


def _given_up(tx: Work, cover: Cover, payment: Payment) -> None:
    """Nobody paid, and nobody can any more."""
    payment.state, payment.settled_at = "cancelled", tx.now
    if payment.change_id is not None:
        _waits_no_more(cover, payment)
        change = changes.lock(tx.session, tx.tenant_id, payment.change_id)
        if change is not None and change.state == "awaiting_payment":
            change.state = "abandoned"
            tx.record(change_abandoned(cover.id, change.id))
    elif cover.state == "awaiting_payment":
        cover.state, cover.next_due_at = "lapsed", None
        covers.let_go(tx.session, cover.id, "lapsed")
        tx.record(cover_lapsed(cover.id))


def _forget_intent(house: House, caller: Caller, payment_id: str, intent_id: str) -> None:
    """The payment is on a page now, and what was asked for before is given up."""
    with house.transaction(caller) as tx:
        payment = _lock(tx, payment_id)
        if payment.state == "pending" and payment.intent_id == intent_id:
            payment.intent_id = None


def _give_up_unpaid(house: House, caller: Caller, payment_id: str) -> None:
    """A payment that nobody can have made is given up, once the time for it is over."""
    with house.transaction(caller) as tx:
        cover = _lock_cover(tx, _find(tx, payment_id).cover_id)
        payment = _lock(tx, payment_id)
        tx.look_at_clock()
        if payment.state == "pending" and tx.now >= payment.hold_until:
            _given_up(tx, cover, payment)


def _send_refund(house: House, caller: Caller, refund_id: str) -> None:
    with house.transaction(caller) as tx:
        found = payments.lock_refund(tx.session, tx.tenant_id, refund_id)
        payment = payments.find(tx.session, tx.tenant_id, found.payment_id) if found else None
        if found is None or payment is None or payment.intent_id is None:
            raise AssertionError("a refund is of a payment that was made")
        order = RefundOrder(tx.tenant_id, found.id, payment.intent_id, found.amount)
    sent = processor_of(house, caller.tenant).refund(order)
    with house.transaction(caller) as tx:
        note_refund(tx, refund_id, sent)
    if sent.state == "pending":
        # It stays owed, and the job is tried again; one that never goes through is set aside for an operator.
        raise Unavailable("refund_pending", f"the processor says of {refund_id} that it is pending")


def note_refund(tx: Work, refund_id: str, sent: Refunded) -> Refund:
    """Notes what a refund has come to. One that fails, be it days after it was sent, is owed still: nothing of it is at the
    card, and an operator transfers it (`operations/refunding`). Raises `Missing`.
    """
    known = payments.find_refund(tx.session, tx.tenant_id, refund_id)
    if known is None:
        raise Missing("unknown_refund", "there is no refund of that id")
    _lock_cover(tx, known.cover_id)
    payment = _lock(tx, known.payment_id)
    row = payments.lock_refund(tx.session, tx.tenant_id, refund_id)
    if row is None or row.state == "transferred":
        return known
    tx.look_at_clock()
    row.processor_id = sent.id
    sending = Transfer(REFUNDS, CARD_BALANCE, row.amount, row.currency)
    given_up = row.state == "failed" and row.settled_at is None
    if sent.state == "succeeded" and (row.state == "pending" or given_up):
        if given_up:
            # An operator gave it up, and it went through all the same.
            row.failed_at = None
            payment.refunded += row.amount
        row.state, row.settled_at = "succeeded", tx.now
        post(tx, row.id, sending)
        tx.record(refund_sent(row.cover_id, row.id))
    elif sent.state == "failed" and row.state != "failed":
        if row.state == "succeeded":
            post(tx, row.id, sending.reversed)
        row.state, row.failed_at = "failed", tx.now
        payment.refunded -= row.amount
        tx.record(refund_failed(row.cover_id, row.id))
    tx.session.flush()
    return row


def _note_dispute(tx: Work, payment_id: str, dispute: Dispute) -> None:
    """Money that the bank took back for the card's holder is owed again, until the bank decides. The cover stands."""
    # A second intent names the payment that it was made for, and is one of its own here.
    payment = payments.of_intent(tx.session, dispute.intent_id) or _find(tx, payment_id)
    cover = _lock_cover(tx, payment.cover_id)
    tx.look_at_clock()
    row = payments.dispute_named(tx.session, dispute.id)
    if row is None:
        row = CardDispute(
            tenant_id=tx.tenant_id, id=new_id("dispute"), payment_id=payment.id, processor_id=dispute.id,
            amount=dispute.amount, currency=dispute.currency, state="open", created_at=tx.now, settled_at=None,
        )  # fmt: skip
        tx.session.add(row)
        post(tx, row.id, Transfer(DISPUTED, CARD_BALANCE, dispute.amount, dispute.currency))
        tx.record(payment_disputed(cover.id, row.id))
    # One that was lost may still be won, by an appeal or where the holder takes it back.
    if dispute.state in ("won", "lost") and row.state != dispute.state and row.state != "won":
        row.state, row.settled_at = dispute.state, tx.now
        if dispute.state == "won":
            post(tx, row.id, Transfer(CARD_BALANCE, DISPUTED, row.amount, row.currency))
        tx.record(dispute_closed(cover.id, row.id, dispute.state))
    tx.session.flush()
    # One dispute that was won leaves the others of the cover as they are.
    state = "payment_disputed" if payments.is_disputed(tx.session, cover.id) else "issued"
    if cover.state in ("issued", "payment_disputed") and cover.state != state:
        cover.state = state
        covers.mark_held(tx.session, cover.id, state)
        tx.session.flush()
