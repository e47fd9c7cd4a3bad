from typing import Literal, cast

ClaimRequestCause = Literal["accident", "breakage", "fire", "other", "theft", "vandalism", "water"]


def check_claim_request_cause(value: str) -> ClaimRequestCause:
    return cast(ClaimRequestCause, value)
