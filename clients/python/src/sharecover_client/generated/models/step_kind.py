from typing import Literal, cast

StepKind = Literal["average", "deductible", "limit", "loss", "premium_reduction", "sublimit"]


def check_step_kind(value: str) -> StepKind:
    return cast(StepKind, value)
