from typing import Literal, cast

RiskGoodsCarriedFRCarriedBy = Literal["neighbour", "traveller"]


def check_risk_goods_carried_fr_carried_by(value: str) -> RiskGoodsCarriedFRCarriedBy:
    return cast(RiskGoodsCarriedFRCarriedBy, value)
