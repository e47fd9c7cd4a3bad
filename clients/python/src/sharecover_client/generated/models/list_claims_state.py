from typing import Literal, cast

ListClaimsState = Literal["closed", "in_review", "open"]


def check_list_claims_state(value: str) -> ListClaimsState:
    return cast(ListClaimsState, value)
