from typing import Literal, cast

PayoutKind = Literal["fees", "indemnity"]


def check_payout_kind(value: str) -> PayoutKind:
    return cast(PayoutKind, value)
