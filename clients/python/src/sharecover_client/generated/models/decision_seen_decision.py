from typing import Literal, cast

DecisionSeenDecision = Literal["approved", "goodwill", "repudiated"]


def check_decision_seen_decision(value: str) -> DecisionSeenDecision:
    return cast(DecisionSeenDecision, value)
