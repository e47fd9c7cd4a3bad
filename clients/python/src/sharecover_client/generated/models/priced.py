from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define

from ..models.priced_status import PricedStatus, check_priced_status

if TYPE_CHECKING:
    from ..models.price import Price
    from ..models.reason import Reason
    from ..models.unavailable import Unavailable


T = TypeVar("T", bound="Priced")


@_attrs_define
class Priced:
    """A risk that was rated: the price as a quote made now would have it. It is no offer; a quote is.

    Attributes:
        status (PricedStatus):
        product (str):
        country (str):
        edition (str):
        start (datetime.datetime | Literal['at_issue']):
        end (datetime.datetime | None): Null for a start at issue: then `duration` runs from the bind.
        duration (str):
        timezone (str):
        reasons (list[Reason]):
        price (None | Price): Null when declined.
        unavailable (list[Unavailable]): What was wanted and can't be had; the price is without it.
    """

    status: PricedStatus
    product: str
    country: str
    edition: str
    start: datetime.datetime | Literal["at_issue"]
    end: datetime.datetime | None
    duration: str
    timezone: str
    reasons: list[Reason]
    price: None | Price
    unavailable: list[Unavailable]

    def to_dict(self) -> dict[str, Any]:
        from ..models.price import Price  # noqa: PLC0415

        status: str = self.status

        product = self.product

        country = self.country

        edition = self.edition

        start: Literal["at_issue"] | str
        if isinstance(self.start, datetime.datetime):
            start = self.start.isoformat()
        else:
            start = self.start

        end: None | str
        if isinstance(self.end, datetime.datetime):
            end = self.end.isoformat()
        else:
            end = self.end

        duration = self.duration

        timezone = self.timezone

        reasons = []
        for reasons_item_data in self.reasons:
            reasons_item = reasons_item_data.to_dict()
            reasons.append(reasons_item)

        price: dict[str, Any] | None
        if isinstance(self.price, Price):
            price = self.price.to_dict()
        else:
            price = self.price

        unavailable = []
        for unavailable_item_data in self.unavailable:
            unavailable_item = unavailable_item_data.to_dict()
            unavailable.append(unavailable_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "status": status,
                "product": product,
                "country": country,
                "edition": edition,
                "start": start,
                "end": end,
                "duration": duration,
                "timezone": timezone,
                "reasons": reasons,
                "price": price,
                "unavailable": unavailable,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.price import Price  # noqa: PLC0415
        from ..models.reason import Reason  # noqa: PLC0415
        from ..models.unavailable import Unavailable  # noqa: PLC0415

        d = dict(src_dict)
        status = check_priced_status(d.pop("status"))

        product = d.pop("product")

        country = d.pop("country")

        edition = d.pop("edition")

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

        def _parse_end(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                end_type_0 = datetime.datetime.fromisoformat(data)

                return end_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        end = _parse_end(d.pop("end"))

        duration = d.pop("duration")

        timezone = d.pop("timezone")

        reasons = []
        _reasons = d.pop("reasons")
        for reasons_item_data in _reasons:
            reasons_item = Reason.from_dict(reasons_item_data)

            reasons.append(reasons_item)

        def _parse_price(data: object) -> None | Price:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                price_type_0 = Price.from_dict(data)

                return price_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Price, data)

        price = _parse_price(d.pop("price"))

        unavailable = []
        _unavailable = d.pop("unavailable")
        for unavailable_item_data in _unavailable:
            unavailable_item = Unavailable.from_dict(unavailable_item_data)

            unavailable.append(unavailable_item)

        priced = cls(
            status=status,
            product=product,
            country=country,
            edition=edition,
            start=start,
            end=end,
            duration=duration,
            timezone=timezone,
            reasons=reasons,
            price=price,
            unavailable=unavailable,
        )

        return priced
