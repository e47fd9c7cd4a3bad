from typing import Literal, cast

PayoutState = Literal["failed", "paid", "pending"]


def check_payout_state(value: str) -> PayoutState:
    return cast(PayoutState, value)
