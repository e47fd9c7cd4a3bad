from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.answer import Answer
    from ..models.request_sent import RequestSent


T = TypeVar("T", bound="AttemptTold")


@_attrs_define
class AttemptTold:
    """A try: what was sent, and what came back.

    Attributes:
        number (int):
        at (datetime.datetime):
        milliseconds (int):
        status (int | None):
        error (None | str): Why no answer came, behind a code: `timed_out: …`.
        request (None | RequestSent):
        answer (Answer | None):
    """

    number: int
    at: datetime.datetime
    milliseconds: int
    status: int | None
    error: None | str
    request: None | RequestSent
    answer: Answer | None

    def to_dict(self) -> dict[str, Any]:
        from ..models.answer import Answer  # noqa: PLC0415
        from ..models.request_sent import RequestSent  # noqa: PLC0415

        number = self.number

        at = self.at.isoformat()

        milliseconds = self.milliseconds

        status: int | None
        status = self.status

        error: None | str
        error = self.error

        request: dict[str, Any] | None
        if isinstance(self.request, RequestSent):
            request = self.request.to_dict()
        else:
            request = self.request

        answer: dict[str, Any] | None
        if isinstance(self.answer, Answer):
            answer = self.answer.to_dict()
        else:
            answer = self.answer

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "number": number,
                "at": at,
                "milliseconds": milliseconds,
                "status": status,
                "error": error,
                "request": request,
                "answer": answer,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.answer import Answer  # noqa: PLC0415
        from ..models.request_sent import RequestSent  # noqa: PLC0415

        d = dict(src_dict)
        number = d.pop("number")

        at = datetime.datetime.fromisoformat(d.pop("at"))

        milliseconds = d.pop("milliseconds")

        def _parse_status(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        status = _parse_status(d.pop("status"))

        def _parse_error(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        error = _parse_error(d.pop("error"))

        def _parse_request(data: object) -> None | RequestSent:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                request_type_0 = RequestSent.from_dict(data)

                return request_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | RequestSent, data)

        request = _parse_request(d.pop("request"))

        def _parse_answer(data: object) -> Answer | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                answer_type_0 = Answer.from_dict(data)

                return answer_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Answer | None, data)

        answer = _parse_answer(d.pop("answer"))

        attempt_told = cls(
            number=number,
            at=at,
            milliseconds=milliseconds,
            status=status,
            error=error,
            request=request,
            answer=answer,
        )

        return attempt_told
