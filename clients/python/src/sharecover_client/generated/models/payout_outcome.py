from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.payout_outcome_outcome import (
    PayoutOutcomeOutcome,
    check_payout_outcome_outcome,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="PayoutOutcome")


@_attrs_define
class PayoutOutcome:
    """
    Attributes:
        outcome (PayoutOutcomeOutcome):
        bank_reference (None | str | Unset): How the bank names the transfer, without a person's name. Needed where it
            was paid.
    """

    outcome: PayoutOutcomeOutcome
    bank_reference: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        outcome: str = self.outcome

        bank_reference: None | str | Unset
        if isinstance(self.bank_reference, Unset):
            bank_reference = UNSET
        else:
            bank_reference = self.bank_reference

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "outcome": outcome,
            }
        )
        if bank_reference is not UNSET:
            field_dict["bank_reference"] = bank_reference

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        outcome = check_payout_outcome_outcome(d.pop("outcome"))

        def _parse_bank_reference(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        bank_reference = _parse_bank_reference(d.pop("bank_reference", UNSET))

        payout_outcome = cls(
            outcome=outcome,
            bank_reference=bank_reference,
        )

        return payout_outcome
