from typing import Literal, cast

CancelRequestReason = Literal["request", "withdrawal"]


def check_cancel_request_reason(value: str) -> CancelRequestReason:
    return cast(CancelRequestReason, value)
