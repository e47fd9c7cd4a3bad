"""The web application: the partner API, the members' pages and the documentation on one house."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from coverage import __version__
from coverage.domain.faults import Detail, Fault, Rejected
from coverage.operations.house import House
from coverage.web.api import claims, clock, covers, docs, health, problems, products, quotes
from coverage.web.api.access import VERSIONS
from coverage.web.api.bodies import BodyLimit, Refused
from coverage.web.member import pages
from coverage.web.member.rendering import ASSETS, ASSETS_URL

log = logging.getLogger("coverage.web")


def create_app(house: House, *, examples: Callable[[], docs.Examples] | None = None) -> FastAPI:
    """The service's ASGI application. `examples` fills the documentation's examples with things that are there."""
    app = FastAPI(
        title="Sharecover", version=__version__, docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False
    )
    app.state.house = house
    for module in (products, quotes, covers, claims, clock, health):
        app.include_router(module.router)
    app.include_router(pages.router)
    docs.add_to(app, examples or docs.Examples)
    app.mount(ASSETS_URL, StaticFiles(directory=ASSETS))
    app.add_exception_handler(Fault, _on_fault)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_middleware(BodyLimit)
    app.add_middleware(Envelope)
    return app


class Envelope:
    """Around each request: its id, the headers that every answer bears, and a problem for whatever broke."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = f"req_{secrets.token_hex(16)}"
        scope.setdefault("state", {})["request_id"] = request_id
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [
                    *message["headers"],
                    (b"request-id", request_id.encode()),
                    (b"coverage-version", VERSIONS[-1].encode()),
                    (b"strict-transport-security", b"max-age=63072000"),
                ]
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except Exception:
            log.exception("%s broke", request_id)
            if started:
                raise
            answer = problems.response(
                "internal",
                500,
                "something broke on our side; nothing was half-done",
                instance=scope["path"],
                request_id=request_id,
            )
            await answer(scope, receive, sending)


def _problem(request: Request, fault: Fault) -> Response:
    return problems.fault_response(fault, instance=request.url.path, request_id=request.state.request_id)


async def _on_fault(request: Request, error: Exception) -> Response:
    if not isinstance(error, Fault):
        raise error
    return _problem(request, error)


async def _on_http(request: Request, error: Exception) -> Response:
    if isinstance(error, Refused):
        return _problem(request, error.fault)
    if not isinstance(error, HTTPException):
        raise error
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "invalid_request")
    return problems.response(
        code, error.status_code, str(error.detail), instance=request.url.path, request_id=request.state.request_id,
        headers=dict(error.headers or {}),
    )  # fmt: skip


async def _on_invalid(request: Request, error: Exception) -> Response:
    """Pydantic's findings as pointers into what was sent."""
    if not isinstance(error, RequestValidationError):
        raise error
    details = tuple(_detail(found) for found in error.errors())
    only_headers = all(str(found["loc"][0]) == "header" for found in error.errors())
    code = "invalid_header" if only_headers else "invalid_request"
    return _problem(request, Rejected(code, "the request isn't as documented", errors=details))


def _detail(found: dict[str, Any]) -> Detail:
    place, *steps = found["loc"]
    # A variant of a union has its name in the path; it names nothing that was sent.
    shown = [str(step) for step in steps if not _is_variant(str(step))]
    pointer = "".join(f"/{step[:80].replace('~', '~0').replace('/', '~1')}" for step in shown)
    if place != "body":
        pointer = {"query": "?", "path": "/", "header": ""}.get(str(place), "") + ".".join(shown)
    code = {"missing": "missing_field", "extra_forbidden": "unknown_field"}.get(found["type"], "invalid_value")
    message = "nothing of this name is known here" if code == "unknown_field" else str(found["msg"])
    return Detail(pointer.encode("utf-8", "replace").decode(), message[:300], code)


def _is_variant(step: str) -> bool:
    return step in ("Party", "list[Party]", "datetime", "str") or step.startswith(
        ("function-", "list[", "constrained-")
    )
