from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define

from ..models.reason_decision import ReasonDecision, check_reason_decision

T = TypeVar("T", bound="Reason")


@_attrs_define
class Reason:
    """
    Attributes:
        code (str):
        decision (ReasonDecision):
        message (str): For the member, in the quote's language.
    """

    code: str
    decision: ReasonDecision
    message: str

    def to_dict(self) -> dict[str, Any]:
        code = self.code

        decision: str = self.decision

        message = self.message

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "code": code,
                "decision": decision,
                "message": message,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        code = d.pop("code")

        decision = check_reason_decision(d.pop("decision"))

        message = d.pop("message")

        reason = cls(
            code=code,
            decision=decision,
            message=message,
        )

        return reason
