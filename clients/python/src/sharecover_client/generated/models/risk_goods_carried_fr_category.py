from typing import Literal, cast

RiskGoodsCarriedFRCategory = Literal["artworks", "electronics", "household", "instruments", "money_and_jewellery"]


def check_risk_goods_carried_fr_category(value: str) -> RiskGoodsCarriedFRCategory:
    return cast(RiskGoodsCarriedFRCategory, value)
