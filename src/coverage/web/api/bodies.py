"""Bodies, read strictly: one JSON object of bounded size and depth, of values that JSON really has."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from typing import Any, Final

from fastapi import Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from coverage.domain.faults import Detail, Rejected, Unavailable
from coverage.operations.unlocking import looks_like_key
from coverage.rulebook.language.expressions import nearest
from coverage.web.api import problems
from coverage.web.api.access import caller_of, identify
from coverage.web.turnstile import bearer_of

MAX_BYTES: Final = 256 * 1024
LARGE: Final = 32 * 1024
# Of large bodies, held by a process at once. Each takes several times its size while it is worked on.
MOST_HELD: Final = 32 * 1024 * 1024
MAX_DRAINED: Final = 32 * 1024 * 1024
MAX_DEPTH: Final = 20
MAX_ERRORS: Final = 50  # told of one request
MAX_INTEGER: Final = 2**53  # beyond it, JSON's readers disagree (RFC 8259 section 6)
LONGEST_TOKEN: Final = 120  # of a pointer; what is longer isn't worth repeating


class Refused(HTTPException):
    """A body that can't be read, carried through the framework with its fault."""

    def __init__(self, fault: Rejected) -> None:
        super().__init__(status_code=problems.status_of(fault), detail=fault.detail)
        self.fault = fault


class _Unfit:
    """Stands where JSON held something that can't be kept, until its place is known."""

    def __init__(self, message: str) -> None:
        self.message = message


def read_json(raw: bytes) -> Any:
    """The value in `raw`; raises `Rejected` with a pointer to what JSON, or we, can't hold."""
    try:
        text = raw.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_integer)
    except UnicodeDecodeError as error:
        raise Rejected("invalid_json", f"the body isn't UTF-8 from its byte {error.start + 1} on") from None
    except RecursionError:
        raise Rejected("invalid_json", f"the body is nested deeper than {MAX_DEPTH} levels") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise Rejected("invalid_json", f"the body is no JSON at {place}: {error.msg}") from None
    _walk(value)
    return value


def pointer(steps: Iterable[object]) -> str:
    """A JSON pointer (RFC 6901). It ends at the parent of a key that is too long to repeat."""
    tokens = []
    for step in steps:
        token = str(step).replace("~", "~0").replace("/", "~1")
        if len(token) > LONGEST_TOKEN:
            break
        tokens.append(f"/{token}")
    return "".join(tokens).encode("utf-8", "replace").decode()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        found[key] = _Unfit("the key stands twice in one object; expected it once") if key in found else value
    return found


def _no_constant(name: str) -> _Unfit:
    return _Unfit(f"{name}, which is no JSON number; expected a number")


def _integer(digits: str) -> int | _Unfit:
    if len(digits) > 17 or abs(int(digits)) > MAX_INTEGER:
        return _Unfit(f"a number of {len(digits.lstrip('-'))} digits; expected one within 2^53")
    return int(digits)


def _walk(root: Any) -> None:
    """Refuses what is too deep, and what can't be kept: NUL, halves of a surrogate pair, numbers beyond all bounds."""
    level: list[tuple[tuple[object, ...], Any]] = [((), root)]
    for _ in range(MAX_DEPTH):
        below: list[tuple[tuple[object, ...], Any]] = []
        for steps, value in level:
            if isinstance(value, dict):
                for key in value:
                    _text((*steps, key), key)
                below += [((*steps, key), item) for key, item in value.items()]
            elif isinstance(value, list):
                below += [((*steps, index), item) for index, item in enumerate(value)]
            elif isinstance(value, str):
                _text(steps, value)
            elif isinstance(value, _Unfit):
                raise _at(steps, value.message)
            elif isinstance(value, float) and not math.isfinite(value):
                raise _at(steps, "a number too large to hold; expected one within 2^53")
        if not below:
            return
        level = below
    raise _at(level[0][0], f"nested deeper than {MAX_DEPTH} levels")


def _text(steps: tuple[object, ...], text: str) -> None:
    if "\x00" in text:
        raise _at(steps, "a NUL character, which text can't hold; expected text without it")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise _at(steps, "half of a surrogate pair, which is no character; expected both halves or none") from None


def _at(steps: tuple[object, ...], message: str) -> Rejected:
    detail = Detail(pointer(steps), message, "invalid_value")
    return Rejected("invalid_json", "the body holds something that can't be kept", errors=(detail,))


class StrictRequest(Request):
    """A request whose JSON is read by `read_json`."""

    async def json(self) -> Any:
        raw = await self.body()
        try:
            # Reading a large one takes a while, in which the others would wait.
            self.state.parsed = await run_in_threadpool(read_json, raw) if len(raw) > LARGE else read_json(raw)
        except Rejected as fault:
            raise Refused(fault) from None
        return self.state.parsed


class StrictRoute(APIRoute):
    """A route whose requests are read strictly: a body that isn't said to be JSON is refused, and so is a query that
    the operation doesn't take. Where it takes a key, nothing is read before it is known whose that is.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()
        known = frozenset(_query_names(self.dependant))
        takes_key = _depends_on(self.dependant, caller_of)

        async def strict(request: Request) -> Response:
            if takes_key:
                await run_in_threadpool(identify, request)
            _check_query(request, known)
            if self.body_field is not None:
                kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
                if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
                    raise Rejected(
                        "unsupported_media_type",
                        f"the body is sent as {kind[:60] or 'nothing'}; expected application/json",
                    )
            return await handler(StrictRequest(request.scope, request.receive))

        return strict


def _depends_on(dependant: Dependant, call: Callable[..., Any]) -> bool:
    return any(part.call is call or _depends_on(part, call) for part in dependant.dependencies)


def _query_names(dependant: Dependant) -> Iterator[str]:
    """The query's parameters that an operation and what it depends on take."""
    for field in dependant.query_params:
        yield field.alias
    for part in dependant.dependencies:
        yield from _query_names(part)


def _check_query(request: Request, known: frozenset[str]) -> None:
    """A parameter that is misspelt must not be taken for one that wasn't sent."""
    errors, seen = [], set()
    for name, value in request.query_params.multi_items():
        shown = f"?{name[:LONGEST_TOKEN]}"
        if name not in known:
            expected = nearest(name[:LONGEST_TOKEN], sorted(known)) if known else "no parameter at all"
            errors.append(Detail(shown, f"there is no such parameter here; expected {expected}", "unknown_field"))
        elif name in seen and not name.endswith("[]"):
            errors.append(Detail(shown, "the parameter stands twice; expected it once", "invalid_value"))
        elif "\x00" in value:
            errors.append(Detail(shown, "a NUL character; expected text without it", "invalid_value"))
        seen.add(name)
    if errors:
        raise Rejected("invalid_request", "the request isn't as documented", errors=tuple(errors[:MAX_ERRORS]))


class BodyLimit:
    """Refuses a body over the limit before anything reads it whole. What still comes in is read and dropped, within
    bounds, so that the sender gets to see the answer. `larger` names paths with limits of their own, in bytes, for whoever
    bears what looks like a key; what they send beyond the ordinary is held up to `most_held` bytes at once.
    """

    def __init__(self, app: ASGIApp, larger: Mapping[str, int], most_held: int = MOST_HELD) -> None:
        self.app, self.larger, self.most_held = app, larger, most_held
        self._held = 0  # bytes of all large bodies from when they are sent until they are answered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self.app(scope, receive, send)
            return
        most = self._most(scope)
        buffered: list[Message] = []
        size = held = 0
        full = False
        try:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return
                size += len(message.get("body", b""))
                if MAX_BYTES < size <= most and not full:
                    full = self._held + size - held > self.most_held
                    self._held += 0 if full else size - held
                    held = held if full else size
                if size > most or full:
                    # What is refused is let go at once, and not when its sender has come to the end.
                    self._held -= held
                    held = 0
                    buffered.clear()
                else:
                    buffered.append(message)
                if not message.get("more_body") or size > MAX_DRAINED:
                    break
            if size > most or full:
                await self._refusal(most, scope, full=size <= most)(scope, receive, send)
                return
            messages = iter(buffered)

            async def replay() -> Message:
                return next(messages, None) or await receive()

            await self.app(scope, replay, send)
        finally:
            self._held -= held

    def _most(self, scope: Scope) -> int:
        """Bytes that the body may have. A key is looked at by its checksum alone: whether it opens is asked later."""
        larger = self.larger.get(scope["path"])
        if larger is None:
            return MAX_BYTES
        key = bearer_of(Headers(scope=scope).get("authorization", ""))
        return larger if key is not None and looks_like_key(key) else MAX_BYTES

    def _refusal(self, most: int, scope: Scope, *, full: bool) -> Response:
        instance, request_id = problems.instance_of(scope), scope.get("state", {}).get("request_id", "")
        if full:
            fault = Unavailable("overloaded", "many large bodies are being worked on; try again shortly")
            answer = problems.fault_response(fault, instance=instance, request_id=request_id)
        else:
            keyless = " without an API key" if most < self.larger.get(scope["path"], most) else ""
            detail = f"the body is over {most // 1024} kB{keyless}"
            answer = problems.response("body_too_large", 413, detail, instance=instance, request_id=request_id)
        answer.headers["Connection"] = "close"
        return answer
