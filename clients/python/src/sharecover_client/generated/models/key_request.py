from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="KeyRequest")


@_attrs_define
class KeyRequest:
    """A key to be made. It gives no more than the key that makes it.

    Attributes:
        name (str): For people: who uses it, and for what.
        scopes (list[str] | None | Unset): What it may do; without it, all that a platform does (no `settling`, no
            `keys`). `quotes:read`: read products and quotes, and price risks; `quotes:write`: make quotes, too;
            `covers:read`: read covers, their documents, invoices and bordereaux; `covers:write`: bind, change and cancel
            covers, too; `claims:read`: read claims; `claims:write`: declare claims, too; `webhooks:read`: read webhook
            endpoints; `webhooks:write`: make, change and try webhook endpoints, too; `settling`: decide claims, reserve and
            pay them out; `keys`: see, make, rotate and revoke API keys.
    """

    name: str
    scopes: list[str] | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        scopes: list[str] | None | Unset
        if isinstance(self.scopes, Unset):
            scopes = UNSET
        elif isinstance(self.scopes, list):
            scopes = self.scopes

        else:
            scopes = self.scopes

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
            }
        )
        if scopes is not UNSET:
            field_dict["scopes"] = scopes

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        def _parse_scopes(data: object) -> list[str] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                scopes_type_0 = cast(list[str], data)

                return scopes_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None | Unset, data)

        scopes = _parse_scopes(d.pop("scopes", UNSET))

        key_request = cls(
            name=name,
            scopes=scopes,
        )

        return key_request
