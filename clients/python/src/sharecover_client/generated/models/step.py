from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..models.step_kind import StepKind, check_step_kind

if TYPE_CHECKING:
    from ..models.money import Money


T = TypeVar("T", bound="Step")


@_attrs_define
class Step:
    """
    Attributes:
        kind (StepKind):
        amount (Money): An amount in minor units (cents) of a currency (ISO 4217).
    """

    kind: StepKind
    amount: Money

    def to_dict(self) -> dict[str, Any]:
        kind: str = self.kind

        amount = self.amount.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "kind": kind,
                "amount": amount,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.money import Money  # noqa: PLC0415

        d = dict(src_dict)
        kind = check_step_kind(d.pop("kind"))

        amount = Money.from_dict(d.pop("amount"))

        step = cls(
            kind=kind,
            amount=amount,
        )

        return step
