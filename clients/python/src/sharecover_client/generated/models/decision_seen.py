from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.decision_seen_decision import (
    DecisionSeenDecision,
    check_decision_seen_decision,
)

if TYPE_CHECKING:
    from ..models.money import Money
    from ..models.part import Part


T = TypeVar("T", bound="DecisionSeen")


@_attrs_define
class DecisionSeen:
    """
    Attributes:
        decision (DecisionSeenDecision):
        losses (list[Part]):
        owed (Money): An amount in minor units (cents) of a currency (ISO 4217).
        approved (Money): An amount in minor units (cents) of a currency (ISO 4217).
        goodwill (Money): An amount in minor units (cents) of a currency (ISO 4217).
        because (None | str): Null once the member has been erased.
        decided_by (str):
        decided_at (datetime.datetime):
    """

    decision: DecisionSeenDecision
    losses: list[Part]
    owed: Money
    approved: Money
    goodwill: Money
    because: None | str
    decided_by: str
    decided_at: datetime.datetime

    def to_dict(self) -> dict[str, Any]:
        decision: str = self.decision

        losses = []
        for losses_item_data in self.losses:
            losses_item = losses_item_data.to_dict()
            losses.append(losses_item)

        owed = self.owed.to_dict()

        approved = self.approved.to_dict()

        goodwill = self.goodwill.to_dict()

        because: None | str
        because = self.because

        decided_by = self.decided_by

        decided_at = self.decided_at.isoformat()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "decision": decision,
                "losses": losses,
                "owed": owed,
                "approved": approved,
                "goodwill": goodwill,
                "because": because,
                "decided_by": decided_by,
                "decided_at": decided_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.money import Money  # noqa: PLC0415
        from ..models.part import Part  # noqa: PLC0415

        d = dict(src_dict)
        decision = check_decision_seen_decision(d.pop("decision"))

        losses = []
        _losses = d.pop("losses")
        for losses_item_data in _losses:
            losses_item = Part.from_dict(losses_item_data)

            losses.append(losses_item)

        owed = Money.from_dict(d.pop("owed"))

        approved = Money.from_dict(d.pop("approved"))

        goodwill = Money.from_dict(d.pop("goodwill"))

        def _parse_because(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        because = _parse_because(d.pop("because"))

        decided_by = d.pop("decided_by")

        decided_at = datetime.datetime.fromisoformat(d.pop("decided_at"))

        decision_seen = cls(
            decision=decision,
            losses=losses,
            owed=owed,
            approved=approved,
            goodwill=goodwill,
            because=because,
            decided_by=decided_by,
            decided_at=decided_at,
        )

        return decision_seen
