from __future__ import annotations

from collections.abc import Mapping
from typing import (
    Any,
    Literal,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define

T = TypeVar("T", bound="RiskOffDutyVehicleFRGoodsValue")


@_attrs_define
class RiskOffDutyVehicleFRGoodsValue:
    """
    Attributes:
        amount (int): In minor units (cents).
        currency (Literal['EUR']):
    """

    amount: int
    currency: Literal["EUR"]

    def to_dict(self) -> dict[str, Any]:
        amount = self.amount

        currency = self.currency

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "amount": amount,
                "currency": currency,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        amount = d.pop("amount")

        currency = cast(Literal["EUR"], d.pop("currency"))
        if currency != "EUR":
            raise ValueError(f"currency must match const 'EUR', got '{currency}'")

        risk_off_duty_vehicle_fr_goods_value = cls(
            amount=amount,
            currency=currency,
        )

        return risk_off_duty_vehicle_fr_goods_value
