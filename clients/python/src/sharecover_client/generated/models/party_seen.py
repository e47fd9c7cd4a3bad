from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="PartySeen")


@_attrs_define
class PartySeen:
    """
    Attributes:
        role (str):
        reference (None | str): Null where you, the partner, stand there.
    """

    role: str
    reference: None | str

    def to_dict(self) -> dict[str, Any]:
        role = self.role

        reference: None | str
        reference = self.reference

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "role": role,
                "reference": reference,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        role = d.pop("role")

        def _parse_reference(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        reference = _parse_reference(d.pop("reference"))

        party_seen = cls(
            role=role,
            reference=reference,
        )

        return party_seen
