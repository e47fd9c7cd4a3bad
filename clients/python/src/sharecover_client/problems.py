"""What may go wrong, as exceptions: the service's problem documents (RFC 9457), and no answer at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx


class SharecoverError(Exception):
    """What all others are."""


class Unreachable(SharecoverError):
    """No answer came. What was asked for may have been done: ask again with the same idempotency key."""


class BadAnswer(SharecoverError):
    """An answer that isn't the service's, as from a proxy before it."""

    def __init__(self, words: str, response: httpx.Response) -> None:
        super().__init__(words)
        self.status = response.status_code


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing to mend: where it stands, as a JSON pointer, `?parameter` or header, and what would be right."""

    pointer: str
    detail: str
    code: str


class ProblemError(SharecoverError):
    """The service refused, or couldn't answer. `code` is for programs, `detail` for people who write them."""

    def __init__(self, document: Mapping[str, Any], response: httpx.Response) -> None:
        self.type = str(response.url.join(str(document.get("type", "about:blank"))))
        self.title = str(document.get("title", ""))
        self.status = response.status_code
        self.detail = str(document.get("detail", ""))
        self.instance = str(document.get("instance", ""))
        self.code = str(document["code"])
        self.request_id = str(document.get("request_id", ""))
        self.mistakes = tuple(
            Mistake(str(one.get("pointer", "")), str(one.get("detail", "")), str(one.get("code", "")))
            for one in document.get("errors", ())
        )
        self.document = dict(document)
        places = "".join(f"\n  {one.pointer}: {one.detail}" for one in self.mistakes)
        super().__init__(f"{self.code} ({self.status}): {self.detail}{places} [{self.request_id}]")


class Invalid(ProblemError):
    """The request has to be mended: `mistakes` says where (400, 413, 415, 422)."""


class NotAllowed(ProblemError):
    """The key opens nothing, or may not do this (401, 403)."""


class NotThere(ProblemError):
    """There is nothing of that name that the key may see, or no longer (404, 410)."""


class Conflict(ProblemError):
    """The state of things forbids it, such as a quote that has expired (409)."""


class TooMany(ProblemError):
    """More requests than the key may send (429). They were tried again; ask more slowly."""


class ServiceTrouble(ProblemError):
    """The service couldn't answer, several times over (5xx)."""


_KINDS: Mapping[int, type[ProblemError]] = {
    401: NotAllowed, 403: NotAllowed, 404: NotThere, 409: Conflict, 410: NotThere, 429: TooMany,
}  # fmt: skip


def problem_of(response: httpx.Response) -> ProblemError | None:
    """The problem that an answer tells of, or None where it is no problem document."""
    if response.headers.get("content-type", "").partition(";")[0].strip() != "application/problem+json":
        return None
    try:
        document = response.json()
        kind = _KINDS.get(response.status_code, ServiceTrouble if response.status_code >= 500 else Invalid)
        return kind(document, response)
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
