from typing import Literal, cast

ClaimState = Literal["closed", "in_review", "open"]


def check_claim_state(value: str) -> ClaimState:
    return cast(ClaimState, value)
