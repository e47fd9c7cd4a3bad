from typing import Literal, cast

ClockStatus = Literal["advancing", "ready"]


def check_clock_status(value: str) -> ClockStatus:
    return cast(ClockStatus, value)
