from typing import Literal, cast

InvoiceState = Literal["open", "paid", "void"]


def check_invoice_state(value: str) -> InvoiceState:
    return cast(InvoiceState, value)
