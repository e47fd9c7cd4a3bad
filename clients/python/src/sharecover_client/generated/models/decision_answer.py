from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.exposure_file import ExposureFile
    from ..models.money import Money
    from ..models.part import Part


T = TypeVar("T", bound="DecisionAnswer")


@_attrs_define
class DecisionAnswer:
    """
    Attributes:
        exposure (ExposureFile): An exposure with its file: one section and one claimant of a claim.
        owed (Money): An amount in minor units (cents) of a currency (ISO 4217).
        losses (list[Part]):
        approved (Money): An amount in minor units (cents) of a currency (ISO 4217).
        goodwill (Money): An amount in minor units (cents) of a currency (ISO 4217).
        preview (bool):
    """

    exposure: ExposureFile
    owed: Money
    losses: list[Part]
    approved: Money
    goodwill: Money
    preview: bool

    def to_dict(self) -> dict[str, Any]:
        exposure = self.exposure.to_dict()

        owed = self.owed.to_dict()

        losses = []
        for losses_item_data in self.losses:
            losses_item = losses_item_data.to_dict()
            losses.append(losses_item)

        approved = self.approved.to_dict()

        goodwill = self.goodwill.to_dict()

        preview = self.preview

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "exposure": exposure,
                "owed": owed,
                "losses": losses,
                "approved": approved,
                "goodwill": goodwill,
                "preview": preview,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.exposure_file import ExposureFile  # noqa: PLC0415
        from ..models.money import Money  # noqa: PLC0415
        from ..models.part import Part  # noqa: PLC0415

        d = dict(src_dict)
        exposure = ExposureFile.from_dict(d.pop("exposure"))

        owed = Money.from_dict(d.pop("owed"))

        losses = []
        _losses = d.pop("losses")
        for losses_item_data in _losses:
            losses_item = Part.from_dict(losses_item_data)

            losses.append(losses_item)

        approved = Money.from_dict(d.pop("approved"))

        goodwill = Money.from_dict(d.pop("goodwill"))

        preview = d.pop("preview")

        decision_answer = cls(
            exposure=exposure,
            owed=owed,
            losses=losses,
            approved=approved,
            goodwill=goodwill,
            preview=preview,
        )

        return decision_answer
