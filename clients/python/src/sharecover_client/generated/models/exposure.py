from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.exposure_decision import ExposureDecision, check_exposure_decision

if TYPE_CHECKING:
    from ..models.money import Money


T = TypeVar("T", bound="Exposure")


@_attrs_define
class Exposure:
    """
    Attributes:
        id (str):
        section (str):
        claimant (str):
        decision (ExposureDecision):
        estimate (Money | None): As it was declared.
        granted (Money | None): What was decided, goodwill with it; null while that is pending.
        paid (Money): An amount in minor units (cents) of a currency (ISO 4217).
    """

    id: str
    section: str
    claimant: str
    decision: ExposureDecision
    estimate: Money | None
    granted: Money | None
    paid: Money

    def to_dict(self) -> dict[str, Any]:
        from ..models.money import Money  # noqa: PLC0415

        id = self.id

        section = self.section

        claimant = self.claimant

        decision: str = self.decision

        estimate: dict[str, Any] | None
        if isinstance(self.estimate, Money):
            estimate = self.estimate.to_dict()
        else:
            estimate = self.estimate

        granted: dict[str, Any] | None
        if isinstance(self.granted, Money):
            granted = self.granted.to_dict()
        else:
            granted = self.granted

        paid = self.paid.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "section": section,
                "claimant": claimant,
                "decision": decision,
                "estimate": estimate,
                "granted": granted,
                "paid": paid,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.money import Money  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        section = d.pop("section")

        claimant = d.pop("claimant")

        decision = check_exposure_decision(d.pop("decision"))

        def _parse_estimate(data: object) -> Money | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                estimate_type_0 = Money.from_dict(data)

                return estimate_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Money | None, data)

        estimate = _parse_estimate(d.pop("estimate"))

        def _parse_granted(data: object) -> Money | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                granted_type_0 = Money.from_dict(data)

                return granted_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Money | None, data)

        granted = _parse_granted(d.pop("granted"))

        paid = Money.from_dict(d.pop("paid"))

        exposure = cls(
            id=id,
            section=section,
            claimant=claimant,
            decision=decision,
            estimate=estimate,
            granted=granted,
            paid=paid,
        )

        return exposure
