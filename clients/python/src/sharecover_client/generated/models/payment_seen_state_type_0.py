from typing import Literal, cast

PaymentSeenStateType0 = Literal["cancelled", "pending", "succeeded"]


def check_payment_seen_state_type_0(value: str) -> PaymentSeenStateType0:
    return cast(PaymentSeenStateType0, value)
