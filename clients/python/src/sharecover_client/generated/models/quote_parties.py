from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.party_reference import PartyReference


T = TypeVar("T", bound="QuoteParties")


@_attrs_define
class QuoteParties:
    """
    Attributes:
        policyholder (None | PartyReference | Unset): The person, when you know already who it will be.
    """

    policyholder: None | PartyReference | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.party_reference import PartyReference  # noqa: PLC0415

        policyholder: dict[str, Any] | None | Unset
        if isinstance(self.policyholder, Unset):
            policyholder = UNSET
        elif isinstance(self.policyholder, PartyReference):
            policyholder = self.policyholder.to_dict()
        else:
            policyholder = self.policyholder

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if policyholder is not UNSET:
            field_dict["policyholder"] = policyholder

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.party_reference import PartyReference  # noqa: PLC0415

        d = dict(src_dict)

        def _parse_policyholder(data: object) -> None | PartyReference | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                policyholder_type_0 = PartyReference.from_dict(data)

                return policyholder_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | PartyReference | Unset, data)

        policyholder = _parse_policyholder(d.pop("policyholder", UNSET))

        quote_parties = cls(
            policyholder=policyholder,
        )

        return quote_parties
