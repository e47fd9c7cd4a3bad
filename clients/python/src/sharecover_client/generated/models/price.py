from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.fee import Fee
    from ..models.money import Money
    from ..models.section import Section
    from ..models.surcharge import Surcharge
    from ..models.tax import Tax


T = TypeVar("T", bound="Price")


@_attrs_define
class Price:
    """A price line by line: net + surcharges + taxes + fees = gross.

    Attributes:
        sections (list[Section]):
        net (Money): An amount in minor units (cents) of a currency (ISO 4217).
        surcharges (list[Surcharge]):
        taxes (list[Tax]):
        fees (list[Fee]):
        gross (Money): An amount in minor units (cents) of a currency (ISO 4217).
    """

    sections: list[Section]
    net: Money
    surcharges: list[Surcharge]
    taxes: list[Tax]
    fees: list[Fee]
    gross: Money

    def to_dict(self) -> dict[str, Any]:
        sections = []
        for sections_item_data in self.sections:
            sections_item = sections_item_data.to_dict()
            sections.append(sections_item)

        net = self.net.to_dict()

        surcharges = []
        for surcharges_item_data in self.surcharges:
            surcharges_item = surcharges_item_data.to_dict()
            surcharges.append(surcharges_item)

        taxes = []
        for taxes_item_data in self.taxes:
            taxes_item = taxes_item_data.to_dict()
            taxes.append(taxes_item)

        fees = []
        for fees_item_data in self.fees:
            fees_item = fees_item_data.to_dict()
            fees.append(fees_item)

        gross = self.gross.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "sections": sections,
                "net": net,
                "surcharges": surcharges,
                "taxes": taxes,
                "fees": fees,
                "gross": gross,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.fee import Fee  # noqa: PLC0415
        from ..models.money import Money  # noqa: PLC0415
        from ..models.section import Section  # noqa: PLC0415
        from ..models.surcharge import Surcharge  # noqa: PLC0415
        from ..models.tax import Tax  # noqa: PLC0415

        d = dict(src_dict)
        sections = []
        _sections = d.pop("sections")
        for sections_item_data in _sections:
            sections_item = Section.from_dict(sections_item_data)

            sections.append(sections_item)

        net = Money.from_dict(d.pop("net"))

        surcharges = []
        _surcharges = d.pop("surcharges")
        for surcharges_item_data in _surcharges:
            surcharges_item = Surcharge.from_dict(surcharges_item_data)

            surcharges.append(surcharges_item)

        taxes = []
        _taxes = d.pop("taxes")
        for taxes_item_data in _taxes:
            taxes_item = Tax.from_dict(taxes_item_data)

            taxes.append(taxes_item)

        fees = []
        _fees = d.pop("fees")
        for fees_item_data in _fees:
            fees_item = Fee.from_dict(fees_item_data)

            fees.append(fees_item)

        gross = Money.from_dict(d.pop("gross"))

        price = cls(
            sections=sections,
            net=net,
            surcharges=surcharges,
            taxes=taxes,
            fees=fees,
            gross=gross,
        )

        return price
