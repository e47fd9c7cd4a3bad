from typing import Literal, cast

ListPayoutsState = Literal["failed", "paid", "pending"]


def check_list_payouts_state(value: str) -> ListPayoutsState:
    return cast(ListPayoutsState, value)
