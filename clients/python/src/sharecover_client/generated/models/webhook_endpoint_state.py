from typing import Literal, cast

WebhookEndpointState = Literal["disabled", "enabled"]


def check_webhook_endpoint_state(value: str) -> WebhookEndpointState:
    return cast(WebhookEndpointState, value)
