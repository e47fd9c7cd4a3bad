"""Itemising: an invoice line by line, as a document for people and as rows for their programs."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy.dialects.postgresql import insert

from coverage.domain.certificate import InsurerSeen, TaxSeen
from coverage.domain.invoice import Amounts, InvoiceSeen, LineSeen
from coverage.domain.money import Money
from coverage.domain.period import local_day
from coverage.domain.premium import Premium
from coverage.domain.reporting import RUN_BY_SPREADSHEETS
from coverage.domain.tenant import Caller
from coverage.operations import booking
from coverage.operations.house import House, Work
from coverage.operations.invoicing import find_invoice
from coverage.operations.quoting import wording_of
from coverage.operations.wording import Wording
from coverage.rulebook.language.notation import decimal_text
from coverage.storage import covers, invoices, partners, quotes
from coverage.storage.covers import Transaction
from coverage.storage.identity import new_id
from coverage.storage.invoices import Invoice, Invoiced, InvoiceDocument

COLUMNS: Final = (
    "invoice", "line", "policyholder", "cover", "product", "transaction", "risk_type", "premium_type", "booked_at",
    "effective_at", "start", "end", "currency", "net", "surcharges", "taxes", "fees", "gross",
)  # fmt: skip
# More of them than anybody reads on paper, or the typesetter sets in its time: there the lines of a day stand together.
MOST_LINES: Final = 500
KINDS: Final = {"Original Premium": "new", "Additional Premium": "additional", "Return Premium": "returned"}


def invoice_pdf(house: House, caller: Caller, invoice_id: str, language: str) -> tuple[bytes, str]:
    """The invoice as PDF and its number. What is kept first is what everyone gets from then on.

    Rendering happens outside any transaction. An invoice never changes, and no name of a person stands on it: whether it
    was paid since is told by the invoice itself.
    """
    with house.transaction(caller) as tx:
        invoice = find_invoice(tx, invoice_id)
        kept = invoices.document_of(tx.session, invoice.id, language)
        if kept is not None:
            return _read(house, tx, kept), invoice.number
        seen = invoice_facts(tx, invoice, language)
    pdf = house.documents.render("invoice.html", language, {"invoice": seen})
    with house.transaction(caller) as tx:
        return _keep(house, tx, invoice_id, language, pdf), seen.number


def invoice_csv(tx: Work, invoice: Invoice) -> str:
    """A row for each transaction (RFC 4180), in the invoice's order; amounts in units of the currency, instants in UTC.

    A reference that a spreadsheet would take for a formula has an apostrophe before it.
    """
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    for one in invoices.invoiced(tx.session, invoice.id):
        booked, cover = one.transaction, one.cover
        amounts = (booked.net, booked.surcharges, booked.tax, booked.fees, booked.gross)
        instants = (booked.booked_at, booked.effective_at, cover.starts_at, cover.ends_at)
        writer.writerow([
            invoice.number, one.position, _harmless(one.policyholder), cover.number, cover.product, booked.id,
            booked.risk_type, booked.premium_type, *(f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in instants), booked.currency,
            *(str(Money(amount, booked.currency).major) for amount in amounts),
        ])  # fmt: skip
    return written.getvalue()


def invoice_facts(tx: Work, invoice: Invoice, language: str) -> InvoiceSeen:
    """All that an invoice states, in one language."""
    partner = partners.partner_of(tx.session, tx.tenant.partner_id)
    found = invoices.invoiced(tx.session, invoice.id)
    wordings = _wordings(tx, found)
    zero = Money(0, invoice.currency)
    lines = tuple(_line(one, wordings, language) for one in found)
    policies = [
        tx.session.get_one(partners.MasterPolicy, (tx.tenant_id, policy_id))
        for policy_id in dict.fromkeys(one.cover.master_policy_id for one in found)
    ]
    insurers = [partners.insurer_of(tx.session, one) for one in dict.fromkeys(policy.insurer_id for policy in policies)]
    return InvoiceSeen(
        number=invoice.number,
        language=language,
        month=invoice.month,
        partner=partner.name,
        insurers=tuple(InsurerSeen(one.name, one.registration, one.supervisor, one.address) for one in insurers),
        master_policies=tuple(policy.number for policy in policies),
        lines=lines if len(lines) <= MOST_LINES else _gathered(lines, partner.timezone),
        total=sum((line.amounts for line in lines), Amounts(zero, zero, zero, zero, zero)),
        taxes=_taxes(tx, found, wordings, language),
        issued_at=invoice.created_at,
        # The last day in time, of which it is the end.
        due_at=invoice.due_at - timedelta(seconds=1),
        timezone=partner.timezone,
        livemode=tx.tenant.livemode,
    )


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(RUN_BY_SPREADSHEETS) else text


def _wordings(tx: Work, found: Sequence[Invoiced]) -> dict[str, Wording]:
    """The words of each cover's product as they were when it was quoted, by the cover's id."""
    kept = quotes.several(tx.session, [one.cover.quote_id for one in found])
    by_quote = {quote.id: wording_of(tx, quote) for quote in kept}
    return {one.cover.id: by_quote[one.cover.quote_id] for one in found}


def _line(one: Invoiced, wordings: dict[str, Wording], language: str) -> LineSeen:
    booked, cover = one.transaction, one.cover
    texts = wordings[cover.id].texts_in(language)
    parts = (booked.net, booked.surcharges, booked.tax, booked.fees, booked.gross)
    return LineSeen(
        one.position, booked.booked_at, cover.number, texts.product.name if texts else cover.product.replace("_", " "),
        one.policyholder, KINDS[booked.premium_type],
        Amounts(*(Money(amount, booked.currency) for amount in parts)),
    )  # fmt: skip


def _gathered(lines: Sequence[LineSeen], timezone: str) -> tuple[LineSeen, ...]:
    """The lines of one day, product and kind as one."""
    found: dict[tuple[date, str, str], LineSeen] = {}
    for line in lines:
        key = (local_day(line.booked_at, timezone), line.product, line.kind)
        before = found.get(key)
        found[key] = replace(
            line, position=len(found) + 1 if before is None else before.position, cover_number="", policyholder="",
            amounts=line.amounts if before is None else before.amounts + line.amounts,
            count=1 if before is None else before.count + 1,
        )  # fmt: skip
    return tuple(found.values())


def _taxes(
    tx: Work, found: Sequence[Invoiced], wordings: dict[str, Wording], language: str
) -> tuple[TaxSeen, ...]:  # fmt: skip
    """Each tax by its rate, what is given back taken off."""
    sums: dict[tuple[str, str], int] = {}
    originals = _originals(tx, found)
    currency = ""
    for one in found:
        premium, currency = _premium(one.transaction, originals), one.transaction.currency
        sign = -1 if one.transaction.premium_type == "Return Premium" else 1
        for line in premium.taxes:
            label = wordings[one.cover.id].tax_label(line, language)
            key = (label, decimal_text(line.rate, 4) if line.tax_class else "")
            sums[key] = sums.get(key, 0) + sign * line.amount
    return tuple(
        TaxSeen(label, rate, Money(amount, currency)) for (label, rate), amount in sorted(sums.items()) if amount
    )


def _originals(tx: Work, found: Sequence[Invoiced]) -> dict[str, Transaction]:
    """The transactions that the first returns that were ever booked name."""
    undoing = [one.cover.id for one in found if "returns" in one.transaction.price]
    return {one.id: one for one in covers.transactions_of(tx.session, undoing)} if undoing else {}


def _premium(transaction: Transaction, originals: dict[str, Transaction]) -> Premium:
    return booking.difference_of(transaction, originals)


# ------------------------------------------------------------------------------------------ what is kept


def _keep(house: House, tx: Work, invoice_id: str, language: str, pdf: bytes) -> bytes:
    """Keeps the document unless another request was first; answers the bytes that are kept."""
    document_id = new_id("document")
    row: dict[str, Any] = {
        "tenant_id": tx.tenant_id, "id": document_id, "invoice_id": invoice_id, "language": language,
        "blob": f"invoices/{document_id}", "sha256": hashlib.sha256(pdf).hexdigest(), "size": len(pdf),
        "created_at": tx.wall,
    }  # fmt: skip
    # The blob is safe on disk before the row that names it commits; a blob without a row is litter, never a loss.
    house.blobs.put(row["blob"], tx.seal(invoice_id, pdf, row["blob"]))
    tx.session.execute(insert(InvoiceDocument).values(**row).on_conflict_do_nothing())
    kept = invoices.document_of(tx.session, invoice_id, language)
    if kept is None or kept.id == document_id:
        return pdf
    return _read(house, tx, kept)


def _read(house: House, tx: Work, kept: InvoiceDocument) -> bytes:
    pdf = tx.unseal(kept.invoice_id, house.blobs.get(kept.blob), kept.blob)
    if hashlib.sha256(pdf).hexdigest() != kept.sha256:
        raise RuntimeError(f"document {kept.id} isn't what was kept")
    return pdf
