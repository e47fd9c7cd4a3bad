"""Connections to callers, within bounds: the head of a request in so many bytes, the whole of it in so many seconds.

The server that we stand on bounds neither. Behind a proxy that does nobody gets to feel these; without one, a single caller
could fill the memory with a header that never ends, or hold all connections with requests that never come to their end.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD_BYTES: Final = 64 * 1024
REQUEST_SECONDS: Final = 60.0

# In a few words and without a page of its own: it isn't known yet what was asked for.
_ENDS: Final = "HTTP/1.1 {}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class BoundedProtocol(HttpToolsProtocol):
    """One connection. What comes beyond the bounds ends it, with 431 or 408 where something was asked and no answer is on its
    way already.
    """

    _heads = 0  # that were complete
    _in_head = True
    _head_bytes = 0  # of the one that isn't
    _ends_at: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._expect_a_request()

    def data_received(self, data: bytes) -> None:
        in_head, heads = self._in_head, self._heads
        super().data_received(data)
        # A piece counts whole, or not at all where something else was in it too.
        if in_head and self._in_head and self._heads == heads:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES:
                self._end("431 Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._ends_at is None:
            self._expect_a_request()

    def on_headers_complete(self) -> None:
        self._in_head, self._head_bytes, self._heads = False, 0, self._heads + 1
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head = True
        self._expect_nothing()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect_nothing()
        super().connection_lost(exc)

    def _expect_a_request(self) -> None:
        self._ends_at = self.loop.call_later(REQUEST_SECONDS, self._end, "408 Request Timeout")

    def _expect_nothing(self) -> None:
        if self._ends_at is not None:
            self._ends_at.cancel()
            self._ends_at = None

    def _end(self, status: str) -> None:
        if self.transport.is_closing():
            return
        cycle: Any = self.cycle
        asked = not self._in_head or self._head_bytes > 0
        if asked and (cycle is None or cycle.response_complete or not cycle.response_started):
            self.transport.write(_ENDS.format(status).encode())
        self.transport.close()
