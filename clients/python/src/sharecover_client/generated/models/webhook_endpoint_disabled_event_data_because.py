from typing import Literal, cast

WebhookEndpointDisabledEventDataBecause = Literal["failing", "gone"]


def check_webhook_endpoint_disabled_event_data_because(value: str) -> WebhookEndpointDisabledEventDataBecause:
    return cast(WebhookEndpointDisabledEventDataBecause, value)
