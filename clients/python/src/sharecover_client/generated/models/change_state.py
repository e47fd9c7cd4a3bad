from typing import Literal, cast

ChangeState = Literal["abandoned", "awaiting_payment", "confirmed", "declined", "expired", "open", "referred"]


def check_change_state(value: str) -> ChangeState:
    return cast(ChangeState, value)
