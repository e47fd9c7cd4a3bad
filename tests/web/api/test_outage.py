"""The database away, slow or full: the service says so within seconds, and lives on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import ClassVar

import httpx2
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from coverage.operations.house import House
from coverage.storage.tenancy import Database
from coverage.web.app import create_app
from tests.answers import the_problem
from tests.builders import Platform, a_bind, a_claim, a_quote, soon
from tests.processes import NO_TLS
from tests.serving import at_once, serving

SECONDS = 10


@pytest.fixture
def away(house_with: Callable[..., House], database_url: str, platform: Platform) -> Iterator[Platform]:
    """The partner, before a service whose database doesn't answer."""
    nowhere = make_url(database_url).set(host="127.0.0.1", port=1, query={})
    database = Database.connect(nowhere.render_as_string(hide_password=False), pool_size=2)
    with TestClient(create_app(house_with(database=database)), raise_server_exceptions=False) as client:
        yield Platform(platform.tenant, platform.key, client)
    database.close()


class TestDatabaseAway:
    def test_lives_and_is_not_ready(self, away: Platform) -> None:
        assert away.client.get("/livez").status_code == 200
        ready = away.client.get("/readyz")
        assert ready.status_code == 503
        assert ready.json()["database"] == "down"

    def test_says_so_of_every_operation_within_seconds(self, away: Platform, platform: Platform) -> None:
        cover = platform.cover()
        started = time.monotonic()
        for answer in (
            away.post("/v1/quotes", a_quote()),
            away.post("/v1/covers", a_bind(platform.quote())),
            away.post(f"/v1/covers/{cover['id']}/cancel", {}),
            away.post("/v1/claims", a_claim(cover)),
            away.post("/v1/test_clock/advance", {"to": soon()}),
            away.get("/v1/covers"),
            away.get(f"/v1/covers/{cover['id']}"),
            away.get(f"/v1/covers/{cover['id']}/certificate"),
            away.get("/v1/claims"),
            away.get("/v1/products"),
        ):
            the_problem(answer, 503, "database_unavailable")
        member = away.client.get("/m/" + "0" * 28)
        assert (member.status_code, member.headers["content-type"]) == (503, "text/html; charset=utf-8")
        assert time.monotonic() - started < SECONDS

    def test_still_explains_itself(self, away: Platform) -> None:
        for path in ("/openapi.json", "/docs", "/problems/database_unavailable"):
            assert away.client.get(path).status_code == 200
        the_problem(away.client.get("/v1/covers"), 401, "missing_key")


class TestConnectionLost:
    def test_is_503_for_who_was_on_it_and_nothing_for_the_next(
        self, platform: Platform, house: House, house_with: Callable[..., House], owner: Database
    ) -> None:
        quote = platform.quote()

        def cut_off() -> None:
            with owner.engine.begin() as connection:
                connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                        " AND pid <> pg_backend_pid() AND state = 'idle in transaction'"
                    )
                )

        def lose_it(purpose: str, told: str) -> bytes:
            cut_off()
            return house.keyring.fingerprint(purpose, told)

        class Cutting:
            """A keyring that loses the connection under the work, once it is asked for the member's link."""

            wrap, unwrap = staticmethod(house.keyring.wrap), staticmethod(house.keyring.unwrap)
            fingerprint = staticmethod(lose_it)

        with TestClient(create_app(house_with(keyring=Cutting())), raise_server_exceptions=False) as client:
            there = Platform(platform.tenant, platform.key, client)
            the_problem(there.post("/v1/covers", a_bind(quote), key="cut"), 503, "database_unavailable")
        assert platform.get(f"/v1/quotes/{quote['id']}").json()["state"] == "open"
        assert platform.post("/v1/covers", a_bind(quote), key="cut").status_code == 201


THREADS = 40  # that the framework keeps for what waits
WAIT_SECONDS = 2.0


class Counted(Database):
    """A database that counts who has come for a connection."""

    came: ClassVar[list[int]] = []

    @contextmanager
    def outside(self) -> Iterator[Session]:
        self.came.append(1)
        with super().outside() as session:
            yield session


class TestPoolExhausted:
    def test_is_503_while_the_process_lives(
        self, platform: Platform, house_with: Callable[..., House], database_url: str
    ) -> None:
        database = Counted(Database.connect(database_url, pool_size=1, pool_wait=WAIT_SECONDS).engine)
        Counted.came.clear()
        with ExitStack() as stack:
            stack.callback(database.close)
            address = stack.enter_context(serving(create_app(house_with(database=database))))
            stack.enter_context(database.engine.connect())
            client = stack.enter_context(httpx2.Client(base_url=address, timeout=30, trust_env=False, verify=NO_TLS))
            there = Platform(platform.tenant, platform.key, client)

            def call(index: int) -> float:
                if index == THREADS:
                    deadline = time.monotonic() + SECONDS
                    while len(Counted.came) < THREADS:
                        assert time.monotonic() < deadline, "the service never was busy"
                    started = time.monotonic()
                    assert client.get("/livez").status_code == 200
                    return time.monotonic() - started
                the_problem(there.get("/v1/covers"), 503, "overloaded")
                return 0

            # Nobody lets go meanwhile; who needs no connection isn't kept waiting.
            assert at_once(THREADS + 1, call)[THREADS] < WAIT_SECONDS
            assert there.client.get("/readyz").status_code == 503
        assert platform.get("/v1/covers").status_code == 200


class TestRowLocked:
    def test_is_503_when_it_is_not_let_go(self, platform: Platform, owner: Database) -> None:
        quote = platform.quote()
        with owner.engine.connect() as holder:
            holder.exec_driver_sql("SELECT set_config('sharecover.tenant', %s, true)", (platform.tenant.id,))
            assert holder.exec_driver_sql("SELECT 1 FROM quotes WHERE id = %s FOR UPDATE", (quote["id"],)).all()
            started = time.monotonic()
            the_problem(platform.post("/v1/covers", a_bind(quote), key="held"), 503, "overloaded")
            assert time.monotonic() - started < SECONDS
            holder.rollback()
        assert platform.post("/v1/covers", a_bind(quote), key="held").status_code == 201
