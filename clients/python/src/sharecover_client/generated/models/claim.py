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

from ..models.claim_state import ClaimState, check_claim_state
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.claim_metadata import ClaimMetadata
    from ..models.exposure import Exposure


T = TypeVar("T", bound="Claim")


@_attrs_define
class Claim:
    """A claim. `flags` are for the handler: outside_window, late_notice, cover_not_in_force.

    Attributes:
        id (str):
        livemode (bool):
        number (str):
        state (ClaimState):
        cover (str):
        cause (str):
        loss_at (datetime.datetime):
        reported_at (datetime.datetime):
        flags (list[str]):
        description (None | str): Null once the member has been erased.
        exposures (list[Exposure]):
        metadata (ClaimMetadata):
        created_at (datetime.datetime):
        object_ (Literal['claim'] | Unset):  Default: 'claim'.
    """

    id: str
    livemode: bool
    number: str
    state: ClaimState
    cover: str
    cause: str
    loss_at: datetime.datetime
    reported_at: datetime.datetime
    flags: list[str]
    description: None | str
    exposures: list[Exposure]
    metadata: ClaimMetadata
    created_at: datetime.datetime
    object_: Literal["claim"] | Unset = "claim"

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        livemode = self.livemode

        number = self.number

        state: str = self.state

        cover = self.cover

        cause = self.cause

        loss_at = self.loss_at.isoformat()

        reported_at = self.reported_at.isoformat()

        flags = self.flags

        description: None | str
        description = self.description

        exposures = []
        for exposures_item_data in self.exposures:
            exposures_item = exposures_item_data.to_dict()
            exposures.append(exposures_item)

        metadata = self.metadata.to_dict()

        created_at = self.created_at.isoformat()

        object_ = self.object_

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "livemode": livemode,
                "number": number,
                "state": state,
                "cover": cover,
                "cause": cause,
                "loss_at": loss_at,
                "reported_at": reported_at,
                "flags": flags,
                "description": description,
                "exposures": exposures,
                "metadata": metadata,
                "created_at": created_at,
            }
        )
        if object_ is not UNSET:
            field_dict["object"] = object_

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.claim_metadata import ClaimMetadata  # noqa: PLC0415
        from ..models.exposure import Exposure  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        livemode = d.pop("livemode")

        number = d.pop("number")

        state = check_claim_state(d.pop("state"))

        cover = d.pop("cover")

        cause = d.pop("cause")

        loss_at = datetime.datetime.fromisoformat(d.pop("loss_at"))

        reported_at = datetime.datetime.fromisoformat(d.pop("reported_at"))

        flags = cast(list[str], d.pop("flags"))

        def _parse_description(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        description = _parse_description(d.pop("description"))

        exposures = []
        _exposures = d.pop("exposures")
        for exposures_item_data in _exposures:
            exposures_item = Exposure.from_dict(exposures_item_data)

            exposures.append(exposures_item)

        metadata = ClaimMetadata.from_dict(d.pop("metadata"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        object_ = cast(Literal["claim"] | Unset, d.pop("object", UNSET))
        if object_ != "claim" and not isinstance(object_, Unset):
            raise ValueError(f"object must match const 'claim', got '{object_}'")

        claim = cls(
            id=id,
            livemode=livemode,
            number=number,
            state=state,
            cover=cover,
            cause=cause,
            loss_at=loss_at,
            reported_at=reported_at,
            flags=flags,
            description=description,
            exposures=exposures,
            metadata=metadata,
            created_at=created_at,
            object_=object_,
        )

        return claim
