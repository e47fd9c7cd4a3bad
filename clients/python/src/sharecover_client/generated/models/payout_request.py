from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

from ..models.payout_request_kind import PayoutRequestKind, check_payout_request_kind
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.amount import Amount
    from ..models.payee_request import PayeeRequest


T = TypeVar("T", bound="PayoutRequest")


@_attrs_define
class PayoutRequest:
    """
    Attributes:
        amount (Amount): An amount in minor units of the cover's currency, none or more.
        payee (PayeeRequest):
        kind (PayoutRequestKind | Unset):  Default: 'indemnity'.
    """

    amount: Amount
    payee: PayeeRequest
    kind: PayoutRequestKind | Unset = "indemnity"

    def to_dict(self) -> dict[str, Any]:
        amount = self.amount.to_dict()

        payee = self.payee.to_dict()

        kind: str | Unset = UNSET
        if not isinstance(self.kind, Unset):
            kind = self.kind

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "amount": amount,
                "payee": payee,
            }
        )
        if kind is not UNSET:
            field_dict["kind"] = kind

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.amount import Amount  # noqa: PLC0415
        from ..models.payee_request import PayeeRequest  # noqa: PLC0415

        d = dict(src_dict)
        amount = Amount.from_dict(d.pop("amount"))

        payee = PayeeRequest.from_dict(d.pop("payee"))

        _kind = d.pop("kind", UNSET)
        kind: PayoutRequestKind | Unset
        if isinstance(_kind, Unset):
            kind = UNSET
        else:
            kind = check_payout_request_kind(_kind)

        payout_request = cls(
            amount=amount,
            payee=payee,
            kind=kind,
        )

        return payout_request
