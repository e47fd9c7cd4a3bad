from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.payment_method import PaymentMethod, check_payment_method

T = TypeVar("T", bound="Payment")


@_attrs_define
class Payment:
    """
    Attributes:
        method (PaymentMethod): `invoice`: on your monthly invoice. `card`: its member pays, and the cover waits for it.
    """

    method: PaymentMethod

    def to_dict(self) -> dict[str, Any]:
        method: str = self.method

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "method": method,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        method = check_payment_method(d.pop("method"))

        payment = cls(
            method=method,
        )

        return payment
