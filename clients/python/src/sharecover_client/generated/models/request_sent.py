from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.request_sent_headers import RequestSentHeaders


T = TypeVar("T", bound="RequestSent")


@_attrs_define
class RequestSent:
    """
    Attributes:
        url (str):
        headers (RequestSentHeaders):
        body (str):
    """

    url: str
    headers: RequestSentHeaders
    body: str

    def to_dict(self) -> dict[str, Any]:
        url = self.url

        headers = self.headers.to_dict()

        body = self.body

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "url": url,
                "headers": headers,
                "body": body,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.request_sent_headers import RequestSentHeaders  # noqa: PLC0415

        d = dict(src_dict)
        url = d.pop("url")

        headers = RequestSentHeaders.from_dict(d.pop("headers"))

        body = d.pop("body")

        request_sent = cls(
            url=url,
            headers=headers,
            body=body,
        )

        return request_sent
