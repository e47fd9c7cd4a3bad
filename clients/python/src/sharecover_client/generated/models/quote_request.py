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

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.quote_parties import QuoteParties
    from ..models.quote_request_metadata import QuoteRequestMetadata


T = TypeVar("T", bound="QuoteRequest")


@_attrs_define
class QuoteRequest:
    """A price asked for. Times: `start` with `end` or `duration`; `"at_issue"` begins when the quote is bound.

    Attributes:
        product (str):
        start (datetime.datetime | Literal['at_issue']):
        risk (Any): The facts that the product asks for: its `risk_schema` describes them.
        country (None | str | Unset): Needed where a product is sold in several.
        end (datetime.datetime | None | Unset):
        duration (str | Unset): ISO 8601: PT12H, P2D.
        language (None | str | Unset): Of texts in answers; else by Accept-Language, else French.
        parties (None | QuoteParties | Unset):
        metadata (QuoteRequestMetadata | Unset): Up to 50 facts of your own, kept and given back.
    """

    product: str
    start: datetime.datetime | Literal["at_issue"]
    risk: Any
    country: None | str | Unset = UNSET
    end: datetime.datetime | None | Unset = UNSET
    duration: str | Unset = UNSET
    language: None | str | Unset = UNSET
    parties: None | QuoteParties | Unset = UNSET
    metadata: QuoteRequestMetadata | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.quote_parties import QuoteParties  # noqa: PLC0415

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

        language: None | str | Unset
        if isinstance(self.language, Unset):
            language = UNSET
        else:
            language = self.language

        parties: dict[str, Any] | None | Unset
        if isinstance(self.parties, Unset):
            parties = UNSET
        elif isinstance(self.parties, QuoteParties):
            parties = self.parties.to_dict()
        else:
            parties = self.parties

        metadata: dict[str, Any] | Unset = UNSET
        if not isinstance(self.metadata, Unset):
            metadata = self.metadata.to_dict()

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
        if language is not UNSET:
            field_dict["language"] = language
        if parties is not UNSET:
            field_dict["parties"] = parties
        if metadata is not UNSET:
            field_dict["metadata"] = metadata

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.quote_parties import QuoteParties  # noqa: PLC0415
        from ..models.quote_request_metadata import QuoteRequestMetadata  # noqa: PLC0415

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

        def _parse_language(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        language = _parse_language(d.pop("language", UNSET))

        def _parse_parties(data: object) -> None | QuoteParties | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                parties_type_0 = QuoteParties.from_dict(data)

                return parties_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | QuoteParties | Unset, data)

        parties = _parse_parties(d.pop("parties", UNSET))

        _metadata = d.pop("metadata", UNSET)
        metadata: QuoteRequestMetadata | Unset
        if isinstance(_metadata, Unset):
            metadata = UNSET
        else:
            metadata = QuoteRequestMetadata.from_dict(_metadata)

        quote_request = cls(
            product=product,
            start=start,
            risk=risk,
            country=country,
            end=end,
            duration=duration,
            language=language,
            parties=parties,
            metadata=metadata,
        )

        return quote_request
