from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.amount import Amount


T = TypeVar("T", bound="ReserveRequest")


@_attrs_define
class ReserveRequest:
    """What is set aside and not paid yet; what is left out stays.

    Attributes:
        because (str): Why, for the file.
        indemnity (Amount | None | Unset):
        fees (Amount | None | Unset): For experts and lawyers.
    """

    because: str
    indemnity: Amount | None | Unset = UNSET
    fees: Amount | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.amount import Amount  # noqa: PLC0415

        because = self.because

        indemnity: dict[str, Any] | None | Unset
        if isinstance(self.indemnity, Unset):
            indemnity = UNSET
        elif isinstance(self.indemnity, Amount):
            indemnity = self.indemnity.to_dict()
        else:
            indemnity = self.indemnity

        fees: dict[str, Any] | None | Unset
        if isinstance(self.fees, Unset):
            fees = UNSET
        elif isinstance(self.fees, Amount):
            fees = self.fees.to_dict()
        else:
            fees = self.fees

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "because": because,
            }
        )
        if indemnity is not UNSET:
            field_dict["indemnity"] = indemnity
        if fees is not UNSET:
            field_dict["fees"] = fees

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.amount import Amount  # noqa: PLC0415

        d = dict(src_dict)
        because = d.pop("because")

        def _parse_indemnity(data: object) -> Amount | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                indemnity_type_0 = Amount.from_dict(data)

                return indemnity_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Amount | None | Unset, data)

        indemnity = _parse_indemnity(d.pop("indemnity", UNSET))

        def _parse_fees(data: object) -> Amount | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                fees_type_0 = Amount.from_dict(data)

                return fees_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Amount | None | Unset, data)

        fees = _parse_fees(d.pop("fees", UNSET))

        reserve_request = cls(
            because=because,
            indemnity=indemnity,
            fees=fees,
        )

        return reserve_request
