from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="ClaimExposureAddedEventData")


@_attrs_define
class ClaimExposureAddedEventData:
    """What belongs to it.

    Attributes:
        exposure (str): The exposure's id.
    """

    exposure: str

    def to_dict(self) -> dict[str, Any]:
        exposure = self.exposure

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "exposure": exposure,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        exposure = d.pop("exposure")

        claim_exposure_added_event_data = cls(
            exposure=exposure,
        )

        return claim_exposure_added_event_data
