from __future__ import annotations

from collections.abc import Mapping
from typing import (
    Any,
    Literal,
    TypeVar,
    cast,
)

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="WebhookEndpointDeleted")


@_attrs_define
class WebhookEndpointDeleted:
    """
    Attributes:
        id (str):
        object_ (Literal['webhook_endpoint'] | Unset):  Default: 'webhook_endpoint'.
        deleted (bool | Unset):  Default: True.
    """

    id: str
    object_: Literal["webhook_endpoint"] | Unset = "webhook_endpoint"
    deleted: bool | Unset = True

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        object_ = self.object_

        deleted = self.deleted

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
            }
        )
        if object_ is not UNSET:
            field_dict["object"] = object_
        if deleted is not UNSET:
            field_dict["deleted"] = deleted

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        object_ = cast(Literal["webhook_endpoint"] | Unset, d.pop("object", UNSET))
        if object_ != "webhook_endpoint" and not isinstance(object_, Unset):
            raise ValueError(f"object must match const 'webhook_endpoint', got '{object_}'")

        deleted = d.pop("deleted", UNSET)

        webhook_endpoint_deleted = cls(
            id=id,
            object_=object_,
            deleted=deleted,
        )

        return webhook_endpoint_deleted
