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

from ..models.quote_state import QuoteState, check_quote_state
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.ipid import Ipid
    from ..models.price import Price
    from ..models.quote_explanation_type_0_item import QuoteExplanationType0Item
    from ..models.quote_metadata import QuoteMetadata
    from ..models.quote_risk import QuoteRisk
    from ..models.reason import Reason
    from ..models.unavailable import Unavailable


T = TypeVar("T", bound="Quote")


@_attrs_define
class Quote:
    """A quote: a firm price until `expires_at`.

    Attributes:
        id (str):
        livemode (bool):
        state (QuoteState):
        product (str):
        country (str):
        edition (str):
        language (str):
        start (datetime.datetime | Literal['at_issue']):
        end (datetime.datetime | None): Null for a start at issue: then `duration` runs from the bind.
        duration (str):
        timezone (str):
        expires_at (datetime.datetime | None):
        reasons (list[Reason]):
        price (None | Price): Null when declined.
        unavailable (list[Unavailable]): What was wanted and can't be had; the price is without it.
        risk (QuoteRisk): What was rated, without personal facts.
        need (None | str): The demands and needs that it answers (Directive (EU) 2016/97 art. 20(1)).
        ipid (Ipid | None):
        cover (None | str):
        metadata (QuoteMetadata):
        created_at (datetime.datetime):
        object_ (Literal['quote'] | Unset):  Default: 'quote'.
        explanation (list[QuoteExplanationType0Item] | None | Unset): With `expand[]=explanation`.
    """

    id: str
    livemode: bool
    state: QuoteState
    product: str
    country: str
    edition: str
    language: str
    start: datetime.datetime | Literal["at_issue"]
    end: datetime.datetime | None
    duration: str
    timezone: str
    expires_at: datetime.datetime | None
    reasons: list[Reason]
    price: None | Price
    unavailable: list[Unavailable]
    risk: QuoteRisk
    need: None | str
    ipid: Ipid | None
    cover: None | str
    metadata: QuoteMetadata
    created_at: datetime.datetime
    object_: Literal["quote"] | Unset = "quote"
    explanation: list[QuoteExplanationType0Item] | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.ipid import Ipid  # noqa: PLC0415
        from ..models.price import Price  # noqa: PLC0415

        id = self.id

        livemode = self.livemode

        state: str = self.state

        product = self.product

        country = self.country

        edition = self.edition

        language = self.language

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

        expires_at: None | str
        if isinstance(self.expires_at, datetime.datetime):
            expires_at = self.expires_at.isoformat()
        else:
            expires_at = self.expires_at

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

        risk = self.risk.to_dict()

        need: None | str
        need = self.need

        ipid: dict[str, Any] | None
        if isinstance(self.ipid, Ipid):
            ipid = self.ipid.to_dict()
        else:
            ipid = self.ipid

        cover: None | str
        cover = self.cover

        metadata = self.metadata.to_dict()

        created_at = self.created_at.isoformat()

        object_ = self.object_

        explanation: list[dict[str, Any]] | None | Unset
        if isinstance(self.explanation, Unset):
            explanation = UNSET
        elif isinstance(self.explanation, list):
            explanation = []
            for explanation_type_0_item_data in self.explanation:
                explanation_type_0_item = explanation_type_0_item_data.to_dict()
                explanation.append(explanation_type_0_item)

        else:
            explanation = self.explanation

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "livemode": livemode,
                "state": state,
                "product": product,
                "country": country,
                "edition": edition,
                "language": language,
                "start": start,
                "end": end,
                "duration": duration,
                "timezone": timezone,
                "expires_at": expires_at,
                "reasons": reasons,
                "price": price,
                "unavailable": unavailable,
                "risk": risk,
                "need": need,
                "ipid": ipid,
                "cover": cover,
                "metadata": metadata,
                "created_at": created_at,
            }
        )
        if object_ is not UNSET:
            field_dict["object"] = object_
        if explanation is not UNSET:
            field_dict["explanation"] = explanation

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.ipid import Ipid  # noqa: PLC0415
        from ..models.price import Price  # noqa: PLC0415
        from ..models.quote_explanation_type_0_item import QuoteExplanationType0Item  # noqa: PLC0415
        from ..models.quote_metadata import QuoteMetadata  # noqa: PLC0415
        from ..models.quote_risk import QuoteRisk  # noqa: PLC0415
        from ..models.reason import Reason  # noqa: PLC0415
        from ..models.unavailable import Unavailable  # noqa: PLC0415

        d = dict(src_dict)
        id = d.pop("id")

        livemode = d.pop("livemode")

        state = check_quote_state(d.pop("state"))

        product = d.pop("product")

        country = d.pop("country")

        edition = d.pop("edition")

        language = d.pop("language")

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

        def _parse_expires_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                expires_at_type_0 = datetime.datetime.fromisoformat(data)

                return expires_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        expires_at = _parse_expires_at(d.pop("expires_at"))

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

        risk = QuoteRisk.from_dict(d.pop("risk"))

        def _parse_need(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        need = _parse_need(d.pop("need"))

        def _parse_ipid(data: object) -> Ipid | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                ipid_type_0 = Ipid.from_dict(data)

                return ipid_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Ipid | None, data)

        ipid = _parse_ipid(d.pop("ipid"))

        def _parse_cover(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        cover = _parse_cover(d.pop("cover"))

        metadata = QuoteMetadata.from_dict(d.pop("metadata"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        object_ = cast(Literal["quote"] | Unset, d.pop("object", UNSET))
        if object_ != "quote" and not isinstance(object_, Unset):
            raise ValueError(f"object must match const 'quote', got '{object_}'")

        def _parse_explanation(data: object) -> list[QuoteExplanationType0Item] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                explanation_type_0 = []
                _explanation_type_0 = data
                for explanation_type_0_item_data in _explanation_type_0:
                    explanation_type_0_item = QuoteExplanationType0Item.from_dict(explanation_type_0_item_data)

                    explanation_type_0.append(explanation_type_0_item)

                return explanation_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[QuoteExplanationType0Item] | None | Unset, data)

        explanation = _parse_explanation(d.pop("explanation", UNSET))

        quote = cls(
            id=id,
            livemode=livemode,
            state=state,
            product=product,
            country=country,
            edition=edition,
            language=language,
            start=start,
            end=end,
            duration=duration,
            timezone=timezone,
            expires_at=expires_at,
            reasons=reasons,
            price=price,
            unavailable=unavailable,
            risk=risk,
            need=need,
            ipid=ipid,
            cover=cover,
            metadata=metadata,
            created_at=created_at,
            object_=object_,
            explanation=explanation,
        )

        return quote
