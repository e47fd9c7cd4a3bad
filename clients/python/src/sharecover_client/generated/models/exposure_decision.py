from typing import Literal, cast

ExposureDecision = Literal["approved", "goodwill", "pending", "repudiated"]


def check_exposure_decision(value: str) -> ExposureDecision:
    return cast(ExposureDecision, value)
