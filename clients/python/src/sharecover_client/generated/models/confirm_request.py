from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="ConfirmRequest")


@_attrs_define
class ConfirmRequest:
    """Lets a change come true. The past is never insured afterwards: the member declares that no loss is known.

    Attributes:
        no_known_loss (bool): The member's declaration; must be true.
        declared_at (datetime.datetime): When the member declared it.
    """

    no_known_loss: bool
    declared_at: datetime.datetime

    def to_dict(self) -> dict[str, Any]:
        no_known_loss = self.no_known_loss

        declared_at = self.declared_at.isoformat()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "no_known_loss": no_known_loss,
                "declared_at": declared_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        no_known_loss = d.pop("no_known_loss")

        declared_at = datetime.datetime.fromisoformat(d.pop("declared_at"))

        confirm_request = cls(
            no_known_loss=no_known_loss,
            declared_at=declared_at,
        )

        return confirm_request
