"""The outermost of the web: gives each request its id, and tells what became of it."""

from __future__ import annotations

import logging
import secrets
import time
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from coverage.telemetry import metrics, requests

log = logging.getLogger("coverage.requests")

# Asked every few seconds by whoever watches over the service: told of where they aren't well.
LOOKOUTS: Final = {"/livez", "/readyz"}
NO_ANSWER: Final = 0  # whoever asked went away before there was one


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
        status, began = NO_ANSWER, time.perf_counter()

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with bound_contextvars(request_id=request_id):
            try:
                await self.app(scope, receive, sending)
            finally:
                self._tell(scope, seen, status, time.perf_counter() - began)

    def _tell(self, scope: Scope, seen: requests.Seen, status: int, seconds: float) -> None:
        method, route = requests.method_of(scope), requests.route_of(scope)
        metrics.request_answered(route, method, status, seconds)
        if log.isEnabledFor(logging.INFO) and not (route in LOOKOUTS and status == 200):
            facts = {"method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1), **seen.notes}
            log.info("request", extra={"facts": facts})
