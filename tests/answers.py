"""What answers must look like, whatever they answer to."""

from __future__ import annotations

import re
from typing import Any

import httpx2

from coverage.web.api.problems import PROBLEMS


def the_problem(answer: httpx2.Response, status: int | None = None, code: str | None = None) -> dict[str, Any]:
    """The problem (RFC 9457) that a refused request was answered with."""
    assert 400 <= answer.status_code < 600, answer.text
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem: dict[str, Any] = answer.json()
    if status is not None:
        assert answer.status_code == status, problem
    if code is not None:
        assert problem["code"] == code, problem
    assert problem["status"] == answer.status_code
    assert problem["code"] in PROBLEMS
    assert problem["type"] == f"/problems/{problem['code']}"
    assert problem["title"] == PROBLEMS[problem["code"]].title
    assert re.fullmatch("req_[0-9a-f]{32}", problem["request_id"])
    assert problem["request_id"] == answer.headers["request-id"]
    assert problem["detail"]
    if answer.status_code == 503:
        assert int(answer.headers["retry-after"]) > 0
    return problem


def pointers(answer: httpx2.Response) -> list[str]:
    """Where a refused request is wrong."""
    return [error["pointer"] for error in the_problem(answer).get("errors", [])]


def resolve(document: Any, pointer: str) -> Any:
    """What a JSON pointer (RFC 6901) points at; raises LookupError."""
    for token in pointer.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict):
            document = document[key]
        elif isinstance(document, list):
            document = document[int(key)]
        else:
            raise LookupError(f"{pointer} leads into {document!r}")
    return document
