"""The web application: the partner API, the members' pages and the documentation on one house."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from fastapi.telemetry import TelemetryConfig
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.routing import Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from coverage import __version__
from coverage.domain.allowance import Allowance
from coverage.domain.faults import Detail, Fault, Rejected
from coverage.operations.house import House
from coverage.web import card_events
from coverage.web.api import (
    api_keys,
    bordereaux,
    changes,
    claims,
    clock,
    covers,
    docs,
    documents,
    events,
    findings,
    health,
    invoices,
    prices,
    problems,
    products,
    quotes,
    settlements,
    versions,
    webhook_endpoints,
)
from coverage.web.api.bodies import MAX_ERRORS, BodyLimit, Refused
from coverage.web.capacity import Capacity, Door
from coverage.web.heading import Heading
from coverage.web.member import pages, proofs
from coverage.web.member.rendering import ASSETS, ASSETS_URL
from coverage.web.turnstile import Turnstile
from coverage.web.watching import Watch

log = logging.getLogger("coverage.web")

# What every answer bears that doesn't say otherwise.
PUBLIC: Final = ((b"x-content-type-options", b"nosniff"),)
# What the API tells is for the asker alone: no cache is to keep it.
PRIVATE: Final = (*PUBLIC, (b"cache-control", b"no-store"))

# The framework's own telemetry tells paths and queries, and errors in their own words: `watching` tells what may be told.
UNTOLD: Final[TelemetryConfig] = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}

# Of a request's path, query and headers together.
MOST_HEAD_BYTES: Final = 32 * 1024

# Where people look, who read no problems as programs do.
PAGES: Final = ("/m/", "/verify/")


def create_app(
    house: House,
    *,
    examples: Callable[[], docs.Examples] | None = None,
    capacity: Capacity | None = None,
    checkout_origins: tuple[str, ...] = (),
) -> FastAPI:
    """The service's ASGI application. `examples` fills the documentation's examples with things that are there; without
    a `capacity` it takes on whatever comes. `checkout_origins` is where members may be sent to pay, as in
    "https://checkout.example".
    """
    app = FastAPI(
        title="Sharecover", version=__version__, docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False,
        telemetry=UNTOLD,
    )  # fmt: skip
    app.state.house = house
    app.state.checkout_origins = checkout_origins
    room = capacity or Capacity(at_once=20, waiting=0, wait_seconds=5)
    app.state.turns = prices.Turns(room)
    app.state.report_turns = prices.Turns(room, "bordereaux")
    for module in (
        products,
        prices,
        quotes,
        covers,
        documents,
        changes,
        claims,
        settlements,
        invoices,
        bordereaux,
        events,
        api_keys,
        webhook_endpoints,
        clock,
        health,
        pages,
        proofs,
        card_events,
    ):
        # The routes as they were built when the module was read. `include_router` would build each anew for this
        # application, and only as the first requests come, which several threads at once may get wrong.
        app.router.routes.extend(module.router.routes)
    docs.add_to(app, examples or docs.Examples)
    app.mount(ASSETS_URL, StaticFiles(directory=ASSETS))
    app.add_exception_handler(Fault, _on_fault)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    if capacity is not None:
        app.add_middleware(Door, capacity=capacity)
    app.add_middleware(BodyLimit, larger={prices.PATH: prices.MAX_BYTES})
    app.add_middleware(Turnstile, house=house)
    app.add_middleware(Envelope, origin=house.public_url)
    app.add_middleware(Heading)
    app.add_middleware(Watch)
    return app


class Envelope:
    """Around each request: the headers that every answer bears, its id among them, and a problem for whatever broke."""

    def __init__(self, app: ASGIApp, origin: str) -> None:
        self.app = app
        # Keys are no browser's to hold: pages of our own alone may ask, and no others.
        self.private = (*PRIVATE, (b"access-control-allow-origin", "/".join(origin.split("/")[:3]).encode()))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state = scope["state"]
        request_id = state["request_id"]
        started = False
        private = scope["path"].startswith("/v1/")
        versions.asked.set(versions.asked_for(Headers(scope=scope).get("coverage-version")))

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                said = {name.lower(): value for name, value in message["headers"]}
                # A repeat is told in the version that it was told in first.
                version = said.get(b"coverage-version", versions.asked.get().encode()).decode()
                alike = (*(self.private if private else PUBLIC), *versions.headers_of(version))
                message["headers"] = [
                    *message["headers"],
                    *(header for header in alike if header[0] not in said),
                    (b"request-id", request_id.encode()),
                    (b"strict-transport-security", b"max-age=63072000"),
                    *_allowance_headers(state.get("allowance")),
                ]
            await send(message)

        try:
            if _head_bytes(scope) > MOST_HEAD_BYTES:
                await _too_large_a_head(request_id)(scope, receive, sending)
                return
            if not _names_a_host(scope):
                await _bad_host(scope, request_id)(scope, receive, sending)
                return
            await self.app(scope, receive, sending)
        except Exception:
            log.exception("%s broke", request_id)
            if started:
                raise
            answer = problems.response(
                "internal",
                500,
                "something broke on our side; nothing was half-done",
                instance=problems.instance_of(scope),
                request_id=request_id,
            )
            await answer(scope, receive, sending)


def _allowance_headers(allowance: Allowance | None) -> list[tuple[bytes, bytes]]:
    if allowance is None:
        return []
    return [(b"ratelimit-policy", allowance.policy_header.encode()), (b"ratelimit", allowance.header.encode())]


# A name or address with its port (RFC 9110 section 7.2). What isn't one would break every address made from it.
_HOST: Final = re.compile(rb"[A-Za-z0-9._-]{1,255}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")


def _names_a_host(scope: Scope) -> bool:
    return all(_HOST.fullmatch(value) for name, value in scope["headers"] if name == b"host")


def _head_bytes(scope: Scope) -> int:
    asked = len(scope.get("raw_path") or b"") + len(scope.get("query_string", b""))
    return asked + sum(len(name) + len(value) for name, value in scope["headers"])


def _too_large_a_head(request_id: str) -> Response:
    detail = f"path, query and headers come to more than {MOST_HEAD_BYTES // 1024} kB"
    # Of what was too long nothing is repeated.
    return problems.response("headers_too_large", 431, detail, instance="/", request_id=request_id)


def _bad_host(scope: Scope, request_id: str) -> Response:
    detail = Detail("Host", "no host's name; expected one such as api.example.org", "invalid_value")
    return problems.response(
        "invalid_header", 400, "the Host header can't be used", instance=problems.instance_of(scope),
        request_id=request_id, errors=(detail,),
    )  # fmt: skip


def _problem(request: Request, fault: Fault) -> Response:
    return problems.fault_response(
        fault, instance=problems.instance_of(request.scope), request_id=request.state.request_id
    )


async def _on_fault(request: Request, error: Exception) -> Response:
    if not isinstance(error, Fault):
        raise error
    if f"{request.scope['path']}/".startswith(PAGES):
        return pages.fault_page(request, error, problems.status_of(error))
    return _problem(request, error)


async def _on_http(request: Request, error: Exception) -> Response:
    if isinstance(error, Refused):
        return _problem(request, error.fault)
    if not isinstance(error, HTTPException):
        raise error
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "invalid_request")
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(_allowed(request))
    return problems.response(
        code, error.status_code, str(error.detail), instance=problems.instance_of(request.scope), request_id=request.state.request_id,
        headers=headers,
    )  # fmt: skip


def _allowed(request: Request) -> list[str]:
    """Every method that the path takes; the framework names those of one route only."""

    def taken(method: str) -> bool:
        # HEAD is taken where GET is (`coverage.web.heading`).
        scope = {**request.scope, "method": "GET" if method == "HEAD" else method}
        return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)

    return [method for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE") if taken(method)]


async def _on_invalid(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    found = error.errors()
    asked = getattr(request.scope.get("route"), "body_field", None)
    details = tuple(findings.detail(one, asked and asked.field_info.annotation) for one in found[:MAX_ERRORS])
    only_headers = all(str(one["loc"][0]) == "header" for one in found)
    code = "invalid_header" if only_headers else "invalid_request"
    return _problem(request, Rejected(code, "the request isn't as documented", errors=details))
