from typing import Literal, cast

ChangeKind = Literal["extend", "raise", "return_early"]


def check_change_kind(value: str) -> ChangeKind:
    return cast(ChangeKind, value)
