from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.answer_headers import AnswerHeaders


T = TypeVar("T", bound="Answer")


@_attrs_define
class Answer:
    """
    Attributes:
        status (int):
        headers (AnswerHeaders):
        body (str): Its first 4096 bytes, as text.
    """

    status: int
    headers: AnswerHeaders
    body: str

    def to_dict(self) -> dict[str, Any]:
        status = self.status

        headers = self.headers.to_dict()

        body = self.body

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "status": status,
                "headers": headers,
                "body": body,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.answer_headers import AnswerHeaders  # noqa: PLC0415

        d = dict(src_dict)
        status = d.pop("status")

        headers = AnswerHeaders.from_dict(d.pop("headers"))

        body = d.pop("body")

        answer = cls(
            status=status,
            headers=headers,
            body=body,
        )

        return answer
