from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.money import Money


T = TypeVar("T", bound="Surcharge")


@_attrs_define
class Surcharge:
    """A compulsory surcharge on a section: itself premium, and taxed with it.

    Attributes:
        name (str):
        label (str):
        section (str):
        amount (Money): An amount in minor units (cents) of a currency (ISO 4217).
    """

    name: str
    label: str
    section: str
    amount: Money

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        label = self.label

        section = self.section

        amount = self.amount.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "label": label,
                "section": section,
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

        section = d.pop("section")

        amount = Money.from_dict(d.pop("amount"))

        surcharge = cls(
            name=name,
            label=label,
            section=section,
            amount=amount,
        )

        return surcharge
