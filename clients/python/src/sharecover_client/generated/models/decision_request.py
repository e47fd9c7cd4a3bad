from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.decision_request_decision import (
    DecisionRequestDecision,
    check_decision_request_decision,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.amount import Amount
    from ..models.loss_part import LossPart


T = TypeVar("T", bound="DecisionRequest")


@_attrs_define
class DecisionRequest:
    """What is decided. An approved loss is assessed, and paid by the section's terms; the rest is for goodwill.

    Attributes:
        decision (DecisionRequestDecision):
        because (str): Why, for the file.
        losses (list[LossPart] | Unset): The loss as it was assessed, part by part: what falls under one limit is one.
            Needed where it is approved.
        premium_due (Amount | None | Unset): The section's net premium had all been declared rightly, where it wasn't,
            in good faith.
        amount (Amount | None | Unset): What is approved; all that is owed where it is left out.
        goodwill (Amount | None | Unset): What is given beside it, outside the limit.
        preview (bool | Unset): Only tells what it would come to. Default: False.
    """

    decision: DecisionRequestDecision
    because: str
    losses: list[LossPart] | Unset = UNSET
    premium_due: Amount | None | Unset = UNSET
    amount: Amount | None | Unset = UNSET
    goodwill: Amount | None | Unset = UNSET
    preview: bool | Unset = False

    def to_dict(self) -> dict[str, Any]:
        from ..models.amount import Amount  # noqa: PLC0415

        decision: str = self.decision

        because = self.because

        losses: list[dict[str, Any]] | Unset = UNSET
        if not isinstance(self.losses, Unset):
            losses = []
            for losses_item_data in self.losses:
                losses_item = losses_item_data.to_dict()
                losses.append(losses_item)

        premium_due: dict[str, Any] | None | Unset
        if isinstance(self.premium_due, Unset):
            premium_due = UNSET
        elif isinstance(self.premium_due, Amount):
            premium_due = self.premium_due.to_dict()
        else:
            premium_due = self.premium_due

        amount: dict[str, Any] | None | Unset
        if isinstance(self.amount, Unset):
            amount = UNSET
        elif isinstance(self.amount, Amount):
            amount = self.amount.to_dict()
        else:
            amount = self.amount

        goodwill: dict[str, Any] | None | Unset
        if isinstance(self.goodwill, Unset):
            goodwill = UNSET
        elif isinstance(self.goodwill, Amount):
            goodwill = self.goodwill.to_dict()
        else:
            goodwill = self.goodwill

        preview = self.preview

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "decision": decision,
                "because": because,
            }
        )
        if losses is not UNSET:
            field_dict["losses"] = losses
        if premium_due is not UNSET:
            field_dict["premium_due"] = premium_due
        if amount is not UNSET:
            field_dict["amount"] = amount
        if goodwill is not UNSET:
            field_dict["goodwill"] = goodwill
        if preview is not UNSET:
            field_dict["preview"] = preview

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.amount import Amount  # noqa: PLC0415
        from ..models.loss_part import LossPart  # noqa: PLC0415

        d = dict(src_dict)
        decision = check_decision_request_decision(d.pop("decision"))

        because = d.pop("because")

        _losses = d.pop("losses", UNSET)
        losses: list[LossPart] | Unset = UNSET
        if _losses is not UNSET:
            losses = []
            for losses_item_data in _losses:
                losses_item = LossPart.from_dict(losses_item_data)

                losses.append(losses_item)

        def _parse_premium_due(data: object) -> Amount | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                premium_due_type_0 = Amount.from_dict(data)

                return premium_due_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Amount | None | Unset, data)

        premium_due = _parse_premium_due(d.pop("premium_due", UNSET))

        def _parse_amount(data: object) -> Amount | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                amount_type_0 = Amount.from_dict(data)

                return amount_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Amount | None | Unset, data)

        amount = _parse_amount(d.pop("amount", UNSET))

        def _parse_goodwill(data: object) -> Amount | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                goodwill_type_0 = Amount.from_dict(data)

                return goodwill_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Amount | None | Unset, data)

        goodwill = _parse_goodwill(d.pop("goodwill", UNSET))

        preview = d.pop("preview", UNSET)

        decision_request = cls(
            decision=decision,
            because=because,
            losses=losses,
            premium_due=premium_due,
            amount=amount,
            goodwill=goodwill,
            preview=preview,
        )

        return decision_request
