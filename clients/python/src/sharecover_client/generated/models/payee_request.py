from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="PayeeRequest")


@_attrs_define
class PayeeRequest:
    """
    Attributes:
        reference (str): Your own stable reference of the person.
        name (str):
        iban (str): The account as ISO 13616 writes it; spaces are left out.
        born (datetime.date | None | Unset):
    """

    reference: str
    name: str
    iban: str
    born: datetime.date | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        reference = self.reference

        name = self.name

        iban = self.iban

        born: None | str | Unset
        if isinstance(self.born, Unset):
            born = UNSET
        elif isinstance(self.born, datetime.date):
            born = self.born.isoformat()
        else:
            born = self.born

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "reference": reference,
                "name": name,
                "iban": iban,
            }
        )
        if born is not UNSET:
            field_dict["born"] = born

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        reference = d.pop("reference")

        name = d.pop("name")

        iban = d.pop("iban")

        def _parse_born(data: object) -> datetime.date | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                born_type_0 = datetime.date.fromisoformat(data)

                return born_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.date | None | Unset, data)

        born = _parse_born(d.pop("born", UNSET))

        payee_request = cls(
            reference=reference,
            name=name,
            iban=iban,
            born=born,
        )

        return payee_request
