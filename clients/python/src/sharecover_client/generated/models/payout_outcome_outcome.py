from typing import Literal, cast

PayoutOutcomeOutcome = Literal["failed", "paid"]


def check_payout_outcome_outcome(value: str) -> PayoutOutcomeOutcome:
    return cast(PayoutOutcomeOutcome, value)
