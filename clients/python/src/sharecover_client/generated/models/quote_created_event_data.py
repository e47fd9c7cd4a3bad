from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.quote_created_event_data_state import (
    QuoteCreatedEventDataState,
    check_quote_created_event_data_state,
)

T = TypeVar("T", bound="QuoteCreatedEventData")


@_attrs_define
class QuoteCreatedEventData:
    """What belongs to it.

    Attributes:
        state (QuoteCreatedEventDataState): How it stands.
    """

    state: QuoteCreatedEventDataState

    def to_dict(self) -> dict[str, Any]:
        state: str = self.state

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "state": state,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        state = check_quote_created_event_data_state(d.pop("state"))

        quote_created_event_data = cls(
            state=state,
        )

        return quote_created_event_data
