from typing import Literal, cast

PaymentMethod = Literal["card", "invoice"]


def check_payment_method(value: str) -> PaymentMethod:
    return cast(PaymentMethod, value)
