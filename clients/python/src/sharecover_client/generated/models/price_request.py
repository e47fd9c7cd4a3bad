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

from ..types import UNSET, Unset

T = TypeVar("T", bound="PriceRequest")


@_attrs_define
class PriceRequest:
    """What a price is asked for. Times: `start` with `end` or `duration`; `"at_issue"` begins when it is bound.

    Attributes:
        product (str):
        start (datetime.datetime | Literal['at_issue']):
        risk (Any): The facts that the product asks for: its `risk_schema` describes them.
        country (None | str | Unset): Needed where a product is sold in several.
        end (datetime.datetime | None | Unset):
        duration (str | Unset): ISO 8601: PT12H, P2D.
    """

    product: str
    start: datetime.datetime | Literal["at_issue"]
    risk: Any
    country: None | str | Unset = UNSET
    end: datetime.datetime | None | Unset = UNSET
    duration: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        product = self.product

        start: Literal["at_issue"] | str
        if isinstance(self.start, datetime.datetime):
            start = self.start.isoformat()
        else:
            start = self.start

        risk = self.risk

        country: None | str | Unset
        if isinstance(self.country, Unset):
            country = UNSET
        else:
            country = self.country

        end: None | str | Unset
        if isinstance(self.end, Unset):
            end = UNSET
        elif isinstance(self.end, datetime.datetime):
            end = self.end.isoformat()
        else:
            end = self.end

        duration = self.duration

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "product": product,
                "start": start,
                "risk": risk,
            }
        )
        if country is not UNSET:
            field_dict["country"] = country
        if end is not UNSET:
            field_dict["end"] = end
        if duration is not UNSET:
            field_dict["duration"] = duration

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        product = d.pop("product")

        def _parse_start(data: object) -> datetime.datetime | Literal["at_issue"]:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                start_type_0 = datetime.datetime.fromisoformat(data)

                return start_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            start_type_1 = cast(Literal["at_issue"], data)
            if start_type_1 != "at_issue":
                raise ValueError(f"start_type_1 must match const 'at_issue', got '{start_type_1}'")
            return start_type_1

        start = _parse_start(d.pop("start"))

        risk = d.pop("risk")

        def _parse_country(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        country = _parse_country(d.pop("country", UNSET))

        def _parse_end(data: object) -> datetime.datetime | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                end_type_0 = datetime.datetime.fromisoformat(data)

                return end_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None | Unset, data)

        end = _parse_end(d.pop("end", UNSET))

        duration = d.pop("duration", UNSET)

        price_request = cls(
            product=product,
            start=start,
            risk=risk,
            country=country,
            end=end,
            duration=duration,
        )

        return price_request
