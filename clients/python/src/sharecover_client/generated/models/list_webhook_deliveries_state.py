from typing import Literal, cast

ListWebhookDeliveriesState = Literal["delivered", "failed", "waiting"]


def check_list_webhook_deliveries_state(value: str) -> ListWebhookDeliveriesState:
    return cast(ListWebhookDeliveriesState, value)
