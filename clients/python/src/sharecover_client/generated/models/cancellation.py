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
    from ..models.cover import Cover
    from ..models.money import Money


T = TypeVar("T", bound="Cancellation")


@_attrs_define
class Cancellation:
    """
    Attributes:
        cover (Cover): A cover. `state` follows the clock: scheduled, on_risk, ended; or where it was stopped.
        refund (Money): An amount in minor units (cents) of a currency (ISO 4217).
        preview (bool):
        object_ (Literal['cancellation'] | Unset):  Default: 'cancellation'.
    """

    cover: Cover
    refund: Money
    preview: bool
    object_: Literal["cancellation"] | Unset = "cancellation"

    def to_dict(self) -> dict[str, Any]:
        cover = self.cover.to_dict()

        refund = self.refund.to_dict()

        preview = self.preview

        object_ = self.object_

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "cover": cover,
                "refund": refund,
                "preview": preview,
            }
        )
        if object_ is not UNSET:
            field_dict["object"] = object_

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.cover import Cover  # noqa: PLC0415
        from ..models.money import Money  # noqa: PLC0415

        d = dict(src_dict)
        cover = Cover.from_dict(d.pop("cover"))

        refund = Money.from_dict(d.pop("refund"))

        preview = d.pop("preview")

        object_ = cast(Literal["cancellation"] | Unset, d.pop("object", UNSET))
        if object_ != "cancellation" and not isinstance(object_, Unset):
            raise ValueError(f"object must match const 'cancellation', got '{object_}'")

        cancellation = cls(
            cover=cover,
            refund=refund,
            preview=preview,
            object_=object_,
        )

        return cancellation
