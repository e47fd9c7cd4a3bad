from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.terms_average import TermsAverage, check_terms_average

if TYPE_CHECKING:
    from ..models.term import Term
    from ..models.terms_deductible_type_0 import TermsDeductibleType0


T = TypeVar("T", bound="Terms")


@_attrs_define
class Terms:
    """The section's terms as they held at the loss.

    Attributes:
        starts_at (datetime.datetime):
        ends_at (datetime.datetime):
        covered (bool): Whether the section covered at the loss.
        layer (str):
        per (str):
        limits (list[Term]):
        sublimits (list[Term]):
        deductible (None | TermsDeductibleType0): In minor units, as it stands in the product.
        average (TermsAverage):
    """

    starts_at: datetime.datetime
    ends_at: datetime.datetime
    covered: bool
    layer: str
    per: str
    limits: list[Term]
    sublimits: list[Term]
    deductible: None | TermsDeductibleType0
    average: TermsAverage

    def to_dict(self) -> dict[str, Any]:
        from ..models.terms_deductible_type_0 import TermsDeductibleType0  # noqa: PLC0415

        starts_at = self.starts_at.isoformat()

        ends_at = self.ends_at.isoformat()

        covered = self.covered

        layer = self.layer

        per = self.per

        limits = []
        for limits_item_data in self.limits:
            limits_item = limits_item_data.to_dict()
            limits.append(limits_item)

        sublimits = []
        for sublimits_item_data in self.sublimits:
            sublimits_item = sublimits_item_data.to_dict()
            sublimits.append(sublimits_item)

        deductible: dict[str, Any] | None
        if isinstance(self.deductible, TermsDeductibleType0):
            deductible = self.deductible.to_dict()
        else:
            deductible = self.deductible

        average: str = self.average

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "starts_at": starts_at,
                "ends_at": ends_at,
                "covered": covered,
                "layer": layer,
                "per": per,
                "limits": limits,
                "sublimits": sublimits,
                "deductible": deductible,
                "average": average,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.term import Term  # noqa: PLC0415
        from ..models.terms_deductible_type_0 import TermsDeductibleType0  # noqa: PLC0415

        d = dict(src_dict)
        starts_at = datetime.datetime.fromisoformat(d.pop("starts_at"))

        ends_at = datetime.datetime.fromisoformat(d.pop("ends_at"))

        covered = d.pop("covered")

        layer = d.pop("layer")

        per = d.pop("per")

        limits = []
        _limits = d.pop("limits")
        for limits_item_data in _limits:
            limits_item = Term.from_dict(limits_item_data)

            limits.append(limits_item)

        sublimits = []
        _sublimits = d.pop("sublimits")
        for sublimits_item_data in _sublimits:
            sublimits_item = Term.from_dict(sublimits_item_data)

            sublimits.append(sublimits_item)

        def _parse_deductible(data: object) -> None | TermsDeductibleType0:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                deductible_type_0 = TermsDeductibleType0.from_dict(data)

                return deductible_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | TermsDeductibleType0, data)

        deductible = _parse_deductible(d.pop("deductible"))

        average = check_terms_average(d.pop("average"))

        terms = cls(
            starts_at=starts_at,
            ends_at=ends_at,
            covered=covered,
            layer=layer,
            per=per,
            limits=limits,
            sublimits=sublimits,
            deductible=deductible,
            average=average,
        )

        return terms
