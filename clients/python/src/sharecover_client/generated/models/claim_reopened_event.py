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

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.no_data import NoData


T = TypeVar("T", bound="ClaimReopenedEvent")


@_attrs_define
class ClaimReopenedEvent:
    """A claim that was closed is looked at again.

    Attributes:
        id (str):
        livemode (bool):
        type_ (Literal['claim.reopened']):
        subject (str): The id of the quote, cover, claim, invoice, key or endpoint that it is about.
        sequence (int): Its place among the events about that subject, from 1 on: a cover's are told apart by it.
        actor (str): Who did it: the id of an API key, `clock` for what time alone did, or the part of the service that
            saw to it: `worker`, `card_processor`, `operator`.
        data (NoData): Nothing more belongs to an event of this kind.
        happened_at (datetime.datetime): When it happened, on your clock: in test mode, the one you move.
        created_at (datetime.datetime): When it was recorded, by the wall's clock in either mode.
        object_ (Literal['event'] | Unset):  Default: 'event'.
    """

    id: str
    livemode: bool
    type_: Literal["claim.reopened"]
    subject: str
    sequence: int
    actor: str
    data: NoData
    happened_at: datetime.datetime
    created_at: datetime.datetime
    object_: Literal["event"] | Unset = "event"

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        livemode = self.livemode

        type_ = self.type_

        subject = self.subject

        sequence = self.sequence

        actor = self.actor

        data = self.data.to_dict()

        happened_at = self.happened_at.isoformat()

        created_at = self.created_at.isoformat()

        object_ = self.object_

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "livemode": livemode,
                "type": type_,
                "subject": subject,
                "sequence": sequence,
                "actor": actor,
                "data": data,
                "happened_at": happened_at,
                "created_at": created_at,
            }
        )
        if object_ is not UNSET:
            field_dict["object"] = object_

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.no_data import NoData  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        livemode = d.pop("livemode")

        type_ = cast(Literal["claim.reopened"], d.pop("type"))
        if type_ != "claim.reopened":
            raise ValueError(f"type must match const 'claim.reopened', got '{type_}'")

        subject = d.pop("subject")

        sequence = d.pop("sequence")

        actor = d.pop("actor")

        data = NoData.from_dict(d.pop("data"))

        happened_at = datetime.datetime.fromisoformat(d.pop("happened_at"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        object_ = cast(Literal["event"] | Unset, d.pop("object", UNSET))
        if object_ != "event" and not isinstance(object_, Unset):
            raise ValueError(f"object must match const 'event', got '{object_}'")

        claim_reopened_event = cls(
            id=id,
            livemode=livemode,
            type_=type_,
            subject=subject,
            sequence=sequence,
            actor=actor,
            data=data,
            happened_at=happened_at,
            created_at=created_at,
            object_=object_,
        )

        return claim_reopened_event
