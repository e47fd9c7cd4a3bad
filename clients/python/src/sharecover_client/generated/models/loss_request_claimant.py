from typing import Literal, cast

LossRequestClaimant = Literal["policyholder", "third_party"]


def check_loss_request_claimant(value: str) -> LossRequestClaimant:
    return cast(LossRequestClaimant, value)
