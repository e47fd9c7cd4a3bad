from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="ClaimPayoutPaidEventData")


@_attrs_define
class ClaimPayoutPaidEventData:
    """What belongs to it.

    Attributes:
        payout (str): The payout's id.
    """

    payout: str

    def to_dict(self) -> dict[str, Any]:
        payout = self.payout

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "payout": payout,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        payout = d.pop("payout")

        claim_payout_paid_event_data = cls(
            payout=payout,
        )

        return claim_payout_paid_event_data
