from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="CoverIssuedEventData")


@_attrs_define
class CoverIssuedEventData:
    """What belongs to it.

    Attributes:
        quote (str): The quote's id.
        transaction (str): The transaction's id.
    """

    quote: str
    transaction: str

    def to_dict(self) -> dict[str, Any]:
        quote = self.quote

        transaction = self.transaction

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "quote": quote,
                "transaction": transaction,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        quote = d.pop("quote")

        transaction = d.pop("transaction")

        cover_issued_event_data = cls(
            quote=quote,
            transaction=transaction,
        )

        return cover_issued_event_data
