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

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.error import Error


T = TypeVar("T", bound="Unpriced")


@_attrs_define
class Unpriced:
    """What can't be priced as it was sent: the problem that a quote would be refused with.

    Attributes:
        code (str):
        detail (str):
        errors (list[Error]):
        status (Literal['invalid'] | Unset):  Default: 'invalid'.
    """

    code: str
    detail: str
    errors: list[Error]
    status: Literal["invalid"] | Unset = "invalid"

    def to_dict(self) -> dict[str, Any]:
        code = self.code

        detail = self.detail

        errors = []
        for errors_item_data in self.errors:
            errors_item = errors_item_data.to_dict()
            errors.append(errors_item)

        status = self.status

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "code": code,
                "detail": detail,
                "errors": errors,
            }
        )
        if status is not UNSET:
            field_dict["status"] = status

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.error import Error  # noqa: PLC0415

        d = dict(src_dict)
        code = d.pop("code")

        detail = d.pop("detail")

        errors = []
        _errors = d.pop("errors")
        for errors_item_data in _errors:
            errors_item = Error.from_dict(errors_item_data)

            errors.append(errors_item)

        status = cast(Literal["invalid"] | Unset, d.pop("status", UNSET))
        if status != "invalid" and not isinstance(status, Unset):
            raise ValueError(f"status must match const 'invalid', got '{status}'")

        unpriced = cls(
            code=code,
            detail=detail,
            errors=errors,
            status=status,
        )

        return unpriced
