from typing import Literal, cast

DeliveryInFullState = Literal["delivered", "failed", "waiting"]


def check_delivery_in_full_state(value: str) -> DeliveryInFullState:
    return cast(DeliveryInFullState, value)
