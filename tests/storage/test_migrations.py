"""Migrations beside a service that works: none holds it up for long, and each is looked through before it runs."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, text

from coverage.storage import migrations
from tests.processes import wait_for

SQUAWK = Path(sys.executable).with_name("squawk")
# Before there was anything to migrate beside.
FIRST = {"0001", "0002"}
# What `squawk` objects to and we don't, and why: a rule, in which revisions (none: in all).
EXCEPTIONS = {
    "require-lock-timeout": ("set for every revision by whoever runs them", None),
    "require-statement-timeout": ("an index takes as long as it takes; what holds others up is a lock's wait", None),
    "prefer-robust-stmts": (
        "all of it can be run again: what may be left is dropped first, or let stand",
        {"0004", "0009", "0011", "0013", "0014", "0017"},
    ),
    "ban-drop-not-null": ("what an earlier service writes has a transaction, and it reads by that alone", {"0009"}),
    "ban-drop-constraint": ("a wider one takes its place, which an earlier service keeps to", {"0014", "0015"}),
    "ban-drop-function": ("a procedure that the revision itself has made", {"0004", "0007", "0008"}),
}
SET_TENANT = text("SELECT set_config('sharecover.tenant', 'par_1:test', false)")


def objections(sql: str) -> set[str]:
    """The rules that a revision breaks."""
    command = [str(SQUAWK), "--pg-version", "15.0", "--reporter", "json", "--stdin-filepath", "revision.sql"]
    told = subprocess.run(command, input=sql, capture_output=True, text=True, check=False)
    assert told.returncode in (0, 1), told.stderr
    return {one["rule_name"] for one in json.loads(told.stdout)}


@pytest.fixture
def engine(empty_url: str) -> Iterator[Engine]:
    engine = create_engine(empty_url)
    yield engine
    engine.dispose()


class TestRevisions:
    @pytest.mark.parametrize("revision", [one for one in migrations.revisions() if one not in FIRST])
    def test_are_safe_beside_the_service(self, revision: str) -> None:
        allowed = {rule for rule, (_, where) in EXCEPTIONS.items() if where is None or revision in where}
        assert objections(migrations.statements(revision)) <= allowed

    @pytest.mark.parametrize("rule", EXCEPTIONS)
    def test_need_each_exception(self, rule: str) -> None:
        where = EXCEPTIONS[rule][1] or set(migrations.revisions()) - FIRST
        assert any(rule in objections(migrations.statements(revision)) for revision in where)

    @pytest.mark.parametrize(
        "sql", ["CREATE INDEX i ON covers (state);", "ALTER TABLE covers ALTER COLUMN state TYPE varchar(20);",
                "ALTER TABLE covers ADD CONSTRAINT c CHECK (net > 0);", "ALTER TABLE covers RENAME COLUMN net TO premium;"],
    )  # fmt: skip
    def test_would_be_refused(self, sql: str) -> None:
        assert objections(sql) - set(EXCEPTIONS)


class TestWaiting:
    def test_steps_back_so_that_nobody_waits_long_behind_it(self, engine: Engine) -> None:
        migrations.upgrade(engine, "0002")
        with engine.connect() as reading, engine.connect() as looking:
            reading.execute(text("SELECT count(*) FROM quotes"))  # and doesn't let go
            migrating = threading.Thread(target=migrations.upgrade, args=(engine,))
            migrating.start()
            try:
                for _ in range(2):
                    wait_for("a migration that waits", lambda: _waits(looking))
                    # Longer than a migration waits, shorter than the service does.
                    looking.execute(text("SET LOCAL lock_timeout = '4s'"))
                    looking.execute(text("SELECT count(*) FROM quotes"))
                    looking.rollback()
                assert migrating.is_alive()
            finally:
                reading.rollback()
                migrating.join(60)
        assert migrations.current(engine) == migrations.newest()

    def test_leaves_no_limit_behind(self, engine: Engine) -> None:
        migrations.upgrade(engine)
        with engine.connect() as connection:
            assert connection.scalar(text("SHOW lock_timeout")) == "0"


def _waits(connection: Connection) -> bool:
    connection.rollback()
    found = connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'quotes'::regclass"))
    connection.rollback()
    return bool(found)


class TestEarlierFacts:
    def test_are_gathered_once_and_in_their_order(self, engine: Engine) -> None:
        migrations.upgrade(engine, "0004")
        fact = text(
            "INSERT INTO facts SELECT 'par_1:test', 'fct_' || n, 'k', 's', 'a', t, t, '{}' FROM generate_series(1, 3) n,"
            " LATERAL (SELECT '2026-01-09Z'::timestamptz - n * interval '1 day' AS t) x"
        )
        with engine.begin() as connection:
            connection.execute(SET_TENANT)
            connection.execute(text("INSERT INTO partners VALUES ('par_1', 'P', 'exempt_ancillary', '2026-01-01Z')"))
            connection.execute(text("INSERT INTO tenants VALUES ('par_1:test', 'par_1', 'test', 0, '2026-01-01Z')"))
            key = "INSERT INTO credentials VALUES (sha256('k'), 'i', 'api_key', 'par_1:test', 's', '{}', 'h', '2026-01-01Z')"
            connection.execute(text(key))
            connection.execute(fact)
        migrations.upgrade(engine, "0005")
        with engine.begin() as connection:
            connection.execute(SET_TENANT)
            connection.execute(text("INSERT INTO facts SELECT tenant_id, 'fct_new', kind, subject, actor, happened_at,"
                                    " recorded_at, data FROM facts LIMIT 1"))  # fmt: skip
        migrations.upgrade(engine)
        with engine.connect() as connection:
            found = list(connection.scalars(text("SELECT fact_id FROM unsealed ORDER BY number")))
        assert found == ["fct_new", "fct_3", "fct_2", "fct_1"]
