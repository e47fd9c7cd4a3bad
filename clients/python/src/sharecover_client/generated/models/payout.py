from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define

from ..models.payout_kind import PayoutKind, check_payout_kind
from ..models.payout_state import PayoutState, check_payout_state
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.money import Money
    from ..models.payout_payee import PayoutPayee


T = TypeVar("T", bound="Payout")


@_attrs_define
class Payout:
    """An amount that goes to somebody by bank transfer.

    Attributes:
        id (str):
        livemode (bool):
        claim (str):
        exposure (str):
        kind (PayoutKind):
        amount (Money): An amount in minor units (cents) of a currency (ISO 4217).
        state (PayoutState):
        payee (PayoutPayee): Reference, name and IBAN; empty once the member has been erased.
        bank_reference (None | str):
        ordered_by (str):
        ordered_at (datetime.datetime):
        paid_at (datetime.datetime | None):
        failed_at (datetime.datetime | None):
        created_at (datetime.datetime):
        object_ (Literal['payout'] | Unset):  Default: 'payout'.
    """

    id: str
    livemode: bool
    claim: str
    exposure: str
    kind: PayoutKind
    amount: Money
    state: PayoutState
    payee: PayoutPayee
    bank_reference: None | str
    ordered_by: str
    ordered_at: datetime.datetime
    paid_at: datetime.datetime | None
    failed_at: datetime.datetime | None
    created_at: datetime.datetime
    object_: Literal["payout"] | Unset = "payout"

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        livemode = self.livemode

        claim = self.claim

        exposure = self.exposure

        kind: str = self.kind

        amount = self.amount.to_dict()

        state: str = self.state

        payee = self.payee.to_dict()

        bank_reference: None | str
        bank_reference = self.bank_reference

        ordered_by = self.ordered_by

        ordered_at = self.ordered_at.isoformat()

        paid_at: None | str
        if isinstance(self.paid_at, datetime.datetime):
            paid_at = self.paid_at.isoformat()
        else:
            paid_at = self.paid_at

        failed_at: None | str
        if isinstance(self.failed_at, datetime.datetime):
            failed_at = self.failed_at.isoformat()
        else:
            failed_at = self.failed_at

        created_at = self.created_at.isoformat()

        object_ = self.object_

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "livemode": livemode,
                "claim": claim,
                "exposure": exposure,
                "kind": kind,
                "amount": amount,
                "state": state,
                "payee": payee,
                "bank_reference": bank_reference,
                "ordered_by": ordered_by,
                "ordered_at": ordered_at,
                "paid_at": paid_at,
                "failed_at": failed_at,
                "created_at": created_at,
            }
        )
        if object_ is not UNSET:
            field_dict["object"] = object_

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.money import Money  # noqa: PLC0415
        from ..models.payout_payee import PayoutPayee  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        livemode = d.pop("livemode")

        claim = d.pop("claim")

        exposure = d.pop("exposure")

        kind = check_payout_kind(d.pop("kind"))

        amount = Money.from_dict(d.pop("amount"))

        state = check_payout_state(d.pop("state"))

        payee = PayoutPayee.from_dict(d.pop("payee"))

        def _parse_bank_reference(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        bank_reference = _parse_bank_reference(d.pop("bank_reference"))

        ordered_by = d.pop("ordered_by")

        ordered_at = datetime.datetime.fromisoformat(d.pop("ordered_at"))

        def _parse_paid_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                paid_at_type_0 = datetime.datetime.fromisoformat(data)

                return paid_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        paid_at = _parse_paid_at(d.pop("paid_at"))

        def _parse_failed_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                failed_at_type_0 = datetime.datetime.fromisoformat(data)

                return failed_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        failed_at = _parse_failed_at(d.pop("failed_at"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        object_ = cast(Literal["payout"] | Unset, d.pop("object", UNSET))
        if object_ != "payout" and not isinstance(object_, Unset):
            raise ValueError(f"object must match const 'payout', got '{object_}'")

        payout = cls(
            id=id,
            livemode=livemode,
            claim=claim,
            exposure=exposure,
            kind=kind,
            amount=amount,
            state=state,
            payee=payee,
            bank_reference=bank_reference,
            ordered_by=ordered_by,
            ordered_at=ordered_at,
            paid_at=paid_at,
            failed_at=failed_at,
            created_at=created_at,
            object_=object_,
        )

        return payout
