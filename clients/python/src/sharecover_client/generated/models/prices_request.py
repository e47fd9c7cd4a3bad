from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.price_request import PriceRequest


T = TypeVar("T", bound="PricesRequest")


@_attrs_define
class PricesRequest:
    """Up to 1,000 risks to be priced, each on its own.

    Attributes:
        prices (list[PriceRequest]):
        language (None | str | Unset): Of texts in answers; else by Accept-Language, else French.
    """

    prices: list[PriceRequest]
    language: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        prices = []
        for prices_item_data in self.prices:
            prices_item = prices_item_data.to_dict()
            prices.append(prices_item)

        language: None | str | Unset
        if isinstance(self.language, Unset):
            language = UNSET
        else:
            language = self.language

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "prices": prices,
            }
        )
        if language is not UNSET:
            field_dict["language"] = language

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.price_request import PriceRequest  # noqa: PLC0415

        d = dict(src_dict)
        prices = []
        _prices = d.pop("prices")
        for prices_item_data in _prices:
            prices_item = PriceRequest.from_dict(prices_item_data)

            prices.append(prices_item)

        def _parse_language(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        language = _parse_language(d.pop("language", UNSET))

        prices_request = cls(
            prices=prices,
            language=language,
        )

        return prices_request
