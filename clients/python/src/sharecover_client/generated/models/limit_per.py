from typing import Literal, cast

LimitPer = Literal["cover", "event", "item", "person"]


def check_limit_per(value: str) -> LimitPer:
    return cast(LimitPer, value)
