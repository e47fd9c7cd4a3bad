from typing import Literal, cast

DeductibleApplied = Literal["after_limit", "before_limit"]


def check_deductible_applied(value: str) -> DeductibleApplied:
    return cast(DeductibleApplied, value)
