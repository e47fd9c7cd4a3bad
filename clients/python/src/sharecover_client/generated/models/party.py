from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="Party")


@_attrs_define
class Party:
    """A person, by your stable reference. Name and email are kept under the person's own key.

    Attributes:
        reference (str): Your own stable reference of the person.
        name (str):
        email (None | str | Unset):
        locale (str | Unset): The language that the member reads. Default: 'fr'.
        born (datetime.date | None | Unset):
    """

    reference: str
    name: str
    email: None | str | Unset = UNSET
    locale: str | Unset = "fr"
    born: datetime.date | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        reference = self.reference

        name = self.name

        email: None | str | Unset
        if isinstance(self.email, Unset):
            email = UNSET
        else:
            email = self.email

        locale = self.locale

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
            }
        )
        if email is not UNSET:
            field_dict["email"] = email
        if locale is not UNSET:
            field_dict["locale"] = locale
        if born is not UNSET:
            field_dict["born"] = born

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        reference = d.pop("reference")

        name = d.pop("name")

        def _parse_email(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        email = _parse_email(d.pop("email", UNSET))

        locale = d.pop("locale", UNSET)

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

        party = cls(
            reference=reference,
            name=name,
            email=email,
            locale=locale,
            born=born,
        )

        return party
