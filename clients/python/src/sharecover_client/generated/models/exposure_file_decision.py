from typing import Literal, cast

ExposureFileDecision = Literal["approved", "goodwill", "pending", "repudiated"]


def check_exposure_file_decision(value: str) -> ExposureFileDecision:
    return cast(ExposureFileDecision, value)
