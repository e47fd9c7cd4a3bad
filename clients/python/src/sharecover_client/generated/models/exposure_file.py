from __future__ import annotations

from collections.abc import Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define

from ..models.exposure_file_claimant import (
    ExposureFileClaimant,
    check_exposure_file_claimant,
)
from ..models.exposure_file_decision import (
    ExposureFileDecision,
    check_exposure_file_decision,
)
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.decision_seen import DecisionSeen
    from ..models.money import Money
    from ..models.payout import Payout
    from ..models.reserves import Reserves
    from ..models.terms import Terms


T = TypeVar("T", bound="ExposureFile")


@_attrs_define
class ExposureFile:
    """An exposure with its file: one section and one claimant of a claim.

    Attributes:
        id (str):
        livemode (bool):
        claim (str):
        cover (str):
        section (str):
        claimant (ExposureFileClaimant):
        decision (ExposureFileDecision):
        estimate (Money | None):
        payable (Money): An amount in minor units (cents) of a currency (ISO 4217).
        paid_out (Money): An amount in minor units (cents) of a currency (ISO 4217).
        reserves (Reserves):
        terms (Terms): The section's terms as they held at the loss.
        decisions (list[DecisionSeen]):
        payouts (list[Payout]):
        object_ (Literal['exposure'] | Unset):  Default: 'exposure'.
    """

    id: str
    livemode: bool
    claim: str
    cover: str
    section: str
    claimant: ExposureFileClaimant
    decision: ExposureFileDecision
    estimate: Money | None
    payable: Money
    paid_out: Money
    reserves: Reserves
    terms: Terms
    decisions: list[DecisionSeen]
    payouts: list[Payout]
    object_: Literal["exposure"] | Unset = "exposure"

    def to_dict(self) -> dict[str, Any]:
        from ..models.money import Money  # noqa: PLC0415

        id = self.id

        livemode = self.livemode

        claim = self.claim

        cover = self.cover

        section = self.section

        claimant: str = self.claimant

        decision: str = self.decision

        estimate: dict[str, Any] | None
        if isinstance(self.estimate, Money):
            estimate = self.estimate.to_dict()
        else:
            estimate = self.estimate

        payable = self.payable.to_dict()

        paid_out = self.paid_out.to_dict()

        reserves = self.reserves.to_dict()

        terms = self.terms.to_dict()

        decisions = []
        for decisions_item_data in self.decisions:
            decisions_item = decisions_item_data.to_dict()
            decisions.append(decisions_item)

        payouts = []
        for payouts_item_data in self.payouts:
            payouts_item = payouts_item_data.to_dict()
            payouts.append(payouts_item)

        object_ = self.object_

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "livemode": livemode,
                "claim": claim,
                "cover": cover,
                "section": section,
                "claimant": claimant,
                "decision": decision,
                "estimate": estimate,
                "payable": payable,
                "paid_out": paid_out,
                "reserves": reserves,
                "terms": terms,
                "decisions": decisions,
                "payouts": payouts,
            }
        )
        if object_ is not UNSET:
            field_dict["object"] = object_

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.decision_seen import DecisionSeen  # noqa: PLC0415
        from ..models.money import Money  # noqa: PLC0415
        from ..models.payout import Payout  # noqa: PLC0415
        from ..models.reserves import Reserves  # noqa: PLC0415
        from ..models.terms import Terms  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        livemode = d.pop("livemode")

        claim = d.pop("claim")

        cover = d.pop("cover")

        section = d.pop("section")

        claimant = check_exposure_file_claimant(d.pop("claimant"))

        decision = check_exposure_file_decision(d.pop("decision"))

        def _parse_estimate(data: object) -> Money | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                estimate_type_0 = Money.from_dict(data)

                return estimate_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Money | None, data)

        estimate = _parse_estimate(d.pop("estimate"))

        payable = Money.from_dict(d.pop("payable"))

        paid_out = Money.from_dict(d.pop("paid_out"))

        reserves = Reserves.from_dict(d.pop("reserves"))

        terms = Terms.from_dict(d.pop("terms"))

        decisions = []
        _decisions = d.pop("decisions")
        for decisions_item_data in _decisions:
            decisions_item = DecisionSeen.from_dict(decisions_item_data)

            decisions.append(decisions_item)

        payouts = []
        _payouts = d.pop("payouts")
        for payouts_item_data in _payouts:
            payouts_item = Payout.from_dict(payouts_item_data)

            payouts.append(payouts_item)

        object_ = cast(Literal["exposure"] | Unset, d.pop("object", UNSET))
        if object_ != "exposure" and not isinstance(object_, Unset):
            raise ValueError(f"object must match const 'exposure', got '{object_}'")

        exposure_file = cls(
            id=id,
            livemode=livemode,
            claim=claim,
            cover=cover,
            section=section,
            claimant=claimant,
            decision=decision,
            estimate=estimate,
            payable=payable,
            paid_out=paid_out,
            reserves=reserves,
            terms=terms,
            decisions=decisions,
            payouts=payouts,
            object_=object_,
        )

        return exposure_file
