"""Promise 16: whatever address somebody names for webhooks, nothing of ours but public places is ever connected to."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from fastapi.testclient import TestClient

from coverage.domain.webhook import Letter
from coverage.gateways.webhook_posting import WebhookPost
from coverage.operations.delivering import Courier
from coverage.operations.house import House
from coverage.storage.tenancy import Database
from coverage.web.app import create_app
from tests.builders import Platform, enrol_platform
from tests.listening import Listener, listening
from tests.logs import seal_all
from tests.promises.trial import Trial, promise

SECRET: Final = "whsec_" + "QQ" * 16
PUBLIC: Final = "93.184.215.14"

# Written down as an address, in every spelling that somebody's reader takes for one.
WRITTEN: Final = (
    "https://127.0.0.1:PORT/", "https://127.1:PORT/", "https://127.0.1:PORT/", "https://2130706433:PORT/", "https://0x7f000001:PORT/",
    "https://0x7f.0.0.1:PORT/", "https://0177.0.0.1:PORT/", "https://017700000001:PORT/", "https://0.0.0.0:PORT/", "https://0:PORT/",
    "https://127.255.255.254:PORT/", "https://\u2460\u2461\u2466.0.0.1:PORT/", "https://127\u30020\u30020\u30021:PORT/", "https://\uff11\uff12\uff17.0.0.1:PORT/",
    "https://[::1]:PORT/", "https://[0:0:0:0:0:0:0:1]:PORT/", "https://[::]:PORT/", "https://[::ffff:127.0.0.1]:PORT/",
    "https://[::ffff:7f00:1]:PORT/", "https://[::127.0.0.1]:PORT/", "https://[64:ff9b::7f00:1]:PORT/", "https://[64:ff9b:1::7f00:1]:PORT/",
    "https://[2002:7f00:1::]:PORT/", "https://[2001:0:7f00:1::]:PORT/", "https://[fe80::1]:PORT/", "https://[fe80::1%25lo]:PORT/",
    "https://[fc00::1]:PORT/", "https://[fd00:ec2::254]/", "https://[ff02::1]:PORT/", "https://[2001:db8::1]:PORT/",
    "https://169.254.169.254/latest/meta-data/", "https://169.254.170.2/v2/credentials", "https://[::ffff:169.254.169.254]/", "https://2852039166/",
    "https://10.0.0.7:PORT/", "https://172.16.0.1:PORT/", "https://192.168.1.1:PORT/", "https://100.64.0.1:PORT/", "https://100.100.100.200/",
    "https://192.0.0.192/", "https://198.18.0.1:PORT/", "https://203.0.113.7:PORT/", "https://224.0.0.1:PORT/", "https://240.0.0.1:PORT/",
    "https://255.255.255.255:PORT/", "https://u:p@127.0.0.1:PORT/", "https://platform.example@127.0.0.1:PORT/",
    "https://127.0.0.1:PORT#@platform.example/", "https://127.0.0.1:PORT\\@platform.example/", "http://127.0.0.1:PORT/",
    "http://platform.example/", "file:///etc/passwd", "gopher://127.0.0.1:PORT/_x", "unix:///var/run/docker.sock", "//127.0.0.1:PORT/",
    "https://127.0.0.1:PORT/ HTTP/1.1\r\nX: y", "https://platform.example:22/", "https://platform.example:6379/\0",
)  # fmt: skip
# A name, and what it leads to each time that it is asked for.
NAMED: Final[tuple[tuple[str, tuple[tuple[str, ...], ...]], ...]] = (
    ("loopback.example", (("127.0.0.1",),)),
    ("loopback6.example", (("::1",),)),
    ("metadata.example", (("169.254.169.254",),)),
    ("inside.example", (("10.1.2.3",),)),
    ("carrier.example", (("100.64.7.7",),)),
    ("mapped.example", (("::ffff:127.0.0.1",),)),
    ("translated.example", (("64:ff9b::7f00:1",),)),
    ("nothing.example", (("0.0.0.0",),)),  # noqa: S104, a name that leads there
    ("both.example", ((PUBLIC, "127.0.0.1"),)),
    ("first-inside.example", (("127.0.0.1", PUBLIC),)),
    # Asked twice, it would lead inside the second time.
    ("rebinding.example", ((PUBLIC,), ("127.0.0.1",))),
    ("rebinding6.example", (("2606:4700::1111",), ("::1",))),
)
HOSTILE: Final = len(WRITTEN) + len(NAMED) + 2  # and two that redirect


@dataclass
class Names:
    """Stands in for the system's resolver: the names above, by turns; an address is what it says, as the system reads it."""

    asked: dict[str, int] = field(default_factory=dict)

    def __call__(self, host: str, port: int, *rest: Any) -> Iterable[tuple[Any, ...]]:
        turns = dict(NAMED).get(host)
        if turns is None:
            if host.endswith(".example"):
                return self._answer((PUBLIC,), port)
            return socket.getaddrinfo(host, port, *rest)
        turn = self.asked[host] = self.asked.get(host, 0) + 1
        return self._answer(turns[min(turn, len(turns)) - 1], port)

    @staticmethod
    def _answer(addresses: tuple[str, ...], port: int) -> Iterable[tuple[Any, ...]]:
        for address in addresses:
            if ":" in address:
                yield socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0)
            else:
                yield socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where anybody in this process connected to, but for the database. What is public isn't there: it is refused."""
    found: list[str] = []
    own = socket.socket.connect

    def connect(line: socket.socket, address: Any) -> None:
        if isinstance(address, tuple):
            found.append(str(address[0]))
            if address[0] in (PUBLIC, "2606:4700::1111"):
                raise ConnectionRefusedError
        own(line, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    return found


@pytest.fixture
def inside() -> Iterator[Listener]:
    """Something of ours that nobody outside is to reach."""
    with listening() as found:
        yield found


def a_letter(url: str, *, livemode: bool) -> Letter:
    return Letter(url, (SECRET,), "evt_1", datetime.now(UTC), b"{}", livemode)


def targets(port: int) -> list[str]:
    """Every hostile address, with a port at which something of ours listens."""
    return [url.replace("PORT", str(port)) for url in WRITTEN] + [f"https://{name}:{port}/" for name, _ in NAMED]


class TestHostileTargets:
    @promise(
        16, "of the hostile addresses that webhooks might be sent to, none is connected to",
        unit="addresses", small=HOSTILE, full=HOSTILE,
        provokes=("refused as written", "refused as looked up", "looked up once and pinned", "redirects not followed"),
    )  # fmt: skip
    def test_are_never_connected_to(self, connected: list[str], inside: Listener, trial: Trial) -> None:
        port = int(inside.url.split(":")[2].split("/")[0])
        names = Names()
        for url in targets(port):
            for livemode, loopback in ((True, True), (False, False)):
                connected.clear()
                answered = WebhookPost(loopback=loopback, resolver=names, timeout_seconds=5).post(
                    a_letter(url, livemode=livemode)
                )
                host = url.split("/")[2].rpartition(":")[0] if "://" in url else ""
                if host.startswith("rebinding"):
                    assert connected in ([PUBLIC], ["2606:4700::1111"]) or str(answered.error).startswith(
                        "target_refused"
                    ), url
                    trial.met("looked up once and pinned", len(connected))
                else:
                    assert connected == [], url
                    assert answered.status is None
                    assert answered.error is not None
                    assert answered.error.startswith("target_refused: "), (url, answered.error)
                    trial.met("refused as looked up" if host in dict(NAMED) else "refused as written")
                assert inside.heard == []
            trial.done()
        self.redirected(connected, inside, trial)

    @staticmethod
    def redirected(connected: list[str], inside: Listener, trial: Trial) -> None:
        """An address that may be sent to, and sends on to one that mayn't."""
        with listening() as outside:
            for status in (302, 308):
                outside.answer = lambda _, status=status: (status, {"Location": inside.url}, b"")  # type: ignore[misc]
                connected.clear()
                answered = WebhookPost(loopback=True).post(a_letter(outside.url, livemode=False))
                assert (answered.status, answered.accepted) == (status, False)
                assert len(connected) == len(outside.heard)
                outside.heard.clear()
                connected.clear()
                trial.met("redirects not followed")
                trial.done()
        assert inside.heard == []


class TestHostileEndpoints:
    @promise(
        16, "an endpoint at a hostile address is refused, or told nothing, by the running service",
        unit="addresses", small=HOSTILE - 2, full=HOSTILE - 2, provokes=("refused when made", "refused when sent to"),
    )  # fmt: skip
    def test_are_refused_or_told_nothing(
        self, connected: list[str], inside: Listener, owner: Database, house_with: Callable[..., House], trial: Trial
    ) -> None:
        port = int(inside.url.split(":")[2].split("/")[0])
        house = house_with(posting=WebhookPost(resolver=Names(), timeout_seconds=5))
        courier = Courier()
        queue = replace(owner, role="sharecover_worker")
        with TestClient(create_app(house), raise_server_exceptions=False) as client:
            for url in targets(port):
                connected.clear()
                platform = enrol_platform(owner, house, client)
                answer = platform.post("/v1/webhook_endpoints", {"url": url})
                if answer.status_code != 201:
                    assert answer.status_code in (400, 422), answer.text
                    trial.met("refused when made")
                else:
                    told = self.told(platform, answer.json()["id"], owner, house, courier, queue)
                    assert "127.0.0.1" not in told["error"], "nothing of what stands inside is told"
                    trial.met("refused when sent to", told["error"].startswith("target_refused"))
                assert not set(connected) - {PUBLIC, "2606:4700::1111"}, url
                assert inside.heard == []
                trial.done()
        courier.close()

    @staticmethod
    def told(
        platform: Platform, endpoint: str, owner: Database, house: House, courier: Courier, queue: Database
    ) -> dict[str, Any]:
        """What the log tells of a ping."""
        at = f"/v1/webhook_endpoints/{endpoint}"
        delivery = platform.post(f"{at}/ping", {}).json()["id"]
        seal_all(owner, house)
        while not (tries := platform.get(f"{at}/deliveries/{delivery}").json()["tries"]):
            courier.once(house, queue)
        first: dict[str, Any] = tries[0]
        assert (first["status"], first["answer"]) == (None, None)
        return first
