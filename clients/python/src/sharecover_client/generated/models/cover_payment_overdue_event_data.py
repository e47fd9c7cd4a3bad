from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="CoverPaymentOverdueEventData")


@_attrs_define
class CoverPaymentOverdueEventData:
    """What belongs to it.

    Attributes:
        change (str | Unset): The change's id, where it was a change that wasn't paid for.
    """

    change: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        change = self.change

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if change is not UNSET:
            field_dict["change"] = change

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        change = d.pop("change", UNSET)

        cover_payment_overdue_event_data = cls(
            change=change,
        )

        return cover_payment_overdue_event_data
