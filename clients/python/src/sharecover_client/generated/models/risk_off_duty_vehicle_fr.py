from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..models.risk_off_duty_vehicle_fr_excess import (
    RiskOffDutyVehicleFRExcess,
    check_risk_off_duty_vehicle_fr_excess,
)
from ..models.risk_off_duty_vehicle_fr_vehicle_class import (
    RiskOffDutyVehicleFRVehicleClass,
    check_risk_off_duty_vehicle_fr_vehicle_class,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.risk_off_duty_vehicle_fr_goods_value import (
        RiskOffDutyVehicleFRGoodsValue,
    )


T = TypeVar("T", bound="RiskOffDutyVehicleFR")


@_attrs_define
class RiskOffDutyVehicleFR:
    """
    Attributes:
        vehicle_class (RiskOffDutyVehicleFRVehicleClass):
        registration (str): A personal fact: kept under the member's own key.
        driver_born (datetime.date): A personal fact: kept under the member's own key.
        licence_since (datetime.date):
        claims_3y (int | Unset):  Default: 0.
        excess (RiskOffDutyVehicleFRExcess | Unset):  Default: 'standard'.
        goods_value (RiskOffDutyVehicleFRGoodsValue | Unset):
    """

    vehicle_class: RiskOffDutyVehicleFRVehicleClass
    registration: str
    driver_born: datetime.date
    licence_since: datetime.date
    claims_3y: int | Unset = 0
    excess: RiskOffDutyVehicleFRExcess | Unset = "standard"
    goods_value: RiskOffDutyVehicleFRGoodsValue | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        vehicle_class: str = self.vehicle_class

        registration = self.registration

        driver_born = self.driver_born.isoformat()

        licence_since = self.licence_since.isoformat()

        claims_3y = self.claims_3y

        excess: str | Unset = UNSET
        if not isinstance(self.excess, Unset):
            excess = self.excess

        goods_value: dict[str, Any] | Unset = UNSET
        if not isinstance(self.goods_value, Unset):
            goods_value = self.goods_value.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "vehicle_class": vehicle_class,
                "registration": registration,
                "driver_born": driver_born,
                "licence_since": licence_since,
            }
        )
        if claims_3y is not UNSET:
            field_dict["claims_3y"] = claims_3y
        if excess is not UNSET:
            field_dict["excess"] = excess
        if goods_value is not UNSET:
            field_dict["goods_value"] = goods_value

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.risk_off_duty_vehicle_fr_goods_value import (
            RiskOffDutyVehicleFRGoodsValue,  # noqa: PLC0415
        )

        d = dict(src_dict)
        vehicle_class = check_risk_off_duty_vehicle_fr_vehicle_class(d.pop("vehicle_class"))

        registration = d.pop("registration")

        driver_born = datetime.date.fromisoformat(d.pop("driver_born"))

        licence_since = datetime.date.fromisoformat(d.pop("licence_since"))

        claims_3y = d.pop("claims_3y", UNSET)

        _excess = d.pop("excess", UNSET)
        excess: RiskOffDutyVehicleFRExcess | Unset
        if isinstance(_excess, Unset):
            excess = UNSET
        else:
            excess = check_risk_off_duty_vehicle_fr_excess(_excess)

        _goods_value = d.pop("goods_value", UNSET)
        goods_value: RiskOffDutyVehicleFRGoodsValue | Unset
        if isinstance(_goods_value, Unset):
            goods_value = UNSET
        else:
            goods_value = RiskOffDutyVehicleFRGoodsValue.from_dict(_goods_value)

        risk_off_duty_vehicle_fr = cls(
            vehicle_class=vehicle_class,
            registration=registration,
            driver_born=driver_born,
            licence_since=licence_since,
            claims_3y=claims_3y,
            excess=excess,
            goods_value=goods_value,
        )

        return risk_off_duty_vehicle_fr
