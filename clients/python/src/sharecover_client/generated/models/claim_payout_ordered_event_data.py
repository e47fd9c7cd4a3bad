from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="ClaimPayoutOrderedEventData")


@_attrs_define
class ClaimPayoutOrderedEventData:
    """What belongs to it.

    Attributes:
        exposure (str): The exposure's id.
        payout (str): The payout's id.
    """

    exposure: str
    payout: str

    def to_dict(self) -> dict[str, Any]:
        exposure = self.exposure

        payout = self.payout

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "exposure": exposure,
                "payout": payout,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        exposure = d.pop("exposure")

        payout = d.pop("payout")

        claim_payout_ordered_event_data = cls(
            exposure=exposure,
            payout=payout,
        )

        return claim_payout_ordered_event_data
