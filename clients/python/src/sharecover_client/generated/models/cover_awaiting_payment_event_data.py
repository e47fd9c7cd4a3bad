from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="CoverAwaitingPaymentEventData")


@_attrs_define
class CoverAwaitingPaymentEventData:
    """What belongs to it.

    Attributes:
        quote (str): The quote's id.
        payment (str): The payment's id.
    """

    quote: str
    payment: str

    def to_dict(self) -> dict[str, Any]:
        quote = self.quote

        payment = self.payment

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "quote": quote,
                "payment": payment,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        quote = d.pop("quote")

        payment = d.pop("payment")

        cover_awaiting_payment_event_data = cls(
            quote=quote,
            payment=payment,
        )

        return cover_awaiting_payment_event_data
