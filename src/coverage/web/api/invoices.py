"""`/v1/invoices`: what a partner owes for a month, as an answer, as a document and as rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from coverage.operations.house import Work
from coverage.operations.invoicing import find_invoice
from coverage.operations.itemising import invoice_csv, invoice_pdf
from coverage.operations.showing import list_invoices
from coverage.storage import invoices
from coverage.storage.invoices import Invoice
from coverage.web.api.access import TheCaller, TheHouse, TheLanguage, ThePage, needs, plainly
from coverage.web.api.bodies import StrictRoute
from coverage.web.api.shapes import InstantSeen, Money, Shape, instant_text


class InvoiceSeen(Shape):
    """What you owe for a month of your own days, with every cover on invoice that was issued, changed or cancelled in it."""

    id: str
    object: Literal["invoice"] = "invoice"
    livemode: bool
    number: str = Field(description="Your invoices of a year are numbered without a gap.")
    state: Literal["open", "paid", "void"]
    month: str = Field(description="Such as 2026-12.", pattern="^[0-9]{4}-[0-9]{2}$")
    transactions: int = Field(description="How many; each is a row of the CSV.")
    net: Money
    surcharges: Money
    tax: Money
    fees: Money
    total: Money = Field(description="Negative for a credit note: more was given back than charged.")
    due_at: InstantSeen = Field(description="The end of the last day on which it is paid in time.")
    paid_at: InstantSeen | None
    payment_url: str | None = Field(description="Where it can be paid online; null where it is paid by bank transfer.")
    pdf_url: str
    csv_url: str
    created_at: InstantSeen


class InvoiceList(Shape):
    object: Literal["list"] = "list"
    data: list[InvoiceSeen]
    has_more: bool


router = APIRouter(prefix="/v1/invoices", tags=["Invoices"], route_class=StrictRoute, dependencies=[needs("covers")])

InvoiceId = Annotated[str, Path(description="The invoice's id.")]


@router.get("", response_model=InvoiceList, operation_id="listInvoices", summary="List invoices")
def list_all(
    house: TheHouse,
    caller: TheCaller,
    page: ThePage,
    state: Annotated[Literal["open", "paid", "void"] | None, Query()] = None,
) -> Response:
    """Your invoices, the newest first. One is made when a month is over that anything was booked in."""
    with house.transaction(caller) as tx:
        found, more = list_invoices(tx, page, state)
        return plainly(InvoiceList(data=_tell(tx, found), has_more=more))


@router.get("/{invoice_id}", response_model=InvoiceSeen, operation_id="retrieveInvoice", summary="Read an invoice")
def retrieve_invoice(house: TheHouse, caller: TheCaller, invoice_id: InvoiceId) -> Response:
    """The invoice. What it is for never changes; whether it was paid does."""
    with house.transaction(caller) as tx:
        return plainly(_tell(tx, [find_invoice(tx, invoice_id)])[0])


@router.get(
    "/{invoice_id}/pdf",
    operation_id="retrieveInvoicePdf",
    summary="Download an invoice",
    response_class=Response,
    responses={
        200: {
            "description": "The invoice.",
            "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
def pdf(
    house: TheHouse,
    caller: TheCaller,
    invoice_id: InvoiceId,
    preferred: TheLanguage,
    language: Annotated[Literal["en", "fr"] | None, Query(description="Else by Accept-Language.")] = None,
) -> Response:
    """The invoice as PDF. It is made when first asked for, and the same ever after."""
    content, number = invoice_pdf(house, caller, invoice_id, language or preferred)
    return Response(content, media_type="application/pdf", headers=_named(f"{number}.pdf"))


@router.get(
    "/{invoice_id}/csv",
    operation_id="retrieveInvoiceCsv",
    summary="Download an invoice's transactions",
    response_class=Response,
    responses={
        200: {"description": "A row for each transaction.", "content": {"text/csv": {"schema": {"type": "string"}}}}
    },
)
def table(house: TheHouse, caller: TheCaller, invoice_id: InvoiceId) -> Response:
    """Each transaction as a row (RFC 4180), with your own reference of the policyholder; amounts in units of the currency."""
    with house.transaction(caller) as tx:
        invoice = find_invoice(tx, invoice_id)
        content, number = invoice_csv(tx, invoice), invoice.number
    return Response(content, media_type="text/csv; charset=utf-8", headers=_named(f"{number}.csv"))


def _named(file: str) -> dict[str, str]:
    return {"Content-Disposition": f'inline; filename="{file}"', "Cache-Control": "private, no-store"}


def _tell(tx: Work, found: Sequence[Invoice]) -> list[InvoiceSeen]:
    sums = invoices.sums_of(tx.session, [one.id for one in found])
    return [_told(tx, one, sums[one.id]) for one in found]


def _told(tx: Work, invoice: Invoice, sums: invoices.Sums) -> InvoiceSeen:
    def money(amount: int) -> Money:
        return Money(amount=amount, currency=invoice.currency)

    return InvoiceSeen(
        id=invoice.id,
        livemode=tx.tenant.livemode,
        number=invoice.number,
        state=invoice.state,  # type: ignore[arg-type]
        month=f"{invoice.month:%Y-%m}",
        transactions=sums.count,
        net=money(sums.net),
        surcharges=money(sums.surcharges),
        tax=money(sums.tax),
        fees=money(sums.fees),
        total=money(invoice.total),
        due_at=instant_text(invoice.due_at),
        paid_at=instant_text(invoice.paid_at) if invoice.paid_at else None,
        payment_url=invoice.processor_url if invoice.state == "open" else None,
        pdf_url=f"/v1/invoices/{invoice.id}/pdf",
        csv_url=f"/v1/invoices/{invoice.id}/csv",
        created_at=instant_text(invoice.created_at),
    )
