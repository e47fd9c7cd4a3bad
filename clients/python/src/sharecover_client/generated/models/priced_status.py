from typing import Literal, cast

PricedStatus = Literal["declined", "priced", "referred"]


def check_priced_status(value: str) -> PricedStatus:
    return cast(PricedStatus, value)
