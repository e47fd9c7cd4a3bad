from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="CoverChangedEventData")


@_attrs_define
class CoverChangedEventData:
    """What belongs to it.

    Attributes:
        change (str): The change's id.
        transaction (str): The transaction's id.
    """

    change: str
    transaction: str

    def to_dict(self) -> dict[str, Any]:
        change = self.change

        transaction = self.transaction

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "change": change,
                "transaction": transaction,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        change = d.pop("change")

        transaction = d.pop("transaction")

        cover_changed_event_data = cls(
            change=change,
            transaction=transaction,
        )

        return cover_changed_event_data
