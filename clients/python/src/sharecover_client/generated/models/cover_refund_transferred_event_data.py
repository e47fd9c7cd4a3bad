from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="CoverRefundTransferredEventData")


@_attrs_define
class CoverRefundTransferredEventData:
    """What belongs to it.

    Attributes:
        refund (str): The refund's id.
    """

    refund: str

    def to_dict(self) -> dict[str, Any]:
        refund = self.refund

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "refund": refund,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        refund = d.pop("refund")

        cover_refund_transferred_event_data = cls(
            refund=refund,
        )

        return cover_refund_transferred_event_data
