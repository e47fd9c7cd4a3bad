from typing import Literal, cast

ListInvoicesState = Literal["open", "paid", "void"]


def check_list_invoices_state(value: str) -> ListInvoicesState:
    return cast(ListInvoicesState, value)
