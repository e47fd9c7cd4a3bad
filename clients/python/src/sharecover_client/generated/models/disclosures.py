from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="Disclosures")


@_attrs_define
class Disclosures:
    """That the information document was given before the contract (Directive (EU) 2016/97 art. 20).

    Attributes:
        ipid_sha256 (str): Of the version that was shown; the quote names it.
        language (str): The language that the member reads.
        given_at (datetime.datetime): RFC 3339, with an offset.
    """

    ipid_sha256: str
    language: str
    given_at: datetime.datetime

    def to_dict(self) -> dict[str, Any]:
        ipid_sha256 = self.ipid_sha256

        language = self.language

        given_at = self.given_at.isoformat()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "ipid_sha256": ipid_sha256,
                "language": language,
                "given_at": given_at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        ipid_sha256 = d.pop("ipid_sha256")

        language = d.pop("language")

        given_at = datetime.datetime.fromisoformat(d.pop("given_at"))

        disclosures = cls(
            ipid_sha256=ipid_sha256,
            language=language,
            given_at=given_at,
        )

        return disclosures
