from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="ApiKeyRotatedEventData")


@_attrs_define
class ApiKeyRotatedEventData:
    """What belongs to it.

    Attributes:
        replaced_by (str): The successor's id.
    """

    replaced_by: str

    def to_dict(self) -> dict[str, Any]:
        replaced_by = self.replaced_by

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "replaced_by": replaced_by,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        replaced_by = d.pop("replaced_by")

        api_key_rotated_event_data = cls(
            replaced_by=replaced_by,
        )

        return api_key_rotated_event_data
