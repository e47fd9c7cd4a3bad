from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="CoverPaymentReturnedEventData")


@_attrs_define
class CoverPaymentReturnedEventData:
    """What belongs to it.

    Attributes:
        payment (str): The payment's id.
        refund (str): The refund's id.
    """

    payment: str
    refund: str

    def to_dict(self) -> dict[str, Any]:
        payment = self.payment

        refund = self.refund

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "payment": payment,
                "refund": refund,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        payment = d.pop("payment")

        refund = d.pop("refund")

        cover_payment_returned_event_data = cls(
            payment=payment,
            refund=refund,
        )

        return cover_payment_returned_event_data
