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

from ..models.delivery_state import DeliveryState, check_delivery_state
from ..types import UNSET, Unset

T = TypeVar("T", bound="Delivery")


@_attrs_define
class Delivery:
    """An event on its way to an endpoint.

    Attributes:
        id (str):
        livemode (bool):
        endpoint (str):
        event (str): The event's id, which every try bears as `webhook-id`.
        type_ (str):
        state (DeliveryState):
        attempts (int): How often it was tried.
        next_attempt_at (datetime.datetime | None): Null once it is delivered or has failed.
        created_at (datetime.datetime):
        object_ (Literal['webhook_delivery'] | Unset):  Default: 'webhook_delivery'.
    """

    id: str
    livemode: bool
    endpoint: str
    event: str
    type_: str
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime.datetime | None
    created_at: datetime.datetime
    object_: Literal["webhook_delivery"] | Unset = "webhook_delivery"

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        livemode = self.livemode

        endpoint = self.endpoint

        event = self.event

        type_ = self.type_

        state: str = self.state

        attempts = self.attempts

        next_attempt_at: None | str
        if isinstance(self.next_attempt_at, datetime.datetime):
            next_attempt_at = self.next_attempt_at.isoformat()
        else:
            next_attempt_at = self.next_attempt_at

        created_at = self.created_at.isoformat()

        object_ = self.object_

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "livemode": livemode,
                "endpoint": endpoint,
                "event": event,
                "type": type_,
                "state": state,
                "attempts": attempts,
                "next_attempt_at": next_attempt_at,
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

        endpoint = d.pop("endpoint")

        event = d.pop("event")

        type_ = d.pop("type")

        state = check_delivery_state(d.pop("state"))

        attempts = d.pop("attempts")

        def _parse_next_attempt_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                next_attempt_at_type_0 = datetime.datetime.fromisoformat(data)

                return next_attempt_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        next_attempt_at = _parse_next_attempt_at(d.pop("next_attempt_at"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        object_ = cast(Literal["webhook_delivery"] | Unset, d.pop("object", UNSET))
        if object_ != "webhook_delivery" and not isinstance(object_, Unset):
            raise ValueError(f"object must match const 'webhook_delivery', got '{object_}'")

        delivery = cls(
            id=id,
            livemode=livemode,
            endpoint=endpoint,
            event=event,
            type_=type_,
            state=state,
            attempts=attempts,
            next_attempt_at=next_attempt_at,
            created_at=created_at,
            object_=object_,
        )

        return delivery
