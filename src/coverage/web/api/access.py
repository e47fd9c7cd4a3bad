"""What every call brings: its key, its Idempotency-Key, its version, its language; and the house that it works in."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Header, Query, Request, Response
from pydantic import BaseModel

from coverage.domain.faults import Detail, Rejected
from coverage.domain.scopes import MEANINGS
from coverage.domain.tenant import Caller
from coverage.messages import best_language
from coverage.operations.answering import Answer, answer_once
from coverage.operations.answering import Request as Asked
from coverage.operations.house import House, Work
from coverage.operations.showing import Page
from coverage.rulebook.language.reading import canonical_json
from coverage.web.api import versions
from coverage.web.api.shapes import Instant
from coverage.web.turnstile import Turnstile, bearer_of

JSON: Final = "application/json; version="  # of what is kept to be repeated, before its date
KEY_SHAPE: Final = re.compile(r"[\x21-\x7e]{1,255}")


# What waits for nothing is async: the framework runs the others in threads, of which there are as many as requests may be
# worked on at once. Whoever watches over the service would wait for one while all wait for the database.
async def house_of(request: Request) -> House:
    """The house that the application was built on."""
    house: House = request.app.state.house
    return house


TheHouse = Annotated[House, Depends(house_of)]


def identify(request: Request) -> None:
    """Finds out who calls, by the key, and counts the request; raises `Rejected` without a live key, and `TooOften`."""
    authorization = request.headers.get("authorization")
    if authorization is None:
        raise Rejected("missing_key", "there is no Authorization header")
    key = bearer_of(authorization)
    if key is None:
        raise Rejected("missing_key", "the Authorization header isn't Bearer with a key")
    turnstile: Turnstile = request.state.turnstile
    request.state.caller = turnstile.caller(request.scope, key)


async def caller_of(
    request: Request,
    coverage_version: Annotated[
        str | None, Header(description="A dated version of this API.", json_schema_extra={"enum": list(versions.DATES)})
    ] = None,
) -> Caller:
    """Who calls: the route has found out before it read anything else."""
    if coverage_version not in (None, *versions.DATES):
        detail = Detail("Coverage-Version", f"expected one of {', '.join(versions.DATES)}", "unknown_version")
        raise Rejected("unknown_version", "there is no such version", errors=(detail,))
    caller: Caller = request.state.caller
    return caller


TheCaller = Annotated[Caller, Depends(caller_of)]


def needs(scope: str) -> Any:
    """Refuses keys that haven't the scope, or of a noun that is read and written the one that goes with the method; for a
    router's `dependencies`.
    """
    reads, writes = (scope, scope) if scope in MEANINGS else (f"{scope}:read", f"{scope}:write")

    async def check(request: Request, caller: TheCaller) -> None:
        needed = reads if request.method in ("GET", "HEAD") else writes
        if needed not in caller.scopes:
            raise lacking(needed)

    return Depends(check)


def lacking(*needed: str) -> Rejected:
    """That a key hasn't the scopes that it needs, of which it says the first for machines."""
    words = f"the scope {needed[0]}" if len(needed) == 1 else f"the scopes {', '.join(needed)}"
    return Rejected("scope_missing", f"this API key hasn't {words}", scope=needed[0])


async def language_of(
    accept_language: Annotated[str | None, Header(max_length=16_000, description="Of texts for people.")] = None,
) -> str:
    """The language for texts to people."""
    return best_language(accept_language)


TheLanguage = Annotated[str, Depends(language_of)]


async def page_of(
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    starting_after: Annotated[str | None, Query(max_length=80, description="The last id of the page before.")] = None,
    created_gte: Annotated[Instant | None, Query(alias="created[gte]")] = None,
    created_lte: Annotated[Instant | None, Query(alias="created[lte]")] = None,
) -> Page:
    """Which part of a list is asked for."""
    return Page(limit, starting_after, created_gte, created_lte)


ThePage = Annotated[Page, Depends(page_of)]


def _asked(request: Request, key: str | None) -> Asked | None:
    if key is None:
        return None
    if not KEY_SHAPE.fullmatch(key):
        detail = Detail("Idempotency-Key", "expected 1 to 255 visible ASCII characters", "invalid_value")
        raise Rejected("invalid_header", "the Idempotency-Key can't be used", errors=(detail,))
    # The same request spelt with other spaces is the same request.
    body = canonical_json(getattr(request.state, "parsed", None)).encode()
    return Asked.of(key, request.method, request.scope["path"], body)


def optional_key(
    request: Request,
    idempotency_key: Annotated[str | None, Header(description="Makes a repeat safe (optional here).")] = None,
) -> Asked | None:
    """The idempotency key with what was asked under it, if one was sent."""
    return _asked(request, idempotency_key)


def required_key(
    request: Request,
    idempotency_key: Annotated[
        str | None, Header(description="A fresh unique value for each new request; the same for its repeats. Required.")
    ] = None,
) -> Asked | None:
    """The idempotency key with what was asked under it; raises `Rejected` without one."""
    if idempotency_key is None:
        detail = Detail("Idempotency-Key", "expected this header", "missing_field")
        raise Rejected("missing_idempotency_key", "the Idempotency-Key header is missing", errors=(detail,))
    return _asked(request, idempotency_key)


OptionalKey = Annotated[Asked | None, Depends(optional_key)]
RequiredKey = Annotated[Asked | None, Depends(required_key)]


@dataclass(frozen=True, slots=True)
class Made:
    """What an operation made: the shape that tells it, and whose key seals that while it is kept."""

    shape: BaseModel
    subject: str
    status: int = 201


def once(house: House, caller: Caller, asked: Asked | None, work: Callable[[Work], Made]) -> Response:
    """Does `work` once for its key, in its own transaction, committed before this returns."""

    def answered(tx: Work) -> Answer:
        made = work(tx)
        return Answer(made.status, f"{JSON}{versions.asked.get()}", versions.tell(made.shape), made.subject)

    answer = answer_once(house, caller, asked, answered)
    headers = {"Idempotent-Replayed": "true"} if answer.replayed else {}
    # A repeat is told as it was told first, whichever version it asks for; kept before there were others, in the first.
    version = answer.content_type.partition(JSON)[2] or versions.DATES[0]
    return Response(
        answer.body, answer.status, headers=headers | {"Coverage-Version": version}, media_type="application/json"
    )


def plainly(shape: BaseModel, status: int = 200) -> Response:
    """A shape as a JSON answer."""
    return Response(versions.tell(shape), status, media_type="application/json")
