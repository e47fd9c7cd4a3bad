"""Owing: what a member is to pay by card, and what is to go back to the card. Nothing here asks the processor."""

from __future__ import annotations

from datetime import datetime

from coverage.domain.faults import Detail, Rejected
from coverage.domain.journal import RECEIVABLE, REFUNDS, Transfer
from coverage.domain.money import Money
from coverage.domain.payment import LEAST_CHARGE
from coverage.operations.house import Work
from coverage.storage import journal, payments
from coverage.storage.covers import Cover
from coverage.storage.identity import new_id
from coverage.storage.payments import Payment, Refund


def new_payment(tx: Work, cover: Cover, amount: int, hold_until: datetime, change_id: str | None = None) -> Payment:
    """A payment by card that is waited for until an instant of the tenant's clock.

    Raises `Rejected` for an amount that is too small for a card.
    """
    least = Money(LEAST_CHARGE[cover.currency], cover.currency)
    if amount < least.amount:
        words = f"{Money(amount, cover.currency)} is too little for a card"
        if change_id is not None:
            # A change is paid for as its cover was: its confirmation names no method.
            raise Rejected("amount_too_small", f"{words}, which is charged {least} at least; ask for more at once")
        detail = Detail("/payment/method", f"a card is charged {least} at least; expected invoice", "invalid_value")
        raise Rejected("amount_too_small", words, errors=(detail,))
    payment = Payment(
        tenant_id=tx.tenant_id, id=new_id("payment"), cover_id=cover.id, change_id=change_id, amount=amount,
        currency=cover.currency, state="pending", refunded=0, hold_until=hold_until, intent_id=None, checkout_id=None,
        charge_id=None, declined=None, created_at=tx.wall, settled_at=None,
    )  # fmt: skip
    tx.session.add(payment)
    tx.session.flush()
    return payment


def give_back(tx: Work, cover: Cover, amount: int, transaction_id: str, reason: str) -> None:
    """Notes that `amount` of what was paid by card goes back, of the last payment first. `cover` is locked.

    Raises AssertionError where that is more than was paid: it is never sent.
    """
    for payment in payments.lock_of_cover(tx.session, cover.id):
        part = min(amount, payment.amount - payment.refunded) if payment.state == "succeeded" else 0
        if part:
            refund(tx, payment, part, transaction_id, reason)
            amount -= part
    if amount:
        raise AssertionError(f"{cover.id} would give back {amount} more than was paid for it")


def refund(tx: Work, payment: Payment, amount: int, transaction_id: str | None, reason: str) -> Refund:
    """Notes that an amount of a payment goes back; the database refuses more than was paid."""
    made = Refund(
        tenant_id=tx.tenant_id, id=new_id("refund"), payment_id=payment.id, cover_id=payment.cover_id,
        transaction_id=transaction_id, amount=amount, currency=payment.currency, reason=reason, state="pending",
        processor_id=None, created_at=tx.now, settled_at=None, failed_at=None, bank_reference=None,
    )  # fmt: skip
    payment.refunded += amount
    tx.session.add(made)
    post(tx, made.id, Transfer(RECEIVABLE["card"], REFUNDS, amount, payment.currency))
    tx.session.flush()
    return made


def post(tx: Work, cause: str, transfer: Transfer) -> None:
    """Posts what moved for a cause that is no transaction."""
    journal.append(tx.session, tx.tenant_id, cause, [transfer], now=tx.now, wall=tx.wall)
