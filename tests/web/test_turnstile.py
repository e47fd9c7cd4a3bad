"""How often somebody may ask, over HTTP: partners by their keys, and addresses that come with keys that open nothing."""

from __future__ import annotations

import re
import secrets
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from coverage.domain.allowance import Policy
from coverage.domain.tenant import Caller
from coverage.gateways.limiting import STRANGERS, CountedLimits
from coverage.operations.house import House
from coverage.operations.keying import revoke_key
from coverage.operations.unlocking import BASE62, caller_by_key, looks_like_key
from coverage.storage.tenancy import Database
from coverage.web.app import create_app
from coverage.web.capacity import Capacity, Door
from tests.answers import the_problem
from tests.builders import Platform, a_quote, enrol_platform

QUOTA = 20
STRANGE = STRANGERS["invalid_key"].quota

Opened = Callable[..., TestClient]


@pytest.fixture(autouse=True)
def _no_time_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A window that slid on while a test fills it would let one more in."""
    now = time.time()
    monkeypatch.setattr("limits.storage.memory.time", SimpleNamespace(time=lambda: now))


@pytest.fixture
def limited(house: House) -> House:
    """A house in which a partner may ask 20 times in a minute in test mode, and without an end in live mode."""
    limits = CountedLimits({**STRANGERS, "requests_test": Policy(QUOTA, 60), "requests_live": None})
    return replace(house, limits=limits)


@pytest.fixture
def opened(limited: House) -> Opened:
    """Callers of one service, each from an address of its own."""
    app = create_app(limited)
    return lambda address="192.0.2.1": TestClient(app, raise_server_exceptions=False, client=(address, 50_000))


@pytest.fixture
def partner(owner: Database, limited: House, opened: Opened) -> Platform:
    """A partner who has asked nothing yet."""
    return enrol_platform(owner, limited, opened())


def is_told(answer: httpx2.Response) -> tuple[int, int]:
    """What remains, and in how many seconds it is more; the headers are lists of one string with whole parameters."""
    policy = re.fullmatch(r'"default";q=(\d+);w=(\d+)', answer.headers["ratelimit-policy"])
    limit = re.fullmatch(r'"default";r=(\d+);t=(\d+)', answer.headers["ratelimit"])
    assert policy is not None
    assert limit is not None
    assert (int(policy[1]), int(policy[2])) == (QUOTA, 60)
    return int(limit[1]), int(limit[2])


def is_limited(answer: httpx2.Response) -> None:
    the_problem(answer, 429, "rate_limited")
    assert re.fullmatch("[1-9][0-9]*", answer.headers["retry-after"])


def use_up(partner: Platform) -> httpx2.Response:
    """The first answer to a partner who has nothing left."""
    while (answer := partner.get("/v1/products")).status_code == 200:
        pass
    return answer


def a_false_key() -> str:
    """A key of the right form, its checksum too, that opens nothing."""
    head = f"sk_test_{secrets.token_hex(20)[:27]}"
    number, check = zlib.crc32(head.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        check = BASE62[digit] + check
    return head + check


@contextmanager
def connections_taken(database: Database) -> Iterator[list[str]]:
    """A list that grows by one with each connection that is taken."""
    taken: list[str] = []

    def take(*_: Any) -> None:
        taken.append("")

    event.listen(database.engine, "checkout", take)
    yield taken
    event.remove(database.engine, "checkout", take)


class TestHeaders:
    def test_stand_on_every_answer_to_a_partner(self, partner: Platform) -> None:
        quote = {"Idempotency-Key": secrets.token_hex(12), "Content-Type": "application/json"}
        answers = [
            partner.get("/v1/products"),
            partner.post("/v1/quotes", a_quote()),
            partner.get("/v1/covers/cov_unknown"),
            partner.get("/v1/products?unknown=1"),
            partner.get("/v1/products", headers={"Coverage-Version": "1999-01-01"}),
            partner.post("/v1/quotes", a_quote(product=7)),
            partner.call("POST", "/v1/quotes", content=b"{", headers=quote),
            partner.call("POST", "/v1/quotes", content=b"{}", headers=quote | {"Content-Type": "text/plain"}),
            partner.post("/v1/covers", {}, key="\x7f"),
        ]
        assert [answer.status_code for answer in answers] == [200, 201, 404, 422, 400, 422, 400, 415, 400]
        told = [is_told(answer) for answer in answers]
        assert [remaining for remaining, _ in told] == list(range(QUOTA - 1, QUOTA - 1 - len(answers), -1))
        assert all(1 <= seconds <= 60 for _, seconds in told)

    def test_count_a_head_as_they_count_a_get(self, partner: Platform) -> None:
        answers = [partner.call(method, "/v1/products") for method in ("GET", "HEAD", "GET")]
        assert [is_told(answer)[0] for answer in answers] == [QUOTA - 1, QUOTA - 2, QUOTA - 3]
        use_up(partner)
        refused = partner.call("HEAD", "/v1/products")
        assert (refused.status_code, refused.content) == (429, b"")
        assert int(refused.headers["retry-after"]) > 0

    def test_stand_on_no_other(self, partner: Platform, opened: Opened) -> None:
        anybody = opened()
        for path in ("/livez", "/readyz", "/docs", "/verify", "/v1/products", "/v1/nothing"):
            assert "ratelimit" not in anybody.get(path).headers
        wrong = anybody.get("/v1/products", headers={"Authorization": f"Bearer {a_false_key()}"})
        the_problem(wrong, 401, "invalid_key")
        assert "ratelimit" not in wrong.headers

    def test_are_left_out_where_there_is_no_limit(self, owner: Database, limited: House, opened: Opened) -> None:
        live = enrol_platform(owner, limited, opened(), "live")
        for _ in range(2 * QUOTA):
            answer = live.get("/v1/products")
            assert answer.status_code == 200
            assert "ratelimit" not in answer.headers


class TestPartner:
    def test_is_refused_what_is_too_much_and_told_when_to_come_back(self, partner: Platform) -> None:
        answers = [partner.get("/v1/products") for _ in range(QUOTA + 3)]
        assert [answer.status_code for answer in answers] == [200] * QUOTA + [429] * 3
        for answer in answers[QUOTA:]:
            is_limited(answer)
            assert is_told(answer) == (0, int(answer.headers["retry-after"]))
        assert "20 requests in 60 seconds" in answers[-1].json()["detail"]

    def test_is_refused_whatever_it_asks(self, partner: Platform) -> None:
        use_up(partner)
        is_limited(partner.post("/v1/quotes", a_quote()))
        is_limited(partner.get("/v1/covers/cov_unknown"))

    def test_takes_nothing_from_another(
        self, partner: Platform, owner: Database, limited: House, opened: Opened
    ) -> None:
        other = enrol_platform(owner, limited, opened())
        use_up(partner)
        assert is_told(other.get("/v1/products"))[0] == QUOTA - 1

    def test_that_is_refused_costs_the_database_nothing_and_no_body_is_read(
        self, partner: Platform, limited: House
    ) -> None:
        use_up(partner)
        with connections_taken(limited.database) as taken:
            for _ in range(10):
                is_limited(partner.get("/v1/products"))
            is_limited(partner.post("/v1/quotes", {"field": "x" * 300_000}))
        assert taken == []

    def test_is_watched_over_without_an_end(self, partner: Platform) -> None:
        use_up(partner)
        assert {partner.get(path).status_code for path in ("/livez", "/readyz") for _ in range(QUOTA)} == {200}


class TestDoor:
    @pytest.fixture
    def full(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
        """Makes the service full from when it is called."""

        async def nobody(*_: object) -> bool:
            return False

        return lambda: monkeypatch.setattr(Door, "_let_in", nobody)

    @pytest.fixture
    def opened(self, limited: House) -> Opened:
        app = create_app(limited, capacity=Capacity(at_once=4, waiting=0, wait_seconds=0.1))
        return lambda address="192.0.2.1": TestClient(app, raise_server_exceptions=False, client=(address, 50_000))

    def test_is_never_reached_by_who_has_nothing_left(self, partner: Platform, full: Callable[[], None]) -> None:
        use_up(partner)
        full()
        is_limited(partner.get("/v1/products"))

    def test_that_is_shut_costs_nothing_of_the_allowance(
        self, partner: Platform, full: Callable[[], None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert is_told(partner.get("/v1/products"))[0] == QUOTA - 1
        full()
        for _ in range(QUOTA):
            the_problem(partner.get("/v1/products"), 503, "overloaded")
        monkeypatch.undo()
        assert is_told(partner.get("/v1/products"))[0] == QUOTA - 2


class TestKeysThatOpenNothing:
    def test_are_refused_after_so_many_from_one_address(self, limited: House, opened: Opened) -> None:
        attacker = opened("198.51.100.7")

        def attempt(client: TestClient) -> httpx2.Response:
            return client.get("/v1/products", headers={"Authorization": f"Bearer {a_false_key()}"})

        assert looks_like_key(a_false_key())
        assert [attempt(attacker).status_code for _ in range(STRANGE)] == [401] * STRANGE
        is_limited(attempt(attacker))
        with connections_taken(limited.database) as taken:
            is_limited(attempt(attacker))
            is_limited(attacker.get("/v1/products", headers={"Authorization": "Bearer nonsense"}))
        assert taken == []
        the_problem(attempt(opened("198.51.100.8")), 401, "invalid_key")

    def test_count_for_a_whole_network_of_ipv6(self, opened: Opened) -> None:
        headers = {"Authorization": "Bearer nonsense"}
        for number in range(STRANGE):
            client = opened(f"2001:db8:7:7::{number:x}")
            the_problem(client.get("/v1/products", headers=headers), 401, "invalid_key")
        is_limited(opened("2001:db8:7:7:ffff::1").get("/v1/products", headers=headers))
        the_problem(opened("2001:db8:7:8::1").get("/v1/products", headers=headers), 401, "invalid_key")

    def test_lock_nobody_out_who_comes_from_the_same_address(self, partner: Platform, opened: Opened) -> None:
        shared = opened("203.0.113.9")
        there = Platform(partner.tenant, partner.key, shared)
        assert there.get("/v1/products").status_code == 200
        while shared.get("/v1/products", headers={"Authorization": "Bearer nonsense"}).status_code == 401:
            pass
        assert there.get("/v1/products").status_code == 200

    def test_are_those_too_that_were_revoked(self, partner: Platform, limited: House, opened: Opened) -> None:
        there = Platform(partner.tenant, partner.key, opened("203.0.113.11"))
        assert there.get("/v1/products").status_code == 200
        credential = caller_by_key(limited, partner.key, "").actor
        with limited.transaction(Caller(partner.tenant, "test")) as tx:
            revoke_key(tx, credential)
        for _ in range(STRANGE):
            answer = there.get("/v1/products")
            the_problem(answer, 401, "invalid_key")
            assert "ratelimit" not in answer.headers
        is_limited(there.get("/v1/products"))

    def test_are_none_where_there_is_no_key(self, opened: Opened) -> None:
        forgetful = opened("203.0.113.10")
        for _ in range(STRANGE + 1):
            the_problem(forgetful.get("/v1/products"), 401, "missing_key")


class TestHead:
    def test_of_more_than_32_kb_is_refused(self, partner: Platform) -> None:
        assert partner.get("/v1/products", headers={"X-Long": "x" * 31_000}).status_code == 200
        the_problem(partner.get("/v1/products", headers={"X-Long": "x" * 33_000}), 431, "headers_too_large")
        the_problem(partner.get("/v1/products?" + "x" * 33_000), 431, "headers_too_large")
