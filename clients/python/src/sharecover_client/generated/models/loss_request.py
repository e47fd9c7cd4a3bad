from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.loss_request_claimant import (
    LossRequestClaimant,
    check_loss_request_claimant,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.amount import Amount


T = TypeVar("T", bound="LossRequest")


@_attrs_define
class LossRequest:
    """
    Attributes:
        section (str):
        claimant (LossRequestClaimant | Unset):  Default: 'policyholder'.
        estimate (Amount | None | Unset): What the loss may come to.
    """

    section: str
    claimant: LossRequestClaimant | Unset = "policyholder"
    estimate: Amount | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.amount import Amount  # noqa: PLC0415

        section = self.section

        claimant: str | Unset = UNSET
        if not isinstance(self.claimant, Unset):
            claimant = self.claimant

        estimate: dict[str, Any] | None | Unset
        if isinstance(self.estimate, Unset):
            estimate = UNSET
        elif isinstance(self.estimate, Amount):
            estimate = self.estimate.to_dict()
        else:
            estimate = self.estimate

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "section": section,
            }
        )
        if claimant is not UNSET:
            field_dict["claimant"] = claimant
        if estimate is not UNSET:
            field_dict["estimate"] = estimate

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.amount import Amount  # noqa: PLC0415

        d = dict(src_dict)
        section = d.pop("section")

        _claimant = d.pop("claimant", UNSET)
        claimant: LossRequestClaimant | Unset
        if isinstance(_claimant, Unset):
            claimant = UNSET
        else:
            claimant = check_loss_request_claimant(_claimant)

        def _parse_estimate(data: object) -> Amount | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                estimate_type_0 = Amount.from_dict(data)

                return estimate_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Amount | None | Unset, data)

        estimate = _parse_estimate(d.pop("estimate", UNSET))

        loss_request = cls(
            section=section,
            claimant=claimant,
            estimate=estimate,
        )

        return loss_request
