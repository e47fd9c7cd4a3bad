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
    from ..models.priced import Priced
    from ..models.unpriced import Unpriced


T = TypeVar("T", bound="PriceList")


@_attrs_define
class PriceList:
    """An answer for each risk, in the order that they were sent.

    Attributes:
        livemode (bool):
        data (list[Priced | Unpriced]):
        object_ (Literal['list'] | Unset):  Default: 'list'.
    """

    livemode: bool
    data: list[Priced | Unpriced]
    object_: Literal["list"] | Unset = "list"

    def to_dict(self) -> dict[str, Any]:
        from ..models.priced import Priced  # noqa: PLC0415

        livemode = self.livemode

        data = []
        for data_item_data in self.data:
            data_item: dict[str, Any]
            if isinstance(data_item_data, Priced):
                data_item = data_item_data.to_dict()
            else:
                data_item = data_item_data.to_dict()

            data.append(data_item)

        object_ = self.object_

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "livemode": livemode,
                "data": data,
            }
        )
        if object_ is not UNSET:
            field_dict["object"] = object_

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.priced import Priced  # noqa: PLC0415
        from ..models.unpriced import Unpriced  # noqa: PLC0415

        d = dict(src_dict)
        livemode = d.pop("livemode")

        data = []
        _data = d.pop("data")
        for data_item_data in _data:

            def _parse_data_item(data: object) -> Priced | Unpriced:
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    data_item_type_0 = Priced.from_dict(data)

                    return data_item_type_0
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                if not isinstance(data, dict):
                    raise TypeError()
                data_item_type_1 = Unpriced.from_dict(data)

                return data_item_type_1

            data_item = _parse_data_item(data_item_data)

            data.append(data_item)

        object_ = cast(Literal["list"] | Unset, d.pop("object", UNSET))
        if object_ != "list" and not isinstance(object_, Unset):
            raise ValueError(f"object must match const 'list', got '{object_}'")

        price_list = cls(
            livemode=livemode,
            data=data,
            object_=object_,
        )

        return price_list
