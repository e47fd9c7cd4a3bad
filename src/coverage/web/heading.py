"""HEAD: what GET would be answered, without its body (RFC 9110 section 9.3.2), at every path that takes GET."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Heading:
    """Asks within as for GET, and lets the headers out alone.

    It stands inside of what tells of requests, which tells of HEAD, and outside of all else: who asks so is counted, let in and
    refused as for GET. No route declares HEAD, so that the OpenAPI document doesn't list everything twice.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        # The server looks into its own scope for what was asked, and sends no body then.
        within = {**scope, "method": "GET"}
        try:
            await self.app(within, receive, sending)
        finally:
            # Which route took it.
            scope.update({**within, "method": "HEAD"})
