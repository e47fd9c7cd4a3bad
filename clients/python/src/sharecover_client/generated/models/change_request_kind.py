from typing import Literal, cast

ChangeRequestKind = Literal["extend", "raise", "return_early"]


def check_change_request_kind(value: str) -> ChangeRequestKind:
    return cast(ChangeRequestKind, value)
