from typing import Literal, cast

WebhookEndpointDisabledBecauseType0 = Literal["failing", "gone"]


def check_webhook_endpoint_disabled_because_type_0(value: str) -> WebhookEndpointDisabledBecauseType0:
    return cast(WebhookEndpointDisabledBecauseType0, value)
