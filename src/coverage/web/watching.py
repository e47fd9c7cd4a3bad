"""The outermost of the web: gives each request its id, and tells what became of it: to the log, the metrics, the traces."""

from __future__ import annotations

import logging
import secrets
import time
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from coverage.telemetry import metrics, requests, traces

log = logging.getLogger("coverage.requests")

# Asked every few seconds by whoever watches over the service: told of where they aren't well.
LOOKOUTS: Final = {"/livez", "/readyz"}


class Watch:
    """Tells of each request once it is answered: method, route, status, duration, request id, tenant, problem's code."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = f"req_{secrets.token_hex(16)}"
        scope.setdefault("state", {})["request_id"] = request_id
        seen = requests.begin(request_id)
        if not traces.on() or scope["path"] in LOOKOUTS:
            with bound_contextvars(request_id=request_id):
                await self._answer(scope, receive, send, seen)
            return
        method = requests.method_of(scope)
        with traces.request(method, scope["headers"]) as span:
            try:
                with bound_contextvars(request_id=request_id, trace_id=traces.id_of(span)):
                    await self._answer(scope, receive, send, seen)
            finally:
                notes = {"request_id": request_id, **seen.notes}
                traces.answered(span, method, requests.route_of(scope), seen.status, notes)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, seen: requests.Seen) -> None:
        began = time.perf_counter()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen.status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:
            self._tell(scope, seen, time.perf_counter() - began)

    def _tell(self, scope: Scope, seen: requests.Seen, seconds: float) -> None:
        method, route, status = requests.method_of(scope), requests.route_of(scope), seen.status
        metrics.request_answered(route, method, status, seconds)
        if log.isEnabledFor(logging.INFO) and not (route in LOOKOUTS and status == 200):
            facts = {"method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1), **seen.notes}
            log.info("request", extra={"facts": facts})
