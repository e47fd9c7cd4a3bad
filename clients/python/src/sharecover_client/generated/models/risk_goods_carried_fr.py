from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..models.risk_goods_carried_fr_carried_by import (
    RiskGoodsCarriedFRCarriedBy,
    check_risk_goods_carried_fr_carried_by,
)
from ..models.risk_goods_carried_fr_category import (
    RiskGoodsCarriedFRCategory,
    check_risk_goods_carried_fr_category,
)
from ..models.risk_goods_carried_fr_transport import (
    RiskGoodsCarriedFRTransport,
    check_risk_goods_carried_fr_transport,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.risk_goods_carried_fr_goods_value import RiskGoodsCarriedFRGoodsValue


T = TypeVar("T", bound="RiskGoodsCarriedFR")


@_attrs_define
class RiskGoodsCarriedFR:
    """
    Attributes:
        carried_by (RiskGoodsCarriedFRCarriedBy):
        transport (RiskGoodsCarriedFRTransport):
        category (RiskGoodsCarriedFRCategory):
        distance_km (int):
        goods_value (RiskGoodsCarriedFRGoodsValue):
        goods_description (str | Unset): A personal fact: kept under the member's own key.
        fragile (bool | Unset):  Default: False.
        left_in_vehicle (bool | Unset):  Default: False.
        claims_3y (int | Unset):  Default: 0.
    """

    carried_by: RiskGoodsCarriedFRCarriedBy
    transport: RiskGoodsCarriedFRTransport
    category: RiskGoodsCarriedFRCategory
    distance_km: int
    goods_value: RiskGoodsCarriedFRGoodsValue
    goods_description: str | Unset = UNSET
    fragile: bool | Unset = False
    left_in_vehicle: bool | Unset = False
    claims_3y: int | Unset = 0

    def to_dict(self) -> dict[str, Any]:
        carried_by: str = self.carried_by

        transport: str = self.transport

        category: str = self.category

        distance_km = self.distance_km

        goods_value = self.goods_value.to_dict()

        goods_description = self.goods_description

        fragile = self.fragile

        left_in_vehicle = self.left_in_vehicle

        claims_3y = self.claims_3y

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "carried_by": carried_by,
                "transport": transport,
                "category": category,
                "distance_km": distance_km,
                "goods_value": goods_value,
            }
        )
        if goods_description is not UNSET:
            field_dict["goods_description"] = goods_description
        if fragile is not UNSET:
            field_dict["fragile"] = fragile
        if left_in_vehicle is not UNSET:
            field_dict["left_in_vehicle"] = left_in_vehicle
        if claims_3y is not UNSET:
            field_dict["claims_3y"] = claims_3y

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.risk_goods_carried_fr_goods_value import (
            RiskGoodsCarriedFRGoodsValue,  # noqa: PLC0415
        )

        d = dict(src_dict)
        carried_by = check_risk_goods_carried_fr_carried_by(d.pop("carried_by"))

        transport = check_risk_goods_carried_fr_transport(d.pop("transport"))

        category = check_risk_goods_carried_fr_category(d.pop("category"))

        distance_km = d.pop("distance_km")

        goods_value = RiskGoodsCarriedFRGoodsValue.from_dict(d.pop("goods_value"))

        goods_description = d.pop("goods_description", UNSET)

        fragile = d.pop("fragile", UNSET)

        left_in_vehicle = d.pop("left_in_vehicle", UNSET)

        claims_3y = d.pop("claims_3y", UNSET)

        risk_goods_carried_fr = cls(
            carried_by=carried_by,
            transport=transport,
            category=category,
            distance_km=distance_km,
            goods_value=goods_value,
            goods_description=goods_description,
            fragile=fragile,
            left_in_vehicle=left_in_vehicle,
            claims_3y=claims_3y,
        )

        return risk_goods_carried_fr
