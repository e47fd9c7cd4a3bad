from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.deductible_applied import DeductibleApplied, check_deductible_applied
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.money import Money


T = TypeVar("T", bound="Deductible")


@_attrs_define
class Deductible:
    """What the insured bears of a loss: an amount, or a share with a least and a most.

    Attributes:
        owed_by (str):
        applied (DeductibleApplied): Whether it comes off the loss, or off what the limit leaves of it.
        against_third_parties (bool): Whether a third party's claim is cut by it.
        amount (Money | None | Unset):
        share_percent (int | None | Unset):
        min_ (Money | None | Unset):
        max_ (Money | None | Unset):
    """

    owed_by: str
    applied: DeductibleApplied
    against_third_parties: bool
    amount: Money | None | Unset = UNSET
    share_percent: int | None | Unset = UNSET
    min_: Money | None | Unset = UNSET
    max_: Money | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.money import Money  # noqa: PLC0415

        owed_by = self.owed_by

        applied: str = self.applied

        against_third_parties = self.against_third_parties

        amount: dict[str, Any] | None | Unset
        if isinstance(self.amount, Unset):
            amount = UNSET
        elif isinstance(self.amount, Money):
            amount = self.amount.to_dict()
        else:
            amount = self.amount

        share_percent: int | None | Unset
        if isinstance(self.share_percent, Unset):
            share_percent = UNSET
        else:
            share_percent = self.share_percent

        min_: dict[str, Any] | None | Unset
        if isinstance(self.min_, Unset):
            min_ = UNSET
        elif isinstance(self.min_, Money):
            min_ = self.min_.to_dict()
        else:
            min_ = self.min_

        max_: dict[str, Any] | None | Unset
        if isinstance(self.max_, Unset):
            max_ = UNSET
        elif isinstance(self.max_, Money):
            max_ = self.max_.to_dict()
        else:
            max_ = self.max_

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "owed_by": owed_by,
                "applied": applied,
                "against_third_parties": against_third_parties,
            }
        )
        if amount is not UNSET:
            field_dict["amount"] = amount
        if share_percent is not UNSET:
            field_dict["share_percent"] = share_percent
        if min_ is not UNSET:
            field_dict["min"] = min_
        if max_ is not UNSET:
            field_dict["max"] = max_

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.money import Money  # noqa: PLC0415

        d = dict(src_dict)
        owed_by = d.pop("owed_by")

        applied = check_deductible_applied(d.pop("applied"))

        against_third_parties = d.pop("against_third_parties")

        def _parse_amount(data: object) -> Money | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                amount_type_0 = Money.from_dict(data)

                return amount_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Money | None | Unset, data)

        amount = _parse_amount(d.pop("amount", UNSET))

        def _parse_share_percent(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        share_percent = _parse_share_percent(d.pop("share_percent", UNSET))

        def _parse_min_(data: object) -> Money | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                min_type_0 = Money.from_dict(data)

                return min_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Money | None | Unset, data)

        min_ = _parse_min_(d.pop("min", UNSET))

        def _parse_max_(data: object) -> Money | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                max_type_0 = Money.from_dict(data)

                return max_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Money | None | Unset, data)

        max_ = _parse_max_(d.pop("max", UNSET))

        deductible = cls(
            owed_by=owed_by,
            applied=applied,
            against_third_parties=against_third_parties,
            amount=amount,
            share_percent=share_percent,
            min_=min_,
            max_=max_,
        )

        return deductible
