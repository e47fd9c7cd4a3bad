from typing import Literal, cast

ApiKeyState = Literal["active", "expired", "revoked", "rotating"]


def check_api_key_state(value: str) -> ApiKeyState:
    return cast(ApiKeyState, value)
