from typing import Literal, cast

TransactionPremiumType = Literal["Additional Premium", "Original Premium", "Return Premium"]


def check_transaction_premium_type(value: str) -> TransactionPremiumType:
    return cast(TransactionPremiumType, value)
