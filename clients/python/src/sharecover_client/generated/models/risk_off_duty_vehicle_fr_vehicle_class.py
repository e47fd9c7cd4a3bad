from typing import Literal, cast

RiskOffDutyVehicleFRVehicleClass = Literal["car", "cargo_bike", "van"]


def check_risk_off_duty_vehicle_fr_vehicle_class(value: str) -> RiskOffDutyVehicleFRVehicleClass:
    return cast(RiskOffDutyVehicleFRVehicleClass, value)
