from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="ClaimCreatedEventData")


@_attrs_define
class ClaimCreatedEventData:
    """What belongs to it.

    Attributes:
        cover (str): The cover's id.
        flags (list[str]): What stood out: outside_window, late_notice, cover_not_in_force.
    """

    cover: str
    flags: list[str]

    def to_dict(self) -> dict[str, Any]:
        cover = self.cover

        flags = self.flags

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "cover": cover,
                "flags": flags,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        cover = d.pop("cover")

        flags = cast(list[str], d.pop("flags"))

        claim_created_event_data = cls(
            cover=cover,
            flags=flags,
        )

        return claim_created_event_data
