from typing import Literal, cast

WebhookEndpointMadeState = Literal["disabled", "enabled"]


def check_webhook_endpoint_made_state(value: str) -> WebhookEndpointMadeState:
    return cast(WebhookEndpointMadeState, value)
