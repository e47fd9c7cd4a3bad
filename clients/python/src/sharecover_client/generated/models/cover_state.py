from typing import Literal, cast

CoverState = Literal[
    "awaiting_payment", "cancelled", "ended", "lapsed", "not_taken_up", "on_risk", "payment_disputed", "scheduled"
]


def check_cover_state(value: str) -> CoverState:
    return cast(CoverState, value)
