from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.money import Money
    from ..models.step import Step


T = TypeVar("T", bound="Part")


@_attrs_define
class Part:
    """What is owed of a part of the loss at most, and how that was worked out, step by step from the loss.

    Attributes:
        limit (str):
        sublimit (None | str):
        owed (Money): An amount in minor units (cents) of a currency (ISO 4217).
        steps (list[Step]):
    """

    limit: str
    sublimit: None | str
    owed: Money
    steps: list[Step]

    def to_dict(self) -> dict[str, Any]:
        limit = self.limit

        sublimit: None | str
        sublimit = self.sublimit

        owed = self.owed.to_dict()

        steps = []
        for steps_item_data in self.steps:
            steps_item = steps_item_data.to_dict()
            steps.append(steps_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "limit": limit,
                "sublimit": sublimit,
                "owed": owed,
                "steps": steps,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.money import Money  # noqa: PLC0415
        from ..models.step import Step  # noqa: PLC0415

        d = dict(src_dict)
        limit = d.pop("limit")

        def _parse_sublimit(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        sublimit = _parse_sublimit(d.pop("sublimit"))

        owed = Money.from_dict(d.pop("owed"))

        steps = []
        _steps = d.pop("steps")
        for steps_item_data in _steps:
            steps_item = Step.from_dict(steps_item_data)

            steps.append(steps_item)

        part = cls(
            limit=limit,
            sublimit=sublimit,
            owed=owed,
            steps=steps,
        )

        return part
