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

from ..models.api_key_state import ApiKeyState, check_api_key_state
from ..types import UNSET, Unset

T = TypeVar("T", bound="ApiKey")


@_attrs_define
class ApiKey:
    """An API key, without the key itself.

    Attributes:
        id (str):
        livemode (bool):
        name (None | str):
        scopes (list[str]): What it may do. To write is to read, too.
        hint (str): Its last four characters, to tell keys apart.
        state (ApiKeyState): `rotating`: another has taken its place, and it is valid until `expires_at` yet.
        created_by (None | str): The key that made it; `operator` where the service's operator did.
        last_used_at (datetime.datetime | None): To the minute; null for one that was never used.
        expires_at (datetime.datetime | None):
        revoked_at (datetime.datetime | None):
        replaced_by (None | str): The key that it was rotated for.
        created_at (datetime.datetime):
        object_ (Literal['api_key'] | Unset):  Default: 'api_key'.
    """

    id: str
    livemode: bool
    name: None | str
    scopes: list[str]
    hint: str
    state: ApiKeyState
    created_by: None | str
    last_used_at: datetime.datetime | None
    expires_at: datetime.datetime | None
    revoked_at: datetime.datetime | None
    replaced_by: None | str
    created_at: datetime.datetime
    object_: Literal["api_key"] | Unset = "api_key"

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        livemode = self.livemode

        name: None | str
        name = self.name

        scopes = self.scopes

        hint = self.hint

        state: str = self.state

        created_by: None | str
        created_by = self.created_by

        last_used_at: None | str
        if isinstance(self.last_used_at, datetime.datetime):
            last_used_at = self.last_used_at.isoformat()
        else:
            last_used_at = self.last_used_at

        expires_at: None | str
        if isinstance(self.expires_at, datetime.datetime):
            expires_at = self.expires_at.isoformat()
        else:
            expires_at = self.expires_at

        revoked_at: None | str
        if isinstance(self.revoked_at, datetime.datetime):
            revoked_at = self.revoked_at.isoformat()
        else:
            revoked_at = self.revoked_at

        replaced_by: None | str
        replaced_by = self.replaced_by

        created_at = self.created_at.isoformat()

        object_ = self.object_

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "livemode": livemode,
                "name": name,
                "scopes": scopes,
                "hint": hint,
                "state": state,
                "created_by": created_by,
                "last_used_at": last_used_at,
                "expires_at": expires_at,
                "revoked_at": revoked_at,
                "replaced_by": replaced_by,
                "created_at": created_at,
            }
        )
        if object_ is not UNSET:
            field_dict["object"] = object_

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        livemode = d.pop("livemode")

        def _parse_name(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        name = _parse_name(d.pop("name"))

        scopes = cast(list[str], d.pop("scopes"))

        hint = d.pop("hint")

        state = check_api_key_state(d.pop("state"))

        def _parse_created_by(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        created_by = _parse_created_by(d.pop("created_by"))

        def _parse_last_used_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                last_used_at_type_0 = datetime.datetime.fromisoformat(data)

                return last_used_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        last_used_at = _parse_last_used_at(d.pop("last_used_at"))

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

        def _parse_revoked_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                revoked_at_type_0 = datetime.datetime.fromisoformat(data)

                return revoked_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        revoked_at = _parse_revoked_at(d.pop("revoked_at"))

        def _parse_replaced_by(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        replaced_by = _parse_replaced_by(d.pop("replaced_by"))

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        object_ = cast(Literal["api_key"] | Unset, d.pop("object", UNSET))
        if object_ != "api_key" and not isinstance(object_, Unset):
            raise ValueError(f"object must match const 'api_key', got '{object_}'")

        api_key = cls(
            id=id,
            livemode=livemode,
            name=name,
            scopes=scopes,
            hint=hint,
            state=state,
            created_by=created_by,
            last_used_at=last_used_at,
            expires_at=expires_at,
            revoked_at=revoked_at,
            replaced_by=replaced_by,
            created_at=created_at,
            object_=object_,
        )

        return api_key
