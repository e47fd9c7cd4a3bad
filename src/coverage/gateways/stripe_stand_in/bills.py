"""Customers of the stand-in's and their invoices: drafts to which lines are added, made final, and sent to nobody."""

from __future__ import annotations

from typing import Final

from coverage.gateways.stripe_stand_in.account import (
    Account,
    Form,
    Refusal,
    Thing,
    currency_of,
    metadata_of,
    number_of,
)

_TOLD: Final = {"paid": "paid", "void": "voided", "uncollectible": "marked_uncollectible"}


def create_customer(account: Account, form: Form) -> Thing:
    """POST /v1/customers"""
    fields = {name: form.get(name) for name in ("name", "email")}
    return account.add("customer", "cus", metadata=metadata_of(form), **fields)


def update_customer(account: Account, number: str, form: Form) -> Thing:
    """POST /v1/customers/{id}"""
    customer = account.find("customer", number)
    customer.update({name: form[name] for name in ("name", "email") if name in form})
    return customer


def create_invoice(account: Account, form: Form) -> Thing:
    """POST /v1/invoices"""
    account.find("customer", str(form.get("customer")))
    if form.get("collection_method") != "send_invoice" or form.get("pending_invoice_items_behavior") != "exclude":
        raise Refusal(400, "Only invoices that are sent, and take no pending items, are known here.")
    return account.add(
        "invoice",
        "in",
        customer=form["customer"],
        status="draft",
        currency=currency_of(form),
        total=0,
        metadata=metadata_of(form),
        custom_fields=form.get("custom_fields"),
        due_date=int(account.now()) + 86_400 * number_of(form, "days_until_due"),
        hosted_invoice_url=None,
    )


def update_invoice(account: Account, number: str, form: Form) -> Thing:
    """POST /v1/invoices/{id}"""
    invoice = account.find("invoice", number)
    invoice["metadata"].update(metadata_of(form))
    return invoice


def create_invoice_item(account: Account, form: Form) -> Thing:
    """POST /v1/invoiceitems"""
    invoice = _draft(account, str(form.get("invoice")))
    if currency_of(form) != invoice["currency"]:
        raise Refusal(400, "The currency of the item must be the invoice's.", param="currency")
    amount = number_of(form, "amount")
    invoice["total"] += amount
    fields = {name: form.get(name) for name in ("invoice", "customer", "description")}
    return account.add(
        "invoiceitem", "ii", amount=amount, currency=invoice["currency"], metadata=metadata_of(form), **fields
    )


def finalise_invoice(account: Account, number: str) -> Thing:
    """POST /v1/invoices/{id}/finalize. Nothing is owed on an invoice over nothing: it is paid."""
    invoice = _draft(account, number)
    invoice["status"] = "open" if invoice["total"] > 0 else "paid"
    invoice["hosted_invoice_url"] = f"https://invoice.invalid/{number}"
    account.tell("invoice.finalized", invoice)
    return invoice


def send_invoice(account: Account, number: str) -> Thing:
    """POST /v1/invoices/{id}/send. Nothing goes out: it is counted, and told."""
    invoice = account.find("invoice", number)
    if invoice["status"] != "open":
        raise Refusal(400, "You can only send an open invoice.", kept=True)
    invoice["_sent"] = invoice.get("_sent", 0) + 1
    account.tell("invoice.sent", invoice)
    return invoice


def end_invoice(account: Account, number: str, *, status: str) -> None:
    """How an invoice ends: `paid`, `void` or `uncollectible`."""
    invoice = account.find("invoice", number)
    invoice["status"] = status
    account.tell(f"invoice.{_TOLD[status]}", invoice)


def _draft(account: Account, number: str) -> Thing:
    invoice = account.find("invoice", number)
    if invoice["status"] != "draft":
        raise Refusal(400, "This invoice is no longer a draft.", code="invoice_not_editable", kept=True)
    return invoice
