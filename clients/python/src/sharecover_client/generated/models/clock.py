from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import (
    Any,
    Literal,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define

from ..models.clock_status import ClockStatus, check_clock_status
from ..types import UNSET, Unset

T = TypeVar("T", bound="Clock")


@_attrs_define
class Clock:
    """
    Attributes:
        now (datetime.datetime):
        status (ClockStatus): `advancing` while something that was due by `now` hasn't happened yet.
        object_ (Literal['test_clock'] | Unset):  Default: 'test_clock'.
    """

    now: datetime.datetime
    status: ClockStatus
    object_: Literal["test_clock"] | Unset = "test_clock"

    def to_dict(self) -> dict[str, Any]:
        now = self.now.isoformat()

        status: str = self.status

        object_ = self.object_

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "now": now,
                "status": status,
            }
        )
        if object_ is not UNSET:
            field_dict["object"] = object_

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        now = datetime.datetime.fromisoformat(d.pop("now"))

        status = check_clock_status(d.pop("status"))

        object_ = cast(Literal["test_clock"] | Unset, d.pop("object", UNSET))
        if object_ != "test_clock" and not isinstance(object_, Unset):
            raise ValueError(f"object must match const 'test_clock', got '{object_}'")

        clock = cls(
            now=now,
            status=status,
            object_=object_,
        )

        return clock
