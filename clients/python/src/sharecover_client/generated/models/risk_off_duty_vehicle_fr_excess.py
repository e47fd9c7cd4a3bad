from typing import Literal, cast

RiskOffDutyVehicleFRExcess = Literal["low", "standard"]


def check_risk_off_duty_vehicle_fr_excess(value: str) -> RiskOffDutyVehicleFRExcess:
    return cast(RiskOffDutyVehicleFRExcess, value)
