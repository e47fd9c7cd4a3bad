"""Invoices that the card processor sends to partners: https://docs.stripe.com/invoicing/integration."""

from __future__ import annotations

from typing import Any, Final

import stripe

from coverage.domain.faults import Rejected, Unavailable
from coverage.domain.payment import Bill, BillSent
from coverage.gateways import stripe_answers as answers
from coverage.gateways.stripe_answers import fault, named, plain, quoted, speaking

# https://docs.stripe.com/api/customers/create and /api/invoiceitems/create
_LONGEST_NAME: Final = 256
_LONGEST_TEXT: Final = 500
_MOST_LINES: Final = 250


def send(client: stripe.StripeClient, bill: Bill, *, live: bool) -> BillSent:
    """Sends a bill, or goes on where an earlier call left off. Raises `Rejected` and `Unavailable`, as `Payments` does.

    What is there already is found among the customer's invoices, since a key is forgotten after a day.
    """
    total = _checked_total(bill)
    with speaking():
        customer = _customer(client, bill, live=live)
        invoice = _invoice(client, bill, customer, live=live)
        if invoice["status"] == "draft":
            _add_lines(client, bill, customer, invoice["id"], live=live)
            draft = _retrieved(client, invoice["id"], live=live)
            # Looked at before it is final: what has gone out can't be taken back.
            if draft.get("total") != total or draft.get("currency") != bill.currency.lower():
                raise Rejected(
                    "payments_refused", f"the invoice {bill.number} comes to another total at the card processor"
                )
            invoice = _finalised(client, bill, invoice["id"], live=live)
        # Nothing is owed on an invoice that is paid, as by a balance the partner has there; Stripe sends none.
        if invoice["status"] == "open" and named(invoice, "sent") != "yes":
            # Cut off between the two, and asked again when the key is forgotten, a letter comes a second time: better
            # than never.
            client.v1.invoices.send_invoice(invoice["id"], None, {"idempotency_key": f"bill-{bill.invoice_id}-send"})
            marked = client.v1.invoices.update(invoice["id"], {"metadata": {"sent": "yes"}})
            invoice = plain(marked, "invoice", live=live)
        return answers.bill(invoice)


def _checked_total(bill: Bill) -> int:
    total = sum(line.amount for line in bill.lines)
    if not bill.lines or len(bill.lines) > _MOST_LINES:
        words = f"an invoice has 1 to {_MOST_LINES} lines at the card processor, {bill.number} has {len(bill.lines)}"
        raise Rejected("payments_refused", words)
    if total < 0:
        # Stripe would keep it as a balance of the partner's: money that is owed and that nobody pays out.
        words = f"the invoice {bill.number} comes to less than nothing: what is owed to a partner is paid, not billed"
        raise Rejected("payments_refused", words)
    return total


def _customer(client: stripe.StripeClient, bill: Bill, *, live: bool) -> str:
    """The partner's customer in this mode, made where there is none, with the name and the address of today."""
    name, email = printable(bill.partner_name, _LONGEST_NAME), bill.partner_email
    found = _searched_customer(client, bill, live=live)
    if found is None:
        try:
            made = client.v1.customers.create(
                {"name": name, "email": email, "metadata": {"tenant": bill.tenant_id, "partner": bill.partner_id}},
                {"idempotency_key": f"customer-{bill.tenant_id}-{bill.partner_id}"},
            )
        except stripe.IdempotencyError:
            # It was made under another name today, and isn't found yet.
            raise Unavailable(
                "payments_unavailable", "the partner's account at the card processor isn't found yet; try again shortly"
            ) from None
        found = plain(made, "customer", live=live)
    elif (found.get("name"), found.get("email")) != (name, email):
        found = plain(client.v1.customers.update(found["id"], {"name": name, "email": email}), "customer", live=live)
    return str(found["id"])


def _searched_customer(client: stripe.StripeClient, bill: Bill, *, live: bool) -> dict[str, Any] | None:
    query = f"metadata['partner']:{quoted(bill.partner_id)} AND metadata['tenant']:{quoted(bill.tenant_id)}"
    found = client.v1.customers.search({"query": query, "limit": 100})
    customers = [plain(one, "customer", live=live) for one in found.data]
    # The oldest, where there should be several: each time the same.
    return min(customers, key=lambda one: (one.get("created", 0), one["id"]), default=None)


def _invoice(client: stripe.StripeClient, bill: Bill, customer: str, *, live: bool) -> dict[str, Any]:
    """The bill's invoice among the customer's, or a draft of it that is new."""
    for one in client.v1.invoices.list({"customer": customer, "limit": 100}).auto_paging_iter():
        found = plain(one, "invoice", live=live)
        if named(found, "invoice") == bill.invoice_id and named(found, "tenant") == bill.tenant_id:
            return found
    made = client.v1.invoices.create(
        {
            "customer": customer,
            "collection_method": "send_invoice",
            "days_until_due": bill.days_until_due,
            "currency": bill.currency.lower(),
            "auto_advance": False,  # it goes out when all its lines are there, and not an hour after
            "pending_invoice_items_behavior": "exclude",
            "custom_fields": [{"name": "Invoice", "value": printable(bill.number, 140)}],
            "metadata": {"tenant": bill.tenant_id, "invoice": bill.invoice_id, "number": bill.number},
        },
        {"idempotency_key": f"bill-{bill.invoice_id}"},
    )
    # Under a key that was used before the answer is the draft, as it was then.
    return _retrieved(client, made.id, live=live)


def _add_lines(client: stripe.StripeClient, bill: Bill, customer: str, invoice: str, *, live: bool) -> None:
    there = {
        named(plain(one, "invoiceitem", live=live), "line")
        for one in client.v1.invoice_items.list({"invoice": invoice, "limit": 100}).auto_paging_iter()
    }
    # The last that is added stands first on the page.
    for number, line in reversed(list(enumerate(bill.lines))):
        if str(number) not in there:
            client.v1.invoice_items.create(
                {
                    "customer": customer,
                    "invoice": invoice,
                    "amount": line.amount,
                    "currency": bill.currency.lower(),
                    "description": printable(line.text, _LONGEST_TEXT),
                    "metadata": {"line": str(number)},
                },
                {"idempotency_key": f"bill-{bill.invoice_id}-line-{number}"},
            )


def _finalised(client: stripe.StripeClient, bill: Bill, invoice: str, *, live: bool) -> dict[str, Any]:
    try:
        client.v1.invoices.finalize_invoice(
            invoice, {"auto_advance": False}, {"idempotency_key": f"bill-{bill.invoice_id}-final"}
        )
    except stripe.InvalidRequestError as error:
        found = _retrieved(client, invoice, live=live)
        if found["status"] == "draft":
            raise fault(error) from None
        return found
    return _retrieved(client, invoice, live=live)


def _retrieved(client: stripe.StripeClient, invoice: str, *, live: bool) -> dict[str, Any]:
    return plain(client.v1.invoices.retrieve(invoice), "invoice", live=live)


def printable(text: str, longest: int) -> str:
    """A name or a line of text as it can be printed: whatever can't is a blank, and what is too long is cut."""
    clean = "".join(sign if sign.isprintable() else " " for sign in text)
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"
