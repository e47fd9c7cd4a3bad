from typing import Literal, cast

DecisionRequestDecision = Literal["approved", "goodwill", "repudiated"]


def check_decision_request_decision(value: str) -> DecisionRequestDecision:
    return cast(DecisionRequestDecision, value)
