from typing import Literal, cast

ApiKeyMadeState = Literal["active", "expired", "revoked", "rotating"]


def check_api_key_made_state(value: str) -> ApiKeyMadeState:
    return cast(ApiKeyMadeState, value)
