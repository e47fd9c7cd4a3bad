from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define

from ..models.invoice_state import InvoiceState, check_invoice_state
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.money import Money


T = TypeVar("T", bound="Invoice")


@_attrs_define
class Invoice:
    """What you owe for a month of your own days, with every cover on invoice that was issued, changed or cancelled in it.

    Attributes:
        id (str):
        livemode (bool):
        number (str): Your invoices of a year are numbered without a gap.
        state (InvoiceState):
        month (str): Such as 2026-12.
        transactions (int): How many; each is a row of the CSV.
        net (Money): An amount in minor units (cents) of a currency (ISO 4217).
        surcharges (Money): An amount in minor units (cents) of a currency (ISO 4217).
        tax (Money): An amount in minor units (cents) of a currency (ISO 4217).
        fees (Money): An amount in minor units (cents) of a currency (ISO 4217).
        total (Money): An amount in minor units (cents) of a currency (ISO 4217).
        due_at (datetime.datetime): The end of the last day on which it is paid in time.
        paid_at (datetime.datetime | None):
        payment_url (None | str): Where it can be paid online; null where it is paid by bank transfer.
        pdf_url (str):
        csv_url (str):
        created_at (datetime.datetime):
        object_ (Literal['invoice'] | Unset):  Default: 'invoice'.
    """

    id: str
    livemode: bool
    number: str
    state: InvoiceState
    month: str
    transactions: int
    net: Money
    surcharges: Money
    tax: Money
    fees: Money
    total: Money
    due_at: datetime.datetime
    paid_at: datetime.datetime | None
    payment_url: None | str
    pdf_url: str
    csv_url: str
    created_at: datetime.datetime
    object_: Literal["invoice"] | Unset = "invoice"

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        livemode = self.livemode

        number = self.number

        state: str = self.state

        month = self.month

        transactions = self.transactions

        net = self.net.to_dict()

        surcharges = self.surcharges.to_dict()

        tax = self.tax.to_dict()

        fees = self.fees.to_dict()

        total = self.total.to_dict()

        due_at = self.due_at.isoformat()

        paid_at: None | str
        if isinstance(self.paid_at, datetime.datetime):
            paid_at = self.paid_at.isoformat()
        else:
            paid_at = self.paid_at

        payment_url: None | str
        payment_url = self.payment_url

        pdf_url = self.pdf_url

        csv_url = self.csv_url

        created_at = self.created_at.isoformat()

        object_ = self.object_

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "livemode": livemode,
                "number": number,
                "state": state,
                "month": month,
                "transactions": transactions,
                "net": net,
                "surcharges": surcharges,
                "tax": tax,
                "fees": fees,
                "total": total,
                "due_at": due_at,
                "paid_at": paid_at,
                "payment_url": payment_url,
                "pdf_url": pdf_url,
                "csv_url": csv_url,
                "created_at": created_at,
            }
        )
        if object_ is not UNSET:
            field_dict["object"] = object_

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.money import Money  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        livemode = d.pop("livemode")

        number = d.pop("number")

        state = check_invoice_state(d.pop("state"))

        month = d.pop("month")

        transactions = d.pop("transactions")

        net = Money.from_dict(d.pop("net"))

        surcharges = Money.from_dict(d.pop("surcharges"))

        tax = Money.from_dict(d.pop("tax"))

        fees = Money.from_dict(d.pop("fees"))

        total = Money.from_dict(d.pop("total"))

        due_at = datetime.datetime.fromisoformat(d.pop("due_at"))

        def _parse_paid_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                paid_at_type_0 = datetime.datetime.fromisoformat(data)

                return paid_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        paid_at = _parse_paid_at(d.pop("paid_at"))

        def _parse_payment_url(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        payment_url = _parse_payment_url(d.pop("payment_url"))

        pdf_url = d.pop("pdf_url")

        csv_url = d.pop("csv_url")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        object_ = cast(Literal["invoice"] | Unset, d.pop("object", UNSET))
        if object_ != "invoice" and not isinstance(object_, Unset):
            raise ValueError(f"object must match const 'invoice', got '{object_}'")

        invoice = cls(
            id=id,
            livemode=livemode,
            number=number,
            state=state,
            month=month,
            transactions=transactions,
            net=net,
            surcharges=surcharges,
            tax=tax,
            fees=fees,
            total=total,
            due_at=due_at,
            paid_at=paid_at,
            payment_url=payment_url,
            pdf_url=pdf_url,
            csv_url=csv_url,
            created_at=created_at,
            object_=object_,
        )

        return invoice
