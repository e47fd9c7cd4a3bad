"""The stand-in on a port of this machine alone, for as long as somebody tries things."""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn

from coverage.gateways.stripe_stand_in.server import DEMO_KEY, StripeStandIn


@dataclass(frozen=True, slots=True)
class Running:
    """Where the stand-in is, its key, and what it signs its events with."""

    address: str
    key: str
    event_secret: str = field(repr=False)


@contextmanager
def running(events_url: str) -> Iterator[Running]:
    """Serves a stand-in until the block ends. It tells `events_url` what happens."""
    secret = f"whsec_{secrets.token_hex(16)}"
    app = StripeStandIn(webhook_url=events_url, webhook_secret=secret)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False, ws="none", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="card-stand-in", daemon=True)
    thread.start()
    try:
        yield Running(f"http://127.0.0.1:{listener.getsockname()[1]}", DEMO_KEY, secret)
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        app.close()
        listener.close()
