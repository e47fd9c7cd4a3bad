from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.claim_decided_event_data_decision import (
    ClaimDecidedEventDataDecision,
    check_claim_decided_event_data_decision,
)

T = TypeVar("T", bound="ClaimDecidedEventData")


@_attrs_define
class ClaimDecidedEventData:
    """What belongs to it.

    Attributes:
        exposure (str): The exposure's id.
        decision (ClaimDecidedEventDataDecision): What was decided.
    """

    exposure: str
    decision: ClaimDecidedEventDataDecision

    def to_dict(self) -> dict[str, Any]:
        exposure = self.exposure

        decision: str = self.decision

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "exposure": exposure,
                "decision": decision,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        exposure = d.pop("exposure")

        decision = check_claim_decided_event_data_decision(d.pop("decision"))

        claim_decided_event_data = cls(
            exposure=exposure,
            decision=decision,
        )

        return claim_decided_event_data
