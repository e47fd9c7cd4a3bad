from typing import Literal, cast

PaymentSeenMethod = Literal["card", "invoice"]


def check_payment_seen_method(value: str) -> PaymentSeenMethod:
    return cast(PaymentSeenMethod, value)
