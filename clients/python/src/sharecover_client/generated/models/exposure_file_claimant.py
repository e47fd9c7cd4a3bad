from typing import Literal, cast

ExposureFileClaimant = Literal["policyholder", "third_party"]


def check_exposure_file_claimant(value: str) -> ExposureFileClaimant:
    return cast(ExposureFileClaimant, value)
