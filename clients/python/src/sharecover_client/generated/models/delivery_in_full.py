from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define

from ..models.delivery_in_full_state import (
    DeliveryInFullState,
    check_delivery_in_full_state,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.attempt_told import AttemptTold


T = TypeVar("T", bound="DeliveryInFull")


@_attrs_define
class DeliveryInFull:
    """
    Attributes:
        id (str):
        livemode (bool):
        endpoint (str):
        event (str): The event's id, which every try bears as `webhook-id`.
        type_ (str):
        state (DeliveryInFullState):
        attempts (int): How often it was tried.
        next_attempt_at (datetime.datetime | None): Null once it is delivered or has failed.
        created_at (datetime.datetime):
        tries (list[AttemptTold]):
        object_ (Literal['webhook_delivery'] | Unset):  Default: 'webhook_delivery'.
    """

    id: str
    livemode: bool
    endpoint: str
    event: str
    type_: str
    state: DeliveryInFullState
    attempts: int
    next_attempt_at: datetime.datetime | None
    created_at: datetime.datetime
    tries: list[AttemptTold]
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

        tries = []
        for tries_item_data in self.tries:
            tries_item = tries_item_data.to_dict()
            tries.append(tries_item)

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
                "tries": tries,
            }
        )
        if object_ is not UNSET:
            field_dict["object"] = object_

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.attempt_told import AttemptTold  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        livemode = d.pop("livemode")

        endpoint = d.pop("endpoint")

        event = d.pop("event")

        type_ = d.pop("type")

        state = check_delivery_in_full_state(d.pop("state"))

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

        tries = []
        _tries = d.pop("tries")
        for tries_item_data in _tries:
            tries_item = AttemptTold.from_dict(tries_item_data)

            tries.append(tries_item)

        object_ = cast(Literal["webhook_delivery"] | Unset, d.pop("object", UNSET))
        if object_ != "webhook_delivery" and not isinstance(object_, Unset):
            raise ValueError(f"object must match const 'webhook_delivery', got '{object_}'")

        delivery_in_full = cls(
            id=id,
            livemode=livemode,
            endpoint=endpoint,
            event=event,
            type_=type_,
            state=state,
            attempts=attempts,
            next_attempt_at=next_attempt_at,
            created_at=created_at,
            tries=tries,
            object_=object_,
        )

        return delivery_in_full
