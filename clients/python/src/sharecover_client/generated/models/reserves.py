from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.money import Money


T = TypeVar("T", bound="Reserves")


@_attrs_define
class Reserves:
    """
    Attributes:
        indemnity (Money): An amount in minor units (cents) of a currency (ISO 4217).
        fees (Money): An amount in minor units (cents) of a currency (ISO 4217).
    """

    indemnity: Money
    fees: Money

    def to_dict(self) -> dict[str, Any]:
        indemnity = self.indemnity.to_dict()

        fees = self.fees.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "indemnity": indemnity,
                "fees": fees,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.money import Money  # noqa: PLC0415

        d = dict(src_dict)
        indemnity = Money.from_dict(d.pop("indemnity"))

        fees = Money.from_dict(d.pop("fees"))

        reserves = cls(
            indemnity=indemnity,
            fees=fees,
        )

        return reserves
