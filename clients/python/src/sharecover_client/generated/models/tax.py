from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.tax_kind import TaxKind, check_tax_kind

if TYPE_CHECKING:
    from ..models.money import Money


T = TypeVar("T", bound="Tax")


@_attrs_define
class Tax:
    """
    Attributes:
        name (str):
        label (str):
        kind (TaxKind):
        tax_class (str):
        rate (None | str): In percent; null for a flat levy.
        on (Money): An amount in minor units (cents) of a currency (ISO 4217).
        amount (Money): An amount in minor units (cents) of a currency (ISO 4217).
    """

    name: str
    label: str
    kind: TaxKind
    tax_class: str
    rate: None | str
    on: Money
    amount: Money

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        label = self.label

        kind: str = self.kind

        tax_class = self.tax_class

        rate: None | str
        rate = self.rate

        on = self.on.to_dict()

        amount = self.amount.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "label": label,
                "kind": kind,
                "tax_class": tax_class,
                "rate": rate,
                "on": on,
                "amount": amount,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.money import Money  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        label = d.pop("label")

        kind = check_tax_kind(d.pop("kind"))

        tax_class = d.pop("tax_class")

        def _parse_rate(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        rate = _parse_rate(d.pop("rate"))

        on = Money.from_dict(d.pop("on"))

        amount = Money.from_dict(d.pop("amount"))

        tax = cls(
            name=name,
            label=label,
            kind=kind,
            tax_class=tax_class,
            rate=rate,
            on=on,
            amount=amount,
        )

        return tax
