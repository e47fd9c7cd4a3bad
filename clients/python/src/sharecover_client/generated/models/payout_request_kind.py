from typing import Literal, cast

PayoutRequestKind = Literal["fees", "indemnity"]


def check_payout_request_kind(value: str) -> PayoutRequestKind:
    return cast(PayoutRequestKind, value)
