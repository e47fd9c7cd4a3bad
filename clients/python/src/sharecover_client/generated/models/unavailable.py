from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="Unavailable")


@_attrs_define
class Unavailable:
    """A section that was wanted and can't be had for this risk.

    Attributes:
        section (str):
        code (str):
        message (str): For the member, in the quote's language.
    """

    section: str
    code: str
    message: str

    def to_dict(self) -> dict[str, Any]:
        section = self.section

        code = self.code

        message = self.message

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "section": section,
                "code": code,
                "message": message,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        section = d.pop("section")

        code = d.pop("code")

        message = d.pop("message")

        unavailable = cls(
            section=section,
            code=code,
            message=message,
        )

        return unavailable
