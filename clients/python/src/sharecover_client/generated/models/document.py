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

from ..models.document_kind import DocumentKind, check_document_kind
from ..types import UNSET, Unset

T = TypeVar("T", bound="Document")


@_attrs_define
class Document:
    """A document of a cover in one language.

    Attributes:
        kind (DocumentKind):
        language (str):
        url (str):
        sha256 (None | str): Of one that was made already and is kept.
        created_at (datetime.datetime | None):
        object_ (Literal['document'] | Unset):  Default: 'document'.
    """

    kind: DocumentKind
    language: str
    url: str
    sha256: None | str
    created_at: datetime.datetime | None
    object_: Literal["document"] | Unset = "document"

    def to_dict(self) -> dict[str, Any]:
        kind: str = self.kind

        language = self.language

        url = self.url

        sha256: None | str
        sha256 = self.sha256

        created_at: None | str
        if isinstance(self.created_at, datetime.datetime):
            created_at = self.created_at.isoformat()
        else:
            created_at = self.created_at

        object_ = self.object_

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "kind": kind,
                "language": language,
                "url": url,
                "sha256": sha256,
                "created_at": created_at,
            }
        )
        if object_ is not UNSET:
            field_dict["object"] = object_

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        kind = check_document_kind(d.pop("kind"))

        language = d.pop("language")

        url = d.pop("url")

        def _parse_sha256(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        sha256 = _parse_sha256(d.pop("sha256"))

        def _parse_created_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                created_at_type_0 = datetime.datetime.fromisoformat(data)

                return created_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        created_at = _parse_created_at(d.pop("created_at"))

        object_ = cast(Literal["document"] | Unset, d.pop("object", UNSET))
        if object_ != "document" and not isinstance(object_, Unset):
            raise ValueError(f"object must match const 'document', got '{object_}'")

        document = cls(
            kind=kind,
            language=language,
            url=url,
            sha256=sha256,
            created_at=created_at,
            object_=object_,
        )

        return document
