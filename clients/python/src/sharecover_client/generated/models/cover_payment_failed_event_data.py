from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="CoverPaymentFailedEventData")


@_attrs_define
class CoverPaymentFailedEventData:
    """What belongs to it.

    Attributes:
        payment (str): The payment's id.
        declined (str): Why, in the processor's code.
    """

    payment: str
    declined: str

    def to_dict(self) -> dict[str, Any]:
        payment = self.payment

        declined = self.declined

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "payment": payment,
                "declined": declined,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        payment = d.pop("payment")

        declined = d.pop("declined")

        cover_payment_failed_event_data = cls(
            payment=payment,
            declined=declined,
        )

        return cover_payment_failed_event_data
