from typing import Literal, cast

ListCoversState = Literal[
    "awaiting_payment", "cancelled", "ended", "lapsed", "not_taken_up", "on_risk", "payment_disputed", "scheduled"
]


def check_list_covers_state(value: str) -> ListCoversState:
    return cast(ListCoversState, value)
