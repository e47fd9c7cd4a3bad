from typing import Literal, cast

ReasonDecision = Literal["decline", "refer"]


def check_reason_decision(value: str) -> ReasonDecision:
    return cast(ReasonDecision, value)
