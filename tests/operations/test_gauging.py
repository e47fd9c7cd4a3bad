"""Gauging: what waits in the database, as operators' metrics tell it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from coverage.domain.faults import Unavailable
from coverage.operations.gauging import gauge
from coverage.storage.tenancy import Database
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

    def test_says_when_the_database_is_away(self, log: Log) -> None:
        nowhere = f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/nothing"
        gauge(log.house, log.queue)
        with closing(Database.connect(nowhere, "sharecover_worker")) as away, pytest.raises(Unavailable):
            gauge(log.house, away)
        assert value("database_up") == 0
