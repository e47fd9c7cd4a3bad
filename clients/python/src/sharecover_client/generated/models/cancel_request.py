from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.cancel_request_reason import (
    CancelRequestReason,
    check_cancel_request_reason,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="CancelRequest")


@_attrs_define
class CancelRequest:
    """
    Attributes:
        preview (bool | Unset): Only tell what would go back. Default: False.
        reason (CancelRequestReason | Unset): `request`: the product's refund rule. `withdrawal`: the right to withdraw
            from a distance contract. Default: 'request'.
    """

    preview: bool | Unset = False
    reason: CancelRequestReason | Unset = "request"

    def to_dict(self) -> dict[str, Any]:
        preview = self.preview

        reason: str | Unset = UNSET
        if not isinstance(self.reason, Unset):
            reason = self.reason

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if preview is not UNSET:
            field_dict["preview"] = preview
        if reason is not UNSET:
            field_dict["reason"] = reason

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        preview = d.pop("preview", UNSET)

        _reason = d.pop("reason", UNSET)
        reason: CancelRequestReason | Unset
        if isinstance(_reason, Unset):
            reason = UNSET
        else:
            reason = check_cancel_request_reason(_reason)

        cancel_request = cls(
            preview=preview,
            reason=reason,
        )

        return cancel_request
