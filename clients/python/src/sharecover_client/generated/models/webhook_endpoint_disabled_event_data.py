from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.webhook_endpoint_disabled_event_data_because import (
    WebhookEndpointDisabledEventDataBecause,
    check_webhook_endpoint_disabled_event_data_because,
)

T = TypeVar("T", bound="WebhookEndpointDisabledEventData")


@_attrs_define
class WebhookEndpointDisabledEventData:
    """What belongs to it.

    Attributes:
        because (WebhookEndpointDisabledEventDataBecause): `failing`: every try of an event failed, for three days.
            `gone`: it answered 410.
    """

    because: WebhookEndpointDisabledEventDataBecause

    def to_dict(self) -> dict[str, Any]:
        because: str = self.because

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "because": because,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        because = check_webhook_endpoint_disabled_event_data_because(d.pop("because"))

        webhook_endpoint_disabled_event_data = cls(
            because=because,
        )

        return webhook_endpoint_disabled_event_data
