"""Invoicing: a month of a partner's own days, closed once, with what was booked on invoice until its end.

Months follow each other. What is committed late, after its month was closed, stands on the next one's invoice; each
transaction stands on exactly one. Months, numbers and lines are written in one transaction under one lock, so that whoever
is killed leaves all of it undone. No call to the processor is ever made inside a transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from coverage.domain.facts import invoice_issued, invoice_paid
from coverage.domain.faults import Conflict, Detail, Missing, Rejected, Unavailable
from coverage.domain.ids import names
from coverage.domain.journal import BANK, CARD_BALANCE, RECEIVABLE, Transfer
from coverage.domain.money import Money
from coverage.domain.payment import Bill, BillLine, BillSent
from coverage.domain.period import day_begins, local_day
from coverage.domain.tenant import Caller, Tenant
from coverage.operations.house import House, Work
from coverage.operations.owing import post
from coverage.operations.taking_turns import for_each
from coverage.storage import invoices, partners
from coverage.storage.identity import new_id
from coverage.storage.invoices import Invoice, InvoiceLine, MonthClosed, Uninvoiced
from coverage.storage.partners import Partner
from coverage.storage.tenancy import Database, turn_to

log = logging.getLogger("coverage.invoicing")

# Who acts when a month is over.
ACTOR: Final = "clock"
# What French law gives who agreed on nothing else: thirty days (Code de commerce art. L441-10, I).
DAYS_UNTIL_DUE: Final = 30


def close_all_due(house: House, queue: Database) -> int:
    """Closes a month for each tenant whose last one is over and open; answers how many months that were.

    `queue` is the same database in the worker's role. A tenant that fails doesn't hold up the others.
    """
    with queue.outside() as session:
        tenants = invoices.tenants_to_invoice(session, house.wall())
    return for_each(tenants, lambda tenant: close_next_month(house, Caller(tenant, ACTOR)) is not None, "a month", log)


def close_next_month(
    house: House, caller: Caller, until: date | None = None, *, early: bool = False
) -> date | None:  # fmt: skip
    """Closes the first month that is over and open, up to the month `until` (its first day) or the last that is over.

    Answers the month; None where all of them are closed. `early`, the month that runs is closed too, as for a partner who
    leaves: what is booked in it later stands on the next one's invoice. Raises `Conflict` ("month_not_over") for an `until`
    to come.
    """
    with house.transaction(caller) as tx:
        return _close_one(tx, until, early=early)


def close_early(tx: Work) -> None:
    """Closes every month until now, the one that runs too."""
    while _close_one(tx, None, early=True) is not None:
        pass


def invoices_of_month(tx: Work, month: date) -> list[Invoice]:
    """The invoices of a month, one for each currency."""
    return invoices.of_month(tx.session, month)


def find_invoice(tx: Work, invoice_id: str) -> Invoice:
    """The invoice of that id; raises `Missing`."""
    found = invoices.find(tx.session, tx.tenant_id, invoice_id) if names("invoice", invoice_id) else None
    if found is None:
        raise Missing("unknown_invoice", "there is no invoice of that id")
    return found


def is_tenant(house: House, tenant: Tenant) -> bool:
    """Whether there is such a partner in that mode."""
    with house.database.transaction(tenant) as session:
        return tenant.id in partners.tenant_ids(session)


def currency_of(tx: Work, number: str) -> str:
    """The currency of the invoice of that number; raises `Missing`."""
    return _numbered(tx, number).currency


def tenants_of_number(queue: Database, number: str) -> list[Tenant]:
    """Whose invoice has that number. Series differ by partner and mode, by chance alone two may be the same."""
    with queue.outside() as session:
        found = []
        for tenant_id in partners.tenant_ids(session):
            turn_to(session, tenant_id)
            if invoices.numbered(session, number) is not None:
                found.append(Tenant.of(tenant_id))
        return found


# ------------------------------------------------------------------------------------------ sent, paid


def send_invoice(house: House, caller: Caller, invoice_id: str) -> None:
    """Sends an invoice through the card processor where there is one and the partner takes invoices by email.

    Sent twice, it is one. Without, it is paid by bank transfer; so is what is given back.
    """
    processor = house.payments.get(caller.tenant.mode)
    if processor is None:
        return
    with house.transaction(caller) as tx:
        invoice = find_invoice(tx, invoice_id)
        partner = partners.partner_of(tx.session, tx.tenant.partner_id)
        if invoice.state != "open" or invoice.total <= 0 or invoice.processor_id or not partner.billing_email:
            return
        bill = _bill(tx, invoice, partner, partner.billing_email)
    sent = processor.send_bill(bill)
    with house.transaction(caller) as tx:
        row = _lock(tx, invoice_id)
        row.processor_id, row.processor_url = sent.id, sent.url
        _note_bill(tx, row, sent)


def look_at_invoice(house: House, caller: Caller, invoice_id: str) -> None:
    """Notes what became of an invoice that was sent through the processor."""
    processor = house.payments.get(caller.tenant.mode)
    with house.transaction(caller) as tx:
        invoice = find_invoice(tx, invoice_id)
        if processor is None or invoice.processor_id is None or invoice.state != "open":
            return
        processor_id = invoice.processor_id
    found = processor.look_at_bill(processor_id)
    with house.transaction(caller) as tx:
        _note_bill(tx, _lock(tx, invoice_id), found)


def hear_of_bill(house: House, caller: Caller, processor_id: str) -> None:
    """Looks at the invoice that the processor calls so, if it is the tenant's."""
    with house.transaction(caller) as tx:
        found = invoices.sent_as(tx.session, processor_id)
    if found is not None:
        look_at_invoice(house, caller, found.id)


def look_at_sent(house: House, queue: Database) -> None:
    """Looks at every invoice that was sent and isn't paid yet: an event of the processor's may be lost."""
    if not house.payments:
        return
    waiting: list[tuple[Tenant, str]] = []
    with queue.outside() as session:
        for tenant_id in partners.tenant_ids(session):
            turn_to(session, tenant_id)
            waiting += [(Tenant.of(tenant_id), found) for found in invoices.sent_and_open(session)]
    for tenant, invoice_id in waiting:
        try:
            look_at_invoice(house, Caller(tenant, "card_processor"), invoice_id)
        except Rejected as fault:
            log.warning("%s couldn't be looked at: %s", invoice_id, fault.detail)
        except Unavailable as fault:
            # Each of the others would wait as long. They are looked at when the processor is back.
            log.warning("invoices couldn't be looked at: %s", fault.detail)
            return


def pay_invoice(tx: Work, number: str, amount: int, reference: str) -> Invoice:
    """Notes that an invoice was paid by bank transfer, or what it gives back sent so. Noted again, it is noted once.

    Raises `Missing`, `Conflict` where it was paid otherwise, `Rejected` for another amount than its total.
    """
    invoice = _lock(tx, _numbered(tx, number).id)
    if invoice.state == "paid" and invoice.paid_by == reference and amount == invoice.total:
        return invoice
    if invoice.state != "open":
        raise Conflict("invoice_not_open", f"{number} is {invoice.state} already, by {invoice.paid_by}")
    if amount != invoice.total:
        expected = Money(invoice.total, invoice.currency)
        found_amount = Money(amount, invoice.currency)
        detail = Detail("--amount", f"{found_amount}; expected {expected}, all of it", "invalid_value")
        raise Rejected("wrong_amount", f"{number} comes to {expected}, not {found_amount}", errors=(detail,))
    _paid(tx, invoice, BANK, reference)
    return invoice


# ------------------------------------------------------------------------------------------ inside


def _before(month: date) -> date:
    return (month - timedelta(days=1)).replace(day=1)


def _after(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def _close_one(tx: Work, until: date | None, *, early: bool) -> date | None:
    invoices.lock_closing(tx.session, tx.tenant_id)
    # Waiting for the lock takes time, and others close while we wait.
    tx.look_at_clock()
    partner = partners.partner_of(tx.session, tx.tenant.partner_id)
    running = local_day(tx.now, partner.timezone).replace(day=1)
    last = running if early else _before(running)
    if until is not None and until > last:
        words = f"{until:%Y-%m} isn't over by the partner's days; the last month that can be closed is {last:%Y-%m}"
        raise Conflict("month_not_over", words)
    until = until or last
    month = _first_open(tx, partner, until)
    if month > until:
        return None
    _close(tx, partner, month)
    return month


def _first_open(tx: Work, partner: Partner, until: date) -> date:
    """The month after the last that is closed; before any is, the month of the first transaction."""
    closed = invoices.last_closed(tx.session)
    if closed is not None:
        return _after(closed)
    first = invoices.first_booked(tx.session)
    return min(until, local_day(first, partner.timezone).replace(day=1)) if first else until


def _close(tx: Work, partner: Partner, month: date) -> None:
    ends_at = day_begins(_after(month), ZoneInfo(partner.timezone))
    by_currency: dict[str, list[Uninvoiced]] = {}
    for one in invoices.not_invoiced(tx.session, ends_at):
        by_currency.setdefault(one.currency, []).append(one)
    for currency, lines in sorted(by_currency.items()):
        _issue(tx, partner, month, currency, lines)
    tx.session.add(MonthClosed(tenant_id=tx.tenant_id, month=month, closed_at=tx.now))
    tx.session.flush()


def _issue(tx: Work, partner: Partner, month: date, currency: str, lines: Sequence[Uninvoiced]) -> None:
    total = sum(line.gross for line in lines)
    invoice = Invoice(
        tenant_id=tx.tenant_id, id=new_id("invoice"), number=_next_number(tx, partner), month=month, currency=currency,
        total=total, state="open" if total else "paid", processor_id=None, processor_url=None,
        due_at=_due_at(tx.now, partner), paid_at=None if total else tx.now, paid_by=None, created_at=tx.now,
    )  # fmt: skip
    tx.session.add(invoice)
    tx.session.flush()
    tx.session.execute(
        insert(InvoiceLine),
        [
            {
                "tenant_id": tx.tenant_id, "id": new_id("invoice_line"), "invoice_id": invoice.id, "position": position,
                "transaction_id": line.transaction_id, "amount": line.gross,
            }
            for position, line in enumerate(lines, start=1)
        ],
    )  # fmt: skip
    tx.record(invoice_issued(invoice.id, f"{month:%Y-%m}"))


def _due_at(now: datetime, partner: Partner) -> datetime:
    """The end of the last day on which it is paid in time."""
    last = local_day(now, partner.timezone) + timedelta(days=DAYS_UNTIL_DUE)
    return day_begins(last + timedelta(days=1), ZoneInfo(partner.timezone))


def _next_number(tx: Work, partner: Partner) -> str:
    """The next number of the partner's series of the year in which the invoice is issued, without a gap.

    "Un numéro unique basé sur une séquence chronologique et continue", in series of their own where there is reason (Code
    général des impôts, annexe II, art. 242 nonies A, I, 7°): here one for each partner, mode and year.
    """
    kind = "F" if tx.tenant.livemode else "T"
    series = f"{kind}{partner.id[-4:].upper()}-{local_day(tx.now, partner.timezone).year}-"
    return f"{series}{invoices.last_number(tx.session, series) + 1:06}"


def _numbered(tx: Work, number: str) -> Invoice:
    found = invoices.numbered(tx.session, number)
    if found is None:
        raise Missing("unknown_invoice", f"there is no invoice {number}")
    return found


def _lock(tx: Work, invoice_id: str) -> Invoice:
    found = invoices.lock(tx.session, tx.tenant_id, invoice_id)
    if found is None:
        raise AssertionError("an invoice is never removed")
    return found


def _bill(tx: Work, invoice: Invoice, partner: Partner, email: str) -> Bill:
    """The invoice for the processor: a line for each product and kind of transaction. Each by itself stands in the CSV."""
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for one in invoices.invoiced(tx.session, invoice.id):
        key = (one.cover.product, one.transaction.premium_type)
        count, amount = sums.get(key, (0, 0))
        sums[key] = (count + 1, amount + one.transaction.gross)
    lines = tuple(
        BillLine(f"{product.replace('_', ' ')}, {kind} × {count}", amount)
        for (product, kind), (count, amount) in sorted(sums.items())
    )
    return Bill(
        tx.tenant_id,
        invoice.id,
        invoice.number,
        partner.id,
        partner.name,
        email,
        invoice.currency,
        DAYS_UNTIL_DUE,
        lines,
    )


def _note_bill(tx: Work, invoice: Invoice, found: BillSent) -> None:
    if invoice.state != "open":
        return
    if found.state == "paid":
        _paid(tx, invoice, CARD_BALANCE, found.id)
    elif found.state == "void" and invoice.processor_url is not None:
        # Nobody can pay it there any more. It is owed all the same, and paid by transfer.
        log.warning("%s was voided at the processor", invoice.number)
        invoice.processor_url = None


def _paid(tx: Work, invoice: Invoice, received: str, reference: str) -> None:
    invoice.state, invoice.paid_at, invoice.paid_by = "paid", tx.now, reference
    owed = RECEIVABLE["invoice"]
    if invoice.total > 0:
        post(tx, invoice.id, Transfer(received, owed, invoice.total, invoice.currency))
    else:
        post(tx, invoice.id, Transfer(owed, received, -invoice.total, invoice.currency))
    tx.record(invoice_paid(invoice.id))
    tx.session.flush()
