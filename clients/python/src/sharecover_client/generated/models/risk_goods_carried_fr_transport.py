from typing import Literal, cast

RiskGoodsCarriedFRTransport = Literal["bicycle", "car", "on_foot", "train", "van"]


def check_risk_goods_carried_fr_transport(value: str) -> RiskGoodsCarriedFRTransport:
    return cast(RiskGoodsCarriedFRTransport, value)
