"""What comes over a connection: in bounds, or the connection ends; and no other feels it."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from starlette.types import Receive, Scope, Send

from coverage.commands import connections
from coverage.commands.connections import MOST_HEAD_BYTES
from tests.processes import wait_for
from tests.serving import serving


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers the size of the body, once it is there."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    body = str(size).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(echo) as url:
        yield url


@contextmanager
def connected(address: str) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), timeout=20) as connection:
        yield connection


def all_of(connection: socket.socket) -> bytes:
    """What comes until the other side ends the connection."""
    found = b""
    try:
        while piece := connection.recv(65_536):
            found += piece
    except ConnectionResetError:
        pass  # it ended while we were still sending
    return found


def answer(connection: socket.socket) -> bytes:
    """One answer, which has a body of one figure or more."""
    found = b""

    def complete() -> bool:
        nonlocal found
        found += connection.recv(65_536)
        head, _, body = found.partition(b"\r\n\r\n")
        return bool(body) and len(body) == int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])

    wait_for("an answer", complete, 20)
    return found


class TestHead:
    @pytest.mark.parametrize("start", [b"GET /", b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: ", b"GET / HTTP/1.1\r\n"])
    def test_that_does_not_end_ends_the_connection(self, address: str, start: bytes) -> None:
        piece = b"X: y\r\n" * 1_000 if start.endswith(b"1.1\r\n") else b"x" * 6_000
        with connected(address) as connection:
            connection.sendall(start)
            sent = 0
            try:
                while sent < 100 * MOST_HEAD_BYTES:
                    connection.sendall(piece)
                    sent += len(piece)
            except (ConnectionError, TimeoutError):
                pass
            assert sent < 100 * MOST_HEAD_BYTES
            told = all_of(connection)
            assert told == b"" or told.startswith(b"HTTP/1.1 431 ")

    def test_that_is_too_long_is_told_so(self, address: str) -> None:
        with connected(address) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: ")
            for _ in range(MOST_HEAD_BYTES // 1024 + 1):
                connection.sendall(b"x" * 1024)
            assert all_of(connection).startswith(b"HTTP/1.1 431 ")

    def test_is_counted_for_each_request_alone(self, address: str) -> None:
        head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\nX-Long: " + b"x" * 30_000 + b"\r\n\r\n"
        with connected(address) as connection:
            for _ in range(5):
                connection.sendall(head[:9_000])
                connection.sendall(head[9_000:])
                connection.sendall(b"y" * 200_000)
                assert answer(connection).endswith(b"\r\n\r\n200000")


class TestTime:
    @pytest.fixture
    def hasty(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
        monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.5)
        with serving(echo) as url:
            yield url

    @pytest.mark.parametrize(
        "part", [b"GET / HTTP/1.1\r\nHost:", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345"]
    )
    def test_is_up_for_a_request_that_does_not_come_to_its_end(self, hasty: str, part: bytes) -> None:
        with connected(hasty) as connection:
            connection.sendall(part)
            assert all_of(connection).startswith(b"HTTP/1.1 408 ")

    def test_is_up_for_who_says_nothing_and_he_is_told_nothing(self, hasty: str) -> None:
        with connected(hasty) as connection:
            assert all_of(connection) == b""

    def test_begins_anew_with_each_request(self, hasty: str) -> None:
        with connected(hasty) as connection:
            for _ in range(4):
                connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                assert answer(connection).endswith(b"\r\n\r\n0")
                time.sleep(0.2)  # what lies between requests is nobody's request
            connection.sendall(b"GET / HTTP/1.1\r\n")
            assert all_of(connection).startswith(b"HTTP/1.1 408 ")
