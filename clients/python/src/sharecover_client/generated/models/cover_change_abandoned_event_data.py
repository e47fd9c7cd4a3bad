from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="CoverChangeAbandonedEventData")


@_attrs_define
class CoverChangeAbandonedEventData:
    """What belongs to it.

    Attributes:
        change (str): The change's id.
    """

    change: str

    def to_dict(self) -> dict[str, Any]:
        change = self.change

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "change": change,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        change = d.pop("change")

        cover_change_abandoned_event_data = cls(
            change=change,
        )

        return cover_change_abandoned_event_data
