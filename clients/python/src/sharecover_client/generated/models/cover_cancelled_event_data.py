from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="CoverCancelledEventData")


@_attrs_define
class CoverCancelledEventData:
    """What belongs to it.

    Attributes:
        transaction (str): The transaction's id.
    """

    transaction: str

    def to_dict(self) -> dict[str, Any]:
        transaction = self.transaction

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "transaction": transaction,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        transaction = d.pop("transaction")

        cover_cancelled_event_data = cls(
            transaction=transaction,
        )

        return cover_cancelled_event_data
