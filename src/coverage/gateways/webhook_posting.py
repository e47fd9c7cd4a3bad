"""Sends webhooks to addresses that strangers chose: signed, to public addresses alone, within a bounded time.

A name is looked up once and every address that it has is checked; the connection goes to one of these and to nothing else, so
that a name which changes its mind in between changes nothing. A timer cuts the line when the time is over, whoever drips what.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from typing import Final
from urllib.parse import urlsplit

from ssrfguard import Address, Policy, Resolver, SSRFGuardError, Target, connect, resolve
from standardwebhooks import Webhook

from coverage.domain.faults import Detail, Rejected
from coverage.domain.webhook import Answered, Letter

TIMEOUT_SECONDS: Final = 15.0
ANSWER_BYTES: Final = 4096  # so much of an answer is read
ANSWER_HEADERS: Final = 40
HEADER_CHARACTERS: Final = 500
MOST_URL: Final = 2000
AGENT: Final = "Sharecover-Webhooks/1"

# A machine's own services listen below 1024, all but the one that is asked for.
_PORTS: Final = frozenset({443, *range(1024, 65536)})
PUBLIC: Final = Policy(allowed_schemes=frozenset({"https"}), allowed_ports=_PORTS, max_url_length=MOST_URL)
# For trials on one machine, where an example listens beside the service.
LOOPBACK_TOO: Final = Policy(
    allowed_schemes=frozenset({"http", "https"}), allowed_ports=frozenset(range(1, 65536)), max_url_length=MOST_URL,
    allowed_networks=("127.0.0.0/8", "::1/128"),  # type: ignore[arg-type]
)  # fmt: skip


class _Refused(Exception):
    """Nothing is sent, or nothing came back: a code and words, without anything of what stands inside."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(f"{code}: {words}")


class WebhookPost:
    """Sends letters. With `loopback`, test partners may be sent to at this machine itself, by http too; live ones never.

    `resolver` stands in for the system's, and `trust` for the authorities that it trusts.
    """

    def __init__(
        self,
        *,
        loopback: bool = False,
        timeout_seconds: float = TIMEOUT_SECONDS,
        resolver: Resolver | None = None,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._loopback, self._timeout, self._resolver = loopback, timeout_seconds, resolver
        self._trust = trust or ssl.create_default_context()

    def check(self, url: str, *, livemode: bool) -> None:
        """Refuses an address that no letter would be sent to, as far as its text tells; raises `Rejected`."""
        try:
            self._target(url, livemode)
        except _Refused as refused:
            detail = Detail("/url", str(refused).partition(": ")[2], "invalid_value")
            raise Rejected("invalid_request", "no webhook can be sent to that address", errors=(detail,)) from None

    def post(self, letter: Letter) -> Answered:
        """Sends a letter, once. Whatever goes wrong stands in the answer."""
        began = time.monotonic()
        headers = _headers(letter)
        try:
            status, answered, body = self._exchange(letter, headers, began + self._timeout)
        except _Refused as refused:
            return Answered(headers, _since(began), error=str(refused))
        return Answered(headers, _since(began), status, answered, body)

    def _exchange(
        self, letter: Letter, headers: Mapping[str, str], deadline: float
    ) -> tuple[int, dict[str, str], bytes]:
        target = self._target(letter.url, letter.livemode)
        policy = self._policy(letter.livemode)
        try:
            line = self._open(self._look_up(target, policy, deadline), policy, deadline)
            with _cut_at(line, deadline) as cut:
                if target.scheme == "https":
                    # The handshake comes when the timer holds the new line: till then nothing is read.
                    line = self._trust.wrap_socket(line, server_hostname=target.host, do_handshake_on_connect=False)
                    cut.line = line
                    line.do_handshake()
                answer = _ask(line, target, letter, headers)
                if cut.made:
                    # A line that is cut reads as one that came to its end.
                    raise self._late()
                return answer
        except SSRFGuardError:
            raise _Refused("target_refused", "the address leads to no public place") from None
        except ssl.SSLCertVerificationError as error:
            raise _Refused("tls_failed", f"the certificate doesn't hold: {error.verify_message}") from None
        except (TimeoutError, Empty):
            raise self._late() from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            if time.monotonic() >= deadline:
                raise self._late() from None
            raise _told(error) from None

    def _late(self) -> _Refused:
        return _Refused("timed_out", f"no whole answer came within {self._timeout:g} s")

    def _policy(self, livemode: bool) -> Policy:
        return LOOPBACK_TOO if self._loopback and not livemode else PUBLIC

    def _target(self, url: str, livemode: bool) -> Target:
        policy = self._policy(livemode)
        expected = f"expected an address such as https://platform.example/webhooks, of {MOST_URL} characters at most"
        if not (url.isascii() and url.isprintable()) or " " in url or "#" in url:
            raise _Refused("target_refused", expected)
        try:
            target = policy.check_url(url)
        except (SSRFGuardError, ValueError):
            where = "" if policy is PUBLIC else ", or http:// on this machine"
            words = f"https:// at a public place{where}, on port 443 or above 1023, without a user's name"
            raise _Refused("target_refused", f"{expected}: {words}") from None
        itself = ip_address(target.host).is_loopback if target.is_literal_address else target.host == "localhost"
        if target.scheme == "http" and not itself:
            raise _Refused("target_refused", "expected https://: http:// is for this machine alone")
        return target

    def _look_up(self, target: Target, policy: Policy, deadline: float) -> tuple[Address, ...]:
        """Every address of the target, each checked. Looking up takes no time limit, so that another thread is waited for."""
        found: SimpleQueue[tuple[Address, ...] | Exception] = SimpleQueue()

        def look_up() -> None:
            try:
                found.put(resolve(target, policy=policy, resolver=self._resolver))
            except Exception as error:  # noqa: BLE001, whoever waits for it raises it
                found.put(error)

        if target.is_literal_address:
            look_up()
        else:
            threading.Thread(target=look_up, name="looking-up", daemon=True).start()
        answer = found.get(timeout=max(0.0, deadline - time.monotonic()))
        if isinstance(answer, Exception):
            raise answer
        if target.scheme == "http" and not all(address.ip.is_loopback for address in answer):
            raise _Refused("target_refused", "expected https://: http:// is for this machine alone")
        return answer

    @staticmethod
    def _open(addresses: tuple[Address, ...], policy: Policy, deadline: float) -> socket.socket:
        """A line to the first of the addresses that takes one; none gets more than its share of the time."""
        failed: OSError = TimeoutError()
        tried = addresses[: policy.max_connection_attempts]
        for number, address in enumerate(tried):
            left = deadline - time.monotonic()
            if left <= 0:
                break
            try:
                line = connect([address], policy=policy, timeout=left / (len(tried) - number))
            except OSError as error:
                failed = error.__cause__ if isinstance(error.__cause__, OSError) else error
            else:
                line.settimeout(max(0.01, deadline - time.monotonic()))
                return line
        raise failed


class _Cut:
    """What the timer cuts: the line as it stands then."""

    def __init__(self, line: socket.socket) -> None:
        self.line, self.made = line, False

    def __call__(self) -> None:
        self.made = True
        with suppress(OSError):
            # The socket's own, also of an encrypted one: whoever reads from it elsewhere finds its end.
            socket.socket.shutdown(self.line, socket.SHUT_RDWR)


@contextmanager
def _cut_at(line: socket.socket, deadline: float) -> Iterator[_Cut]:
    cut = _Cut(line)
    timer = threading.Timer(max(0.0, deadline - time.monotonic()), cut)
    timer.daemon = True
    timer.start()
    try:
        yield cut
    finally:
        timer.cancel()
        with suppress(OSError):
            cut.line.close()


class _Connection(http.client.HTTPConnection):
    """A connection over a line that is open already, and which opens none itself."""

    def __init__(self, host: str, line: socket.socket) -> None:
        super().__init__(host)
        self.sock = line

    def connect(self) -> None:
        raise ConnectionResetError("the line was closed")


def _ask(
    line: socket.socket, target: Target, letter: Letter, headers: Mapping[str, str]
) -> tuple[int, dict[str, str], bytes]:
    """Sends the letter and reads the answer's beginning."""
    parts = urlsplit(letter.url)
    host = f"[{target.host}]" if ":" in target.host else target.host
    usual = {"http": 80, "https": 443}[target.scheme]
    connection = _Connection(target.host, line)
    path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    connection.putrequest("POST", path, skip_host=True, skip_accept_encoding=True)
    connection.putheader("Host", host if target.port == usual else f"{host}:{target.port}")
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders(letter.body)
    answer = connection.getresponse()
    body = answer.read(ANSWER_BYTES)
    if len(body) < ANSWER_BYTES and answer.length:
        raise http.client.IncompleteRead(body, answer.length)
    told = {
        name.lower()[:HEADER_CHARACTERS]: value[:HEADER_CHARACTERS]
        for name, value in answer.getheaders()[:ANSWER_HEADERS]
    }
    return answer.status, told, body


def _headers(letter: Letter) -> dict[str, str]:
    """As Standard Webhooks 1.0 has them, signed with every secret that is valid."""
    text = letter.body.decode()
    signatures = [Webhook(secret).sign(letter.id, letter.at, text) for secret in letter.secrets]
    return {
        "content-type": "application/json", "content-length": str(len(letter.body)), "user-agent": AGENT,
        "connection": "close", "webhook-id": letter.id, "webhook-timestamp": str(int(letter.at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }  # fmt: skip


def _told(error: Exception) -> _Refused:
    """In words of our own: an error's own may name what stands inside."""
    match error:
        case socket.gaierror():
            return _Refused("name_unknown", "the host's name leads nowhere")
        case ssl.SSLError():
            return _Refused("tls_failed", f"no encrypted line could be had ({error.reason or 'unknown'})")
        case ConnectionRefusedError():
            return _Refused("connection_refused", "nobody listens there")
        case http.client.HTTPException():
            return _Refused("bad_answer", "what came back is no HTTP")
        case _:
            return _Refused("connection_failed", "the line couldn't be had, or broke")


def _since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)
