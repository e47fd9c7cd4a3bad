from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="CoverPaymentDisputedEventData")


@_attrs_define
class CoverPaymentDisputedEventData:
    """What belongs to it.

    Attributes:
        dispute (str): The dispute's id.
    """

    dispute: str

    def to_dict(self) -> dict[str, Any]:
        dispute = self.dispute

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "dispute": dispute,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        dispute = d.pop("dispute")

        cover_payment_disputed_event_data = cls(
            dispute=dispute,
        )

        return cover_payment_disputed_event_data
