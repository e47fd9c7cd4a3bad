"""Bodies, read strictly: one JSON object of bounded size and depth, of values that JSON really has."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Coroutine
from typing import Any, Final

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from coverage.domain.faults import Detail, Rejected
from coverage.web.api import problems

MAX_BYTES: Final = 256 * 1024
MAX_DRAINED: Final = 32 * 1024 * 1024
MAX_DEPTH: Final = 20
MAX_INTEGER: Final = 2**53  # beyond it, JSON's readers disagree (RFC 8259 section 6)


class Refused(HTTPException):
    """A body that can't be read, carried through the framework with its fault."""

    def __init__(self, fault: Rejected) -> None:
        super().__init__(status_code=problems.status_of(fault), detail=fault.detail)
        self.fault = fault


def read_json(raw: bytes) -> Any:
    """The value in `raw`; raises `Rejected` with a pointer to what JSON, or we, can't hold."""
    try:
        text = raw.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_integer)
    except UnicodeDecodeError:
        raise Rejected("invalid_json", "the body isn't UTF-8") from None
    except RecursionError:
        raise Rejected("invalid_json", f"the body is nested deeper than {MAX_DEPTH} levels") from None
    except ValueError as error:
        raise Rejected("invalid_json", f"the body is no JSON: {error}") from None
    _walk(value)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key[:60]!r} stands twice in one object")
        found[key] = value
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > MAX_INTEGER:
        raise ValueError(f"the number {digits[:20]}… is beyond 2^53")
    return int(digits)


def _walk(root: Any) -> None:
    """Refuses what is too deep, and text that can't be kept: NUL, and halves of a surrogate pair."""
    level = [("", root)]
    for _ in range(MAX_DEPTH):
        below: list[tuple[str, Any]] = []
        for pointer, value in level:
            if isinstance(value, dict):
                for key, item in value.items():
                    _text(pointer, key)
                    below.append((f"{pointer}/{key[:80].replace('~', '~0').replace('/', '~1')}", item))
            elif isinstance(value, list):
                below += [(f"{pointer}/{index}", item) for index, item in enumerate(value)]
            elif isinstance(value, str):
                _text(pointer, value)
            elif isinstance(value, float) and not math.isfinite(value):
                raise _at(pointer, "a number too large to hold")
        if not below:
            return
        level = below
    raise _at(level[0][0], f"nested deeper than {MAX_DEPTH} levels")


def _text(pointer: str, text: str) -> None:
    if "\x00" in text:
        raise _at(pointer, "a NUL character, which text can't hold")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _at(pointer, "half of a surrogate pair, which is no character") from None


def _at(pointer: str, message: str) -> Rejected:
    pointer = pointer.encode("utf-8", "replace").decode()
    return Rejected(
        "invalid_json",
        "the body holds something that can't be kept",
        errors=(Detail(pointer, message, "invalid_value"),),
    )


class StrictRequest(Request):
    """A request whose JSON is read by `read_json`."""

    async def json(self) -> Any:
        try:
            self.state.parsed = read_json(await self.body())
        except Rejected as fault:
            raise Refused(fault) from None
        return self.state.parsed


class StrictRoute(APIRoute):
    """A route whose bodies are read strictly. A body that isn't said to be JSON is refused."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def strict(request: Request) -> Response:
            if self.body_field is not None:
                kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
                if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
                    raise Refused(
                        Rejected(
                            "unsupported_media_type",
                            f"the body is sent as {kind or 'nothing'}; expected application/json",
                        )
                    )
            return await handler(StrictRequest(request.scope, request.receive))

        return strict


class BodyLimit:
    """Refuses a body over the limit before anything reads it whole. What still comes in is read and dropped, within
    bounds, so that the sender gets to see the answer.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        buffered: list[Message] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            size += len(message.get("body", b""))
            if size <= MAX_BYTES:
                buffered.append(message)
            if not message.get("more_body") or size > MAX_DRAINED:
                break
        if size > MAX_BYTES:
            await self._refuse(scope, receive, send)
            return
        messages = iter(buffered)

        async def replay() -> Message:
            return next(messages, None) or await receive()

        await self.app(scope, replay, send)

    @staticmethod
    async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
        answer = problems.response(
            "body_too_large", 413, f"the body is over {MAX_BYTES // 1024} kB", instance=scope["path"],
            request_id=scope.get("state", {}).get("request_id", ""), headers={"Connection": "close"},
        )  # fmt: skip
        await answer(scope, receive, send)
