from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="KeyRotation")


@_attrs_define
class KeyRotation:
    """
    Attributes:
        expires_in (str): For how long the old key is valid yet, beside the new one: PT0S to P30D, such as P1D.
    """

    expires_in: str

    def to_dict(self) -> dict[str, Any]:
        expires_in = self.expires_in

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "expires_in": expires_in,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        expires_in = d.pop("expires_in")

        key_rotation = cls(
            expires_in=expires_in,
        )

        return key_rotation
