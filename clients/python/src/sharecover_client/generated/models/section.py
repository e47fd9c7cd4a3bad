from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.section_period import SectionPeriod, check_section_period

if TYPE_CHECKING:
    from ..models.deductible import Deductible
    from ..models.exclusion import Exclusion
    from ..models.limit import Limit
    from ..models.money import Money


T = TypeVar("T", bound="Section")


@_attrs_define
class Section:
    """
    Attributes:
        name (str):
        label (str):
        net (Money): An amount in minor units (cents) of a currency (ISO 4217).
        limits (list[Limit]):
        deductible (Deductible | None):
        exclusions (list[Exclusion]):
        period (SectionPeriod): When it covers: the cover's term, or from the booking until the term begins.
    """

    name: str
    label: str
    net: Money
    limits: list[Limit]
    deductible: Deductible | None
    exclusions: list[Exclusion]
    period: SectionPeriod

    def to_dict(self) -> dict[str, Any]:
        from ..models.deductible import Deductible  # noqa: PLC0415

        name = self.name

        label = self.label

        net = self.net.to_dict()

        limits = []
        for limits_item_data in self.limits:
            limits_item = limits_item_data.to_dict()
            limits.append(limits_item)

        deductible: dict[str, Any] | None
        if isinstance(self.deductible, Deductible):
            deductible = self.deductible.to_dict()
        else:
            deductible = self.deductible

        exclusions = []
        for exclusions_item_data in self.exclusions:
            exclusions_item = exclusions_item_data.to_dict()
            exclusions.append(exclusions_item)

        period: str = self.period

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "label": label,
                "net": net,
                "limits": limits,
                "deductible": deductible,
                "exclusions": exclusions,
                "period": period,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.deductible import Deductible  # noqa: PLC0415
        from ..models.exclusion import Exclusion  # noqa: PLC0415
        from ..models.limit import Limit  # noqa: PLC0415
        from ..models.money import Money  # noqa: PLC0415

        d = dict(src_dict)
        name = d.pop("name")

        label = d.pop("label")

        net = Money.from_dict(d.pop("net"))

        limits = []
        _limits = d.pop("limits")
        for limits_item_data in _limits:
            limits_item = Limit.from_dict(limits_item_data)

            limits.append(limits_item)

        def _parse_deductible(data: object) -> Deductible | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                deductible_type_0 = Deductible.from_dict(data)

                return deductible_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Deductible | None, data)

        deductible = _parse_deductible(d.pop("deductible"))

        exclusions = []
        _exclusions = d.pop("exclusions")
        for exclusions_item_data in _exclusions:
            exclusions_item = Exclusion.from_dict(exclusions_item_data)

            exclusions.append(exclusions_item)

        period = check_section_period(d.pop("period"))

        section = cls(
            name=name,
            label=label,
            net=net,
            limits=limits,
            deductible=deductible,
            exclusions=exclusions,
            period=period,
        )

        return section
