from typing import Literal, cast

TransactionRiskType = Literal["Adjustment", "Cancellation", "New Business", "Renewal"]


def check_transaction_risk_type(value: str) -> TransactionRiskType:
    return cast(TransactionRiskType, value)
