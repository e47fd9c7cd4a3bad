from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import (
    Any,
    Literal,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define

from ..models.webhook_endpoint_disabled_because_type_0 import (
    WebhookEndpointDisabledBecauseType0,
    check_webhook_endpoint_disabled_because_type_0,
)
from ..models.webhook_endpoint_state import (
    WebhookEndpointState,
    check_webhook_endpoint_state,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="WebhookEndpoint")


@_attrs_define
class WebhookEndpoint:
    """An address that is told what happens.

    Attributes:
        id (str):
        livemode (bool):
        url (str):
        events (list[str]):
        description (None | str):
        state (WebhookEndpointState):
        disabled_because (None | WebhookEndpointDisabledBecauseType0): `failing`: every try of an event failed, for
            three days. `gone`: the endpoint answered 410.
        disabled_at (datetime.datetime | None):
        failing_since (datetime.datetime | None): Since when it has taken nothing; null while it does.
        earlier_secret_until (datetime.datetime | None): Until when letters are signed with the secret before, too.
        created_by (str): The key that made it.
        created_at (datetime.datetime):
        object_ (Literal['webhook_endpoint'] | Unset):  Default: 'webhook_endpoint'.
    """

    id: str
    livemode: bool
    url: str
    events: list[str]
    description: None | str
    state: WebhookEndpointState
    disabled_because: None | WebhookEndpointDisabledBecauseType0
    disabled_at: datetime.datetime | None
    failing_since: datetime.datetime | None
    earlier_secret_until: datetime.datetime | None
    created_by: str
    created_at: datetime.datetime
    object_: Literal["webhook_endpoint"] | Unset = "webhook_endpoint"

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        livemode = self.livemode

        url = self.url

        events = self.events

        description: None | str
        description = self.description

        state: str = self.state

        disabled_because: None | str
        if isinstance(self.disabled_because, str):
            disabled_because = self.disabled_because
        else:
            disabled_because = self.disabled_because

        disabled_at: None | str
        if isinstance(self.disabled_at, datetime.datetime):
            disabled_at = self.disabled_at.isoformat()
        else:
            disabled_at = self.disabled_at

        failing_since: None | str
        if isinstance(self.failing_since, datetime.datetime):
            failing_since = self.failing_since.isoformat()
        else:
            failing_since = self.failing_since

        earlier_secret_until: None | str
        if isinstance(self.earlier_secret_until, datetime.datetime):
            earlier_secret_until = self.earlier_secret_until.isoformat()
        else:
            earlier_secret_until = self.earlier_secret_until

        created_by = self.created_by

        created_at = self.created_at.isoformat()

        object_ = self.object_

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "livemode": livemode,
                "url": url,
                "events": events,
                "description": description,
                "state": state,
                "disabled_because": disabled_because,
                "disabled_at": disabled_at,
                "failing_since": failing_since,
                "earlier_secret_until": earlier_secret_until,
                "created_by": created_by,
                "created_at": created_at,
            }
        )
        if object_ is not UNSET:
            field_dict["object"] = object_

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        livemode = d.pop("livemode")

        url = d.pop("url")

        events = cast(list[str], d.pop("events"))

        def _parse_description(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        description = _parse_description(d.pop("description"))

        state = check_webhook_endpoint_state(d.pop("state"))

        def _parse_disabled_because(data: object) -> None | WebhookEndpointDisabledBecauseType0:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                disabled_because_type_0 = check_webhook_endpoint_disabled_because_type_0(data)

                return disabled_because_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | WebhookEndpointDisabledBecauseType0, data)

        disabled_because = _parse_disabled_because(d.pop("disabled_because"))

        def _parse_disabled_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                disabled_at_type_0 = datetime.datetime.fromisoformat(data)

                return disabled_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        disabled_at = _parse_disabled_at(d.pop("disabled_at"))

        def _parse_failing_since(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                failing_since_type_0 = datetime.datetime.fromisoformat(data)

                return failing_since_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        failing_since = _parse_failing_since(d.pop("failing_since"))

        def _parse_earlier_secret_until(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                earlier_secret_until_type_0 = datetime.datetime.fromisoformat(data)

                return earlier_secret_until_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        earlier_secret_until = _parse_earlier_secret_until(d.pop("earlier_secret_until"))

        created_by = d.pop("created_by")

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        object_ = cast(Literal["webhook_endpoint"] | Unset, d.pop("object", UNSET))
        if object_ != "webhook_endpoint" and not isinstance(object_, Unset):
            raise ValueError(f"object must match const 'webhook_endpoint', got '{object_}'")

        webhook_endpoint = cls(
            id=id,
            livemode=livemode,
            url=url,
            events=events,
            description=description,
            state=state,
            disabled_because=disabled_because,
            disabled_at=disabled_at,
            failing_since=failing_since,
            earlier_secret_until=earlier_secret_until,
            created_by=created_by,
            created_at=created_at,
            object_=object_,
        )

        return webhook_endpoint
