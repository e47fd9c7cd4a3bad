"""Somebody who listens for webhooks on this machine, and answers as a test wants it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def nowhere(host: str, port: int, *rest: Any) -> Iterable[tuple[Any, ...]]:
    """A resolver that asks nobody: it knows addresses and this machine, and no other name."""
    if host == "localhost" or host[0] in "0123456789" or ":" in host:
        return socket.getaddrinfo(host, port, *rest)
    raise socket.gaierror(socket.EAI_NONAME, "no such name")


@dataclass(frozen=True, slots=True)
class Heard:
    """A request as it came."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Listener:
    """An address that takes webhooks, and what it heard. `answer` says how the next are answered: a status, with headers."""

    url: str
    answer: Callable[[Heard], tuple[int, dict[str, str], bytes]] = lambda _: (204, {}, b"")
    heard: list[Heard] = field(default_factory=list)
    _came: threading.Condition = field(default_factory=threading.Condition)

    def take(self, heard: Heard) -> tuple[int, dict[str, str], bytes]:
        with self._came:
            self.heard.append(heard)
            self._came.notify_all()
        return self.answer(heard)

    def wait(self, count: int, seconds: float = 20) -> list[Heard]:
        """What was heard, once it is so many."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.heard) >= count, seconds), f"{len(self.heard)} of {count}"
            return list(self.heard)


@contextmanager
def listening(tls: ssl.SSLContext | None = None, name: str = "127.0.0.1") -> Iterator[Listener]:
    """Listens on a free port until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            size = int(self.headers.get("content-length", 0))
            heard = Heard(self.path, {key.lower(): value for key, value in self.headers.items()}, self.rfile.read(size))
            if len(heard.body) < size:
                return  # whoever sent it was killed on the way: it hasn't come
            status, headers, body = listener.take(heard)
            with suppress(OSError):
                self.send_response(status)
                for key, value in headers.items():
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 128

        def handle_error(self, *_: Any) -> None:
            """A caller that went away is none of ours."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    listener = Listener(f"{'https' if tls else 'http'}://{name}:{server.server_address[1]}/webhooks")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


@contextmanager
def dripping(talk: Callable[[socket.socket, threading.Event], None]) -> Iterator[tuple[int, threading.Event]]:
    """A port at which `talk` has each connection to itself, in a thread, until the event is set; and that event."""
    over = threading.Event()
    door = socket.create_server(("127.0.0.1", 0))
    door.settimeout(0.05)

    def alone(line: socket.socket) -> None:
        with line, suppress(OSError):
            talk(line, over)

    def serve() -> None:
        while not over.is_set():
            with suppress(TimeoutError):
                line, _ = door.accept()
                threading.Thread(target=alone, args=(line,), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield door.getsockname()[1], over
    finally:
        over.set()
        thread.join(10)
        door.close()
