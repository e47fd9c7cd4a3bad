from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.amount import Amount


T = TypeVar("T", bound="LossPart")


@_attrs_define
class LossPart:
    """A part of a loss: what falls under one limit.

    Attributes:
        amount (Amount): An amount in minor units of the cover's currency, none or more.
        limit (None | str | Unset): The limit it falls under, where the section has several.
        sublimit (None | str | Unset): A lower limit that holds for this part of a loss.
        sound_value (Amount | None | Unset): What the thing insured was worth before. Where that is more than was
            insured, the average rule holds.
    """

    amount: Amount
    limit: None | str | Unset = UNSET
    sublimit: None | str | Unset = UNSET
    sound_value: Amount | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.amount import Amount  # noqa: PLC0415

        amount = self.amount.to_dict()

        limit: None | str | Unset
        if isinstance(self.limit, Unset):
            limit = UNSET
        else:
            limit = self.limit

        sublimit: None | str | Unset
        if isinstance(self.sublimit, Unset):
            sublimit = UNSET
        else:
            sublimit = self.sublimit

        sound_value: dict[str, Any] | None | Unset
        if isinstance(self.sound_value, Unset):
            sound_value = UNSET
        elif isinstance(self.sound_value, Amount):
            sound_value = self.sound_value.to_dict()
        else:
            sound_value = self.sound_value

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "amount": amount,
            }
        )
        if limit is not UNSET:
            field_dict["limit"] = limit
        if sublimit is not UNSET:
            field_dict["sublimit"] = sublimit
        if sound_value is not UNSET:
            field_dict["sound_value"] = sound_value

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.amount import Amount  # noqa: PLC0415

        d = dict(src_dict)
        amount = Amount.from_dict(d.pop("amount"))

        def _parse_limit(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        limit = _parse_limit(d.pop("limit", UNSET))

        def _parse_sublimit(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        sublimit = _parse_sublimit(d.pop("sublimit", UNSET))

        def _parse_sound_value(data: object) -> Amount | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                sound_value_type_0 = Amount.from_dict(data)

                return sound_value_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Amount | None | Unset, data)

        sound_value = _parse_sound_value(d.pop("sound_value", UNSET))

        loss_part = cls(
            amount=amount,
            limit=limit,
            sublimit=sublimit,
            sound_value=sound_value,
        )

        return loss_part
