"""PostgreSQL behind a pooler in transaction mode: the server's few connections are shared by all tenants' transactions."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import DBAPIError

from coverage.operations.house import House
from coverage.storage import migrations
from coverage.storage.outbox import Job
from coverage.storage.tenancy import Database, Limits
from coverage.web.app import create_app
from coverage.worker import Worker
from tests.builders import Platform, enrol_platform
from tests.pooling import SERVER_CONNECTIONS, Pooled, pooler
from tests.processes import run_coverage, wait_for
from tests.processes import serving as serving_process
from tests.serving import at_once

MASTER_KEY = base64.b64encode(bytes(range(32))).decode()
CALLERS, ROUNDS = 8, 4


@pytest.fixture(scope="module")
def pooled(database_url: str) -> Iterator[Pooled]:
    """The tests' database behind a pooler."""
    with pooler(database_url) as found:
        yield found


@pytest.fixture
def through(pooled: Pooled) -> Iterator[Database]:
    """The service's connections through the pooler: more than the server gives it."""
    database = Database.connect(pooled.url, pool_size=CALLERS, behind_pooler=True, limits=Limits(20_000, 7_000))
    yield database
    database.close()


@pytest.fixture
def queue(pooled: Pooled) -> Iterator[Database]:
    """The worker's connections through the pooler."""
    database = Database.connect(pooled.url, "sharecover_worker", pool_size=2, behind_pooler=True)
    yield database
    database.close()


class TestIsolation:
    def test_holds_while_tenants_share_connections(
        self, owner: Database, house: House, house_with: Callable[..., House], through: Database
    ) -> None:
        with TestClient(create_app(house_with(database=through)), raise_server_exceptions=False) as client:
            platforms = [enrol_platform(owner, house, client) for _ in range(CALLERS)]

            def play(index: int) -> tuple[str, set[str], set[str], set[int]]:
                there, mine, servers = platforms[index], set(), set()
                for _ in range(ROUNDS):
                    mine.add(there.cover()["id"])
                    with through.transaction(there.tenant) as session:
                        servers.add(int(session.scalar(text("SELECT pg_backend_pid()")) or 0))
                        told = set(
                            session.scalars(text("SELECT tenant_id FROM covers UNION SELECT tenant_id FROM facts"))
                        )
                        assert told == {there.tenant.id}
                listed = {cover["id"] for cover in there.get("/v1/covers").json()["data"]}
                return there.tenant.id, mine, listed, servers

            found = at_once(CALLERS, play)
        assert all(mine == listed and len(mine) == ROUNDS for _, mine, listed, _ in found)
        servers = set().union(*(one for *_, one in found))
        assert len(servers) <= SERVER_CONNECTIONS
        assert sum(len(one) for *_, one in found) > len(servers), "no connection was shared"

    def test_leaves_nothing_of_a_transaction_on_the_connection(
        self, platform: Platform, pooled: Pooled, through: Database
    ) -> None:
        told = text(
            "SELECT pg_backend_pid(), current_setting('role'), current_setting('sharecover.tenant', true),"
            " current_setting('statement_timeout'), current_setting('lock_timeout'),"
            " current_setting('idle_in_transaction_session_timeout')"
        )
        with through.transaction(platform.tenant) as session:
            inside = tuple(session.execute(told).one())
        assert inside[1:] == ("sharecover_app", platform.tenant.id, "20s", "7s", "1min")
        # One who sets nothing: as many as the server gives, so that one of them is the same connection.
        engine = create_engine(pooled.url, connect_args={"prepare_threshold": None}, pool_size=SERVER_CONNECTIONS)
        connections = [engine.connect() for _ in range(SERVER_CONNECTIONS)]
        outside = [tuple(connection.execute(told).one()) for connection in connections]
        for connection in connections:
            connection.close()
        engine.dispose()
        assert inside[0] in {row[0] for row in outside}
        assert {row[1:] for row in outside} == {("none", "", "0", "0", "0")}


class TestSetting:
    def test_is_needed(self, platform: Platform, pooled: Pooled) -> None:
        """Statements that are prepared on one connection aren't there on the next."""
        database = Database.connect(pooled.url, pool_size=CALLERS)

        def ask(_: int) -> Any:
            for _ in range(20):
                with database.transaction(platform.tenant) as session:
                    session.execute(text("SELECT count(*) FROM covers"))

        with pytest.raises(DBAPIError, match="prepared statement"):
            at_once(CALLERS, ask)
        database.close()

    def test_is_missed_where_a_pooler_is_found(self, pooled: Pooled, through: Database) -> None:
        past = Database.connect(pooled.past, pool_size=1)
        assert through.passes_through_pooler()
        assert not past.passes_through_pooler()
        past.close()


class TestWorker:
    def test_finds_its_jobs_by_looking(
        self, platform: Platform, house_with: Callable[..., House], through: Database, queue: Database, owner: Database
    ) -> None:
        with owner.engine.begin() as connection:
            # Those that other tests left behind: each of them would be a document to set.
            connection.execute(text("DELETE FROM outbox"))
        covers = {platform.cover()["id"] for _ in range(3)}
        jobs = select(Job).where(Job.subject.in_(covers), Job.kind == "render_certificate", Job.done_at.is_not(None))
        worker = Worker(house_with(database=through), queue)

        def done() -> bool:
            worker.work_once()
            with queue.outside() as session:
                return len(session.scalars(jobs).all()) == len(covers)

        wait_for("the certificates", done)


class TestService:
    def test_runs_behind_a_pooler(self, empty_url: str, tmp_path: Path) -> None:
        engine = create_engine(empty_url)
        migrations.upgrade(engine)
        engine.dispose()
        with pooler(empty_url) as pooled:
            environment = {"DATABASE_URL": pooled.url, "SHARECOVER_MASTER_KEY": MASTER_KEY}
            told = run_coverage("work", "--data", str(tmp_path), **environment)
            assert (told.returncode, told.stderr.count("SHARECOVER_POOLER=transaction")) == (2, 1)
            environment["SHARECOVER_POOLER"] = "transaction"
            told = run_coverage("migrate", "--data", str(tmp_path), **environment)
            assert (told.returncode, told.stderr.count("DATABASE_OWNER_URL")) == (2, 1)
            environment["DATABASE_OWNER_URL"] = empty_url
            with serving_process(tmp_path / "data", "--demo", environment=environment) as service:
                cover = next(iter(service.get("/v1/covers").json()["data"]))["id"]
                queue = Database.connect(empty_url, "sharecover_worker", pool_size=1)

                def kept() -> bool:
                    with queue.outside() as session:
                        asked = (Job.subject == cover, Job.kind == "render_certificate")
                        return session.scalars(select(Job).where(*asked)).one().done_at is not None

                wait_for("the certificate", kept)
                queue.close()
                assert "Traceback" not in service.output
