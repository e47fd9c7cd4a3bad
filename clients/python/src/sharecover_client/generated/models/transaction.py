from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..models.transaction_premium_type import (
    TransactionPremiumType,
    check_transaction_premium_type,
)
from ..models.transaction_risk_type import (
    TransactionRiskType,
    check_transaction_risk_type,
)

if TYPE_CHECKING:
    from ..models.money import Money


T = TypeVar("T", bound="Transaction")


@_attrs_define
class Transaction:
    """
    Attributes:
        id (str):
        risk_type (TransactionRiskType):
        premium_type (TransactionPremiumType):
        effective_at (datetime.datetime):
        net (Money): An amount in minor units (cents) of a currency (ISO 4217).
        surcharges (Money): An amount in minor units (cents) of a currency (ISO 4217).
        tax (Money): An amount in minor units (cents) of a currency (ISO 4217).
        fees (Money): An amount in minor units (cents) of a currency (ISO 4217).
        gross (Money): An amount in minor units (cents) of a currency (ISO 4217).
    """

    id: str
    risk_type: TransactionRiskType
    premium_type: TransactionPremiumType
    effective_at: datetime.datetime
    net: Money
    surcharges: Money
    tax: Money
    fees: Money
    gross: Money

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        risk_type: str = self.risk_type

        premium_type: str = self.premium_type

        effective_at = self.effective_at.isoformat()

        net = self.net.to_dict()

        surcharges = self.surcharges.to_dict()

        tax = self.tax.to_dict()

        fees = self.fees.to_dict()

        gross = self.gross.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "risk_type": risk_type,
                "premium_type": premium_type,
                "effective_at": effective_at,
                "net": net,
                "surcharges": surcharges,
                "tax": tax,
                "fees": fees,
                "gross": gross,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.money import Money  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        risk_type = check_transaction_risk_type(d.pop("risk_type"))

        premium_type = check_transaction_premium_type(d.pop("premium_type"))

        effective_at = datetime.datetime.fromisoformat(d.pop("effective_at"))

        net = Money.from_dict(d.pop("net"))

        surcharges = Money.from_dict(d.pop("surcharges"))

        tax = Money.from_dict(d.pop("tax"))

        fees = Money.from_dict(d.pop("fees"))

        gross = Money.from_dict(d.pop("gross"))

        transaction = cls(
            id=id,
            risk_type=risk_type,
            premium_type=premium_type,
            effective_at=effective_at,
            net=net,
            surcharges=surcharges,
            tax=tax,
            fees=fees,
            gross=gross,
        )

        return transaction
