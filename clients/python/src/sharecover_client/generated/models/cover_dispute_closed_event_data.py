from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.cover_dispute_closed_event_data_outcome import (
    CoverDisputeClosedEventDataOutcome,
    check_cover_dispute_closed_event_data_outcome,
)

T = TypeVar("T", bound="CoverDisputeClosedEventData")


@_attrs_define
class CoverDisputeClosedEventData:
    """What belongs to it.

    Attributes:
        dispute (str): The dispute's id.
        outcome (CoverDisputeClosedEventDataOutcome): Whether the payment stays with us.
    """

    dispute: str
    outcome: CoverDisputeClosedEventDataOutcome

    def to_dict(self) -> dict[str, Any]:
        dispute = self.dispute

        outcome: str = self.outcome

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "dispute": dispute,
                "outcome": outcome,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        dispute = d.pop("dispute")

        outcome = check_cover_dispute_closed_event_data_outcome(d.pop("outcome"))

        cover_dispute_closed_event_data = cls(
            dispute=dispute,
            outcome=outcome,
        )

        return cover_dispute_closed_event_data
