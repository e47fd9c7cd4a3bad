"""What sends webhooks: signed as the standard has it, over lines that nobody holds longer than the time allows."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import trustme
from standardwebhooks import Webhook, WebhookVerificationError

from coverage.domain.faults import Rejected
from coverage.domain.webhook import Letter
from coverage.gateways.webhook_posting import ANSWER_BYTES, WebhookPost
from tests.listening import Listener, dripping, listening

FIRST, SECOND = "whsec_" + "QQ" * 16, "whsec_" + "Qg" * 16
NAME = "platform.example"


def a_letter(url: str, *, livemode: bool = False, secrets: tuple[str, ...] = (FIRST,)) -> Letter:
    body = json.dumps({"id": "evt_1", "type": "cover.issued", "note": "é"}, ensure_ascii=False).encode()
    return Letter(url, secrets, "evt_1", datetime.now(UTC), body, livemode)


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as found:
        yield found


def at_this_machine(*_: Any, **__: Any) -> list[tuple[Any, ...]]:
    """What a resolver answers for a name of this machine, whose port a test puts in."""
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", _[1]))]


class TestSigning:
    def test_holds_by_the_standards_own_library(self, listener: Listener) -> None:
        letter = a_letter(listener.url)
        answered = WebhookPost(loopback=True).post(letter)
        assert (answered.accepted, answered.status) == (True, 204)
        heard = listener.heard[0]
        assert Webhook(FIRST).verify(heard.body, dict(heard.headers)) == json.loads(letter.body)
        assert heard.headers["webhook-id"] == "evt_1"
        assert heard.headers["content-type"] == "application/json"
        assert heard.headers["host"] == listener.url.split("/")[2]
        with pytest.raises(WebhookVerificationError):
            Webhook(SECOND).verify(heard.body, dict(heard.headers))
        with pytest.raises(WebhookVerificationError):
            Webhook(FIRST).verify(heard.body + b" ", dict(heard.headers))

    def test_holds_with_both_secrets_while_one_rotates(self, listener: Listener) -> None:
        WebhookPost(loopback=True).post(a_letter(listener.url, secrets=(SECOND, FIRST)))
        heard = listener.heard[0]
        for secret in (FIRST, SECOND):
            assert Webhook(secret).verify(heard.body, dict(heard.headers))

    def test_is_told_without_secrets_in_what_is_shown(self) -> None:
        assert FIRST not in repr(a_letter("https://platform.example/"))


class TestAnswers:
    @pytest.mark.parametrize(
        ("status", "accepted", "gone"),
        [
            (200, True, False),
            (299, True, False),
            (301, False, False),
            (307, False, False),
            (404, False, False),
            (410, False, True),
            (500, False, False),
        ],
    )
    def test_are_taken_at_their_status(self, listener: Listener, status: int, accepted: bool, gone: bool) -> None:
        listener.answer = lambda _: (status, {"Location": f"{listener.url}/elsewhere", "X-Its": "own"}, b"said")
        answered = WebhookPost(loopback=True).post(a_letter(listener.url))
        assert (answered.status, answered.accepted, answered.gone) == (status, accepted, gone)
        assert (answered.body, answered.headers["x-its"]) == (b"said", "own")
        assert len(listener.heard) == 1, "a redirect is followed nowhere"

    def test_are_read_within_bounds(self, listener: Listener) -> None:
        headers = {f"X-{number}": "y" * 2000 for number in range(80)}
        listener.answer = lambda _: (200, headers, b"z" * 10_000_000)
        answered = WebhookPost(loopback=True).post(a_letter(listener.url))
        assert answered.accepted
        assert len(answered.body) == ANSWER_BYTES
        assert sum(len(name) + len(value) for name, value in answered.headers.items()) < 25_000

    def test_that_are_no_http_are_told(self) -> None:
        def talk(line: socket.socket, _: threading.Event) -> None:
            line.recv(10_000)
            line.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")

        with dripping(talk) as (port, _):
            answered = WebhookPost(loopback=True).post(a_letter(f"http://127.0.0.1:{port}/"))
        assert answered.error == "bad_answer: what came back is no HTTP"

    def test_that_break_off_are_none(self) -> None:
        def talk(line: socket.socket, _: threading.Event) -> None:
            line.recv(10_000)
            line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of")

        with dripping(talk) as (port, _):
            assert not WebhookPost(loopback=True).post(a_letter(f"http://127.0.0.1:{port}/")).accepted

    def test_of_nobody_are_told(self) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            answered = WebhookPost(loopback=True).post(a_letter(f"http://127.0.0.1:{taken.getsockname()[1]}/"))
        assert answered.error == "connection_refused: nobody listens there"


def drip(line: socket.socket, over: threading.Event, bytes_: bytes) -> None:
    for one in bytes_ * 10_000:
        line.sendall(bytes([one]))
        if over.wait(0.02):
            return


def in_the_headers(line: socket.socket, over: threading.Event) -> None:
    line.recv(10_000)
    line.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    drip(line, over, b"z")


def before_the_answer(line: socket.socket, over: threading.Event) -> None:
    line.recv(10_000)
    while not over.wait(0.02):
        line.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


def in_the_body(line: socket.socket, over: threading.Event) -> None:
    line.recv(10_000)
    line.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    drip(line, over, b"1\r\nz\r\n")


def never(line: socket.socket, over: threading.Event) -> None:
    over.wait()


class TestTime:
    @pytest.mark.parametrize("talk", [in_the_headers, before_the_answer, in_the_body, never])
    def test_is_over_whatever_drips(self, talk: Callable[[socket.socket, threading.Event], None]) -> None:
        with dripping(talk) as (port, _):
            began = time.monotonic()
            answered = WebhookPost(loopback=True, timeout_seconds=0.6).post(a_letter(f"http://127.0.0.1:{port}/"))
            assert 0.5 < time.monotonic() - began < 3
        assert answered.error == "timed_out: no whole answer came within 0.6 s"

    def test_is_over_for_a_handshake_that_drips(self) -> None:
        def talk(line: socket.socket, over: threading.Event) -> None:
            line.recv(10_000)
            line.sendall(b"\x16\x03\x03\x3f\xff")  # a record of 16 kB begins, and comes byte by byte
            drip(line, over, b"\x02")

        with dripping(talk) as (port, _):
            began = time.monotonic()
            post = WebhookPost(loopback=True, timeout_seconds=0.6)
            answered = post.post(a_letter(f"https://127.0.0.1:{port}/"))
            assert time.monotonic() - began < 3
        assert answered.error is not None
        assert answered.error.startswith("timed_out: ")

    def test_is_over_for_a_name_that_is_looked_up_for_long(self) -> None:
        over = threading.Event()

        def resolver(*_: Any, **__: Any) -> list[Any]:
            over.wait(20)
            return []

        began = time.monotonic()
        answered = WebhookPost(timeout_seconds=0.3, resolver=resolver).post(a_letter(f"https://{NAME}/"))
        over.set()
        assert time.monotonic() - began < 3
        assert answered.error is not None
        assert answered.error.startswith("timed_out: ")


class TestEncrypted:
    @pytest.fixture
    def authority(self) -> trustme.CA:
        return trustme.CA()

    @pytest.fixture
    def server(self, authority: trustme.CA) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(NAME).configure_cert(context)
        return context

    @pytest.fixture
    def trust(self, authority: trustme.CA) -> ssl.SSLContext:
        context = ssl.create_default_context()
        authority.configure_trust(context)
        return context

    def test_names_the_host_to_the_server_and_verifies_it(self, server: ssl.SSLContext, trust: ssl.SSLContext) -> None:
        named: list[str | None] = []
        server.sni_callback = lambda _, name, __: named.append(name)
        with listening(server, NAME) as listener:
            post = WebhookPost(loopback=True, resolver=at_this_machine, trust=trust)
            answered = post.post(a_letter(f"{listener.url}?token=é".replace("é", "%C3%A9")))
            assert answered.accepted, answered.error
            assert named == [NAME]
            assert listener.heard[0].headers["host"].startswith(f"{NAME}:")
            assert listener.heard[0].path == "/webhooks?token=%C3%A9"

    @pytest.mark.parametrize("case", ["another name", "another authority"])
    def test_trusts_no_other_certificate(self, server: ssl.SSLContext, trust: ssl.SSLContext, case: str) -> None:
        name, trusted = ("other.example", trust) if case == "another name" else (NAME, ssl.create_default_context())
        with listening(server, name) as listener:
            post = WebhookPost(loopback=True, resolver=at_this_machine, trust=trusted)
            answered = post.post(a_letter(listener.url))
            assert answered.error is not None
            assert answered.error.startswith("tls_failed: ")
            assert listener.heard == []


class TestAddresses:
    @pytest.mark.parametrize(
        "url",
        [
            "https://platform.example/hooks?a=b",
            "https://platform.example:8443/",
            "https://[2606:4700::1111]/",
            "https://93.184.215.14/",
        ],
    )
    def test_are_taken_where_they_are_public(self, url: str) -> None:
        WebhookPost().check(url, livemode=True)

    @pytest.mark.parametrize("url", ["http://127.0.0.1:4242/", "https://localhost:4242/", "http://[::1]:4242/"])
    def test_of_this_machine_are_taken_for_trials_alone(self, url: str) -> None:
        WebhookPost(loopback=True).check(url, livemode=False)
        if "localhost" not in url:  # a name is looked up when it is sent to
            for post, livemode in ((WebhookPost(loopback=True), True), (WebhookPost(), False)):
                with pytest.raises(Rejected):
                    post.check(url, livemode=livemode)

    def test_by_http_are_of_this_machine_alone(self) -> None:
        post = WebhookPost(
            loopback=True, resolver=lambda *_: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.215.14", 80))]
        )
        with pytest.raises(Rejected):
            post.check("http://93.184.215.14/", livemode=False)
        answered = post.post(a_letter("http://localhost/"))
        assert answered.error is not None
        assert answered.error.startswith("target_refused: ")

    def test_that_are_refused_say_what_would_be_right(self) -> None:
        with pytest.raises(Rejected) as caught:
            WebhookPost().check("ftp://platform.example/", livemode=True)
        (detail,) = caught.value.errors
        assert detail.pointer == "/url"
        assert "https://platform.example/webhooks" in detail.message
