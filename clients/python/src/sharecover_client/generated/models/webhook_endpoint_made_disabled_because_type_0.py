from typing import Literal, cast

WebhookEndpointMadeDisabledBecauseType0 = Literal["failing", "gone"]


def check_webhook_endpoint_made_disabled_because_type_0(value: str) -> WebhookEndpointMadeDisabledBecauseType0:
    return cast(WebhookEndpointMadeDisabledBecauseType0, value)
