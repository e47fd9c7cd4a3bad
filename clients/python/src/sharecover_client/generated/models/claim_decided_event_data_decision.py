from typing import Literal, cast

ClaimDecidedEventDataDecision = Literal["approved", "goodwill", "repudiated"]


def check_claim_decided_event_data_decision(value: str) -> ClaimDecidedEventDataDecision:
    return cast(ClaimDecidedEventDataDecision, value)
