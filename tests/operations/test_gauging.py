"""Gauging: what waits in the database, as operators' metrics tell it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from coverage.domain.faults import Unavailable
from coverage.operations.gauging import gauge
from coverage.storage.identity import new_id
from coverage.storage.tenancy import Database
from tests.conftest import ROOT
from tests.logs import Log, a_log
from tests.processes import free_port
from tests.telemetry.asking import value


@pytest.fixture
def log(fresh_database_url: str, tmp_path: Path) -> Iterator[Log]:
    with a_log(fresh_database_url, tmp_path) as log:
        yield log


def jobs(log: Log, *, due_before: timedelta, **values: object) -> None:
    """A job that is due since so long."""
    wall = log.house.wall()
    row = {"due": wall - due_before, "done": None, "aside": None, "by": None} | values
    with log.owner.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO outbox (tenant_id, kind, subject, fact_id, due_at, attempts, done_at, set_aside_at, taken_by)"
                " VALUES ('t', 'k', 's', 'f', :due, 0, :done, :aside, :by)"
            ),
            row,
        )


def endpoint(log: Log, tenant: int = 0, **values: object) -> str:
    """A webhook endpoint of the tenant; its id."""
    wall = log.house.wall()
    row = {"state": "enabled", "because": None, "disabled": None, "failing": None} | values
    found = new_id("webhook_endpoint")
    with log.owner.transaction(log.tenants[tenant]) as session:
        session.execute(
            text(
                "INSERT INTO webhook_endpoints (tenant_id, id, url, events, scopes, state, disabled_because, disabled_at,"
                " failing_since, secret, created_by, created_at) VALUES (:tenant, :id, 'https://a.example/', '[]', '[]',"
                " :state, :because, :disabled, :failing, '', 'nobody', :wall)"
            ),
            row | {"tenant": log.tenants[tenant].id, "id": found, "wall": wall},
        )
    return found


def letter(log: Log, endpoint_id: str, *, due_before: timedelta, tenant: int = 0, **values: object) -> None:
    """Something on its way to an endpoint, due since so long."""
    log.record(log.tenants[tenant])
    wall = log.house.wall()
    row = {"state": "waiting", "lease": None, "settled": None, "failed": 0} | values
    with log.owner.transaction(log.tenants[tenant]) as session:
        session.execute(
            text(
                "INSERT INTO webhook_deliveries (tenant_id, id, endpoint_id, event_id, kind, state, due_at, lease, failed,"
                " attempts, created_at, settled_at) SELECT :tenant, :id, :endpoint, max(id), 'cover.issued', :state, :due,"
                " :lease, :failed, :failed, :wall, :settled FROM facts WHERE tenant_id = :tenant"
            ),
            row | {
                "tenant": log.tenants[tenant].id, "id": new_id("webhook_delivery"), "endpoint": endpoint_id,
                "due": wall - due_before, "wall": wall,
            },
        )  # fmt: skip


def due_to(endpoints: str) -> tuple[float | None, float | None]:
    """How many webhooks are due to such endpoints, and how many seconds the oldest is."""
    return value("webhooks_due", endpoints=endpoints), value("webhook_lag_seconds", endpoints=endpoints)


class TestGauge:
    def test_counts_jobs_by_state_and_how_long_the_oldest_is_due(self, log: Log) -> None:
        wall = log.house.wall()
        jobs(log, due_before=timedelta(minutes=5))
        jobs(log, due_before=timedelta(minutes=-5))  # comes back later
        jobs(log, due_before=timedelta(minutes=-1), by="somebody")
        jobs(log, due_before=timedelta(hours=5), aside=wall)
        jobs(log, due_before=timedelta(hours=9), done=wall)
        gauge(log.house, log.queue)
        found = {state: value("outbox_jobs", state=state) for state in ("waiting", "running", "set_aside")}
        assert found == {"waiting": 2, "running": 1, "set_aside": 1}
        assert 300 <= value("outbox_lag_seconds") < 310
        assert value("database_up") == 1

    def test_counts_a_dead_workers_job_as_due(self, log: Log) -> None:
        jobs(log, due_before=timedelta(seconds=30), by="the dead")
        gauge(log.house, log.queue)
        assert value("outbox_lag_seconds") >= 30

    def test_tells_how_long_facts_wait_for_their_seals(self, log: Log) -> None:
        log.record(log.tenants[1])
        log.record(log.tenants[0])
        later = log.house.wall() + timedelta(minutes=3)
        gauge(replace(log.house, wall=lambda: later), log.queue)
        assert value("unsealed_facts") == 2
        assert 179 < value("seal_lag_seconds") < 190
        log.seal()
        gauge(log.house, log.queue)
        assert (value("unsealed_facts"), value("seal_lag_seconds"), value("outbox_lag_seconds")) == (0, 0, 0)

    def test_tells_of_webhooks_that_are_due_and_of_no_others(self, log: Log) -> None:
        wall, first, second = log.house.wall(), endpoint(log), endpoint(log, tenant=1)
        gauge(log.house, log.queue)
        assert due_to("taking") == due_to("failing") == (0, 0)
        letter(log, first, due_before=timedelta(minutes=-5), failed=2)  # waits for its next try
        letter(log, first, due_before=timedelta(seconds=-40), lease="somebody")  # is being sent
        letter(log, first, due_before=timedelta(hours=2), state="delivered", settled=wall)
        letter(log, first, due_before=timedelta(hours=3), state="failed", settled=wall)
        gauge(log.house, log.queue)
        assert due_to("taking") == (0, 0)
        letter(log, first, due_before=timedelta(minutes=6))
        letter(log, second, due_before=timedelta(minutes=7), tenant=1, lease="the dead")
        gauge(log.house, log.queue)
        due, lag = due_to("taking")
        assert (due, 420 <= (lag or 0) < 430) == (2, True)
        assert due_to("failing") == (0, 0)

    def test_keeps_what_gathers_for_failing_endpoints_apart_and_leaves_disabled_ones_out(self, log: Log) -> None:
        wall = log.house.wall()
        failing = endpoint(log, failing=wall - timedelta(hours=1))
        disabled = endpoint(log, state="disabled", because="failing", disabled=wall - timedelta(hours=23))
        letter(log, failing, due_before=timedelta(minutes=9))
        letter(log, disabled, due_before=timedelta(hours=30))
        gauge(log.house, log.queue)
        assert due_to("taking") == (0, 0)
        due, lag = due_to("failing")
        assert (due, 540 <= (lag or 0) < 550) == (1, True)

    def test_counts_endpoints_and_those_that_were_disabled_within_a_day(self, log: Log) -> None:
        wall = log.house.wall()
        endpoint(log)
        endpoint(log, tenant=1)
        endpoint(log, tenant=2, failing=wall)
        for hours in (1, 23, 25, 200):
            endpoint(log, state="disabled", because="gone", disabled=wall - timedelta(hours=hours))
        gauge(log.house, log.queue)
        found = {state: value("webhook_endpoints", state=state) for state in ("taking", "failing", "disabled_lately")}
        assert found == {"taking": 2, "failing": 1, "disabled_lately": 2}

    def test_agrees_with_what_the_runbook_has_operators_ask(self, log: Log) -> None:
        first = endpoint(log)
        wall = datetime.now(UTC) - log.house.wall()
        letter(log, first, due_before=timedelta(minutes=6) - wall)
        letter(log, first, due_before=timedelta(minutes=-6) - wall)
        asked = re.search(r"```sql\n(SET ROLE .*?)```", (ROOT / "docs" / "runbook.md").read_text("utf-8"), re.DOTALL)
        assert asked is not None
        role, question, _ = asked[1].split(";")
        with log.owner.engine.begin() as connection:
            connection.execute(text(role))
            (row,) = connection.execute(text(question)).all()
        assert tuple(row)[:3] == (log.tenants[0].id, first, 1)

    def test_says_when_the_database_is_away(self, log: Log) -> None:
        nowhere = f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/nothing"
        gauge(log.house, log.queue)
        with closing(Database.connect(nowhere, "sharecover_worker")) as away, pytest.raises(Unavailable):
            gauge(log.house, away)
        assert value("database_up") == 0
