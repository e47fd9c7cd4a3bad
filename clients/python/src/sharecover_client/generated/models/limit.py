from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.limit_per import LimitPer, check_limit_per

if TYPE_CHECKING:
    from ..models.money import Money


T = TypeVar("T", bound="Limit")


@_attrs_define
class Limit:
    """
    Attributes:
        name (str):
        label (str):
        amount (Money | None): Null is unlimited.
        per (LimitPer):
    """

    name: str
    label: str
    amount: Money | None
    per: LimitPer

    def to_dict(self) -> dict[str, Any]:
        from ..models.money import Money  # noqa: PLC0415

        name = self.name

        label = self.label

        amount: dict[str, Any] | None
        if isinstance(self.amount, Money):
            amount = self.amount.to_dict()
        else:
            amount = self.amount

        per: str = self.per

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "label": label,
                "amount": amount,
                "per": per,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.money import Money  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        label = d.pop("label")

        def _parse_amount(data: object) -> Money | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                amount_type_0 = Money.from_dict(data)

                return amount_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Money | None, data)

        amount = _parse_amount(d.pop("amount"))

        per = check_limit_per(d.pop("per"))

        limit = cls(
            name=name,
            label=label,
            amount=amount,
            per=per,
        )

        return limit
