"""The service on a socket of this machine's own, and many requests to it at once."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import uvicorn
from starlette.types import ASGIApp

from coverage.commands.connections import BoundedProtocol

Found = TypeVar("Found")


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """Serves `app` on a free port until the block ends; gives its address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(256)
    # As `coverage serve` keeps them: no caller here keeps an idle connection as long.
    config = uvicorn.Config(
        app,
        log_level="critical",
        access_log=False,
        ws="none",
        lifespan="off",
        timeout_keep_alive=75,
        http=BoundedProtocol,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        # The socket listens already: what connects before the server is up waits in its queue.
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        listener.close()


def at_once(count: int, call: Callable[[int], Found]) -> list[Found]:
    """`call(0)` to `call(count - 1)` from as many threads, let go together."""
    gate = threading.Barrier(count)

    def one(index: int) -> Found:
        gate.wait(timeout=30)
        return call(index)

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(one, range(count)))
