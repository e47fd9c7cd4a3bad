from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="Ipid")


@_attrs_define
class Ipid:
    """The information document to give before binding: cite `sha256` and `language` in `disclosures`.

    Attributes:
        sha256 (str):
        language (str):
        url (str):
    """

    sha256: str
    language: str
    url: str

    def to_dict(self) -> dict[str, Any]:
        sha256 = self.sha256

        language = self.language

        url = self.url

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "sha256": sha256,
                "language": language,
                "url": url,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        sha256 = d.pop("sha256")

        language = d.pop("language")

        url = d.pop("url")

        ipid = cls(
            sha256=sha256,
            language=language,
            url=url,
        )

        return ipid
