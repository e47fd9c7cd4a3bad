"""Tenants' rows, from each other and from everyone: what the database itself forbids."""

from __future__ import annotations

import threading
import uuid
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import TextClause, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from coverage.domain.faults import Unavailable
from coverage.storage.tenancy import OUTSIDE, Database, Limits
from tests.builders import Platform
from tests.serving import at_once
from tests.web.api.bodies import a_delivery, an_endpoint

APPEND_ONLY = (
    "transactions", "transaction_terms", "transfers", "facts", "documents", "editions", "tax_rows", "product_texts",
)  # fmt: skip
ROLES = ("sharecover_app", "sharecover_worker")
# Belong to a tenant by another column than tenant_id.
OWN_COLUMN = {"tenants": "id", "partners": "id"}
# Filled by the worker, later than the request.
BY_THE_WORKER = {"documents", "seals", "vehicle_rows", "webhook_attempts"}
# Filled where a list was loaded that may mean somebody.
BY_A_LIST = {"screenings"}
# Filled where a cover changes, a claim is settled or money moves; what each holds is tried with what fills it.
BY_MONEY = {
    "changes",
    "payments",
    "refunds",
    "disputes",
    "invoices",
    "invoice_lines",
    "balance_entries",
    "closed_months",
    "invoice_documents",
    "decisions",
    "reserve_changes",
    "payouts",
}
# What may be removed, and by whom: what is only there until it is done with.
REMOVED = {
    ("sharecover_worker", "outbox"),
    ("sharecover_worker", "unsealed"),
    ("sharecover_worker", "idempotency_keys"),
    ("sharecover_worker", "webhook_deliveries"),
    ("sharecover_app", "webhook_endpoints"),
}


@pytest.fixture
def app_database(database_url: str) -> Any:
    database = Database.connect(database_url, pool_size=5)
    yield database
    database.close()


def a_member(tenant_id: str, name: str) -> TextClause:
    """The statement that makes a member."""
    return text(
        "INSERT INTO members (tenant_id, id, reference, locale, created_at) VALUES (:tenant, :id, :id, 'en', '2026-01-01Z')"
    ).bindparams(tenant=tenant_id, id=name)


def tables(owner: Database) -> list[str]:
    with owner.engine.connect() as connection:
        return list(connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")))


class TestRowLevelSecurity:
    def test_shows_a_tenant_its_own_rows_alone(
        self, platform: Platform, another_platform: Platform, owner: Database, app_database: Database
    ) -> None:
        for one in (platform, another_platform):
            one.claim(one.cover(one.quote(start="at_issue", end=None, duration="PT1H")))
            a_delivery(one, an_endpoint(one))
        for table in set(tables(owner)) - set(OUTSIDE) - set(OWN_COLUMN):
            with app_database.transaction(platform.tenant) as session:
                found = set(session.scalars(text(f"SELECT DISTINCT tenant_id FROM {table}")))  # noqa: S608
            assert found <= {platform.tenant.id}, table
            if table not in BY_THE_WORKER | BY_A_LIST | BY_MONEY:
                assert found, table
        for table, column in OWN_COLUMN.items():
            with app_database.transaction(platform.tenant) as session:
                found = set(session.scalars(text(f"SELECT {column} FROM {table}")))  # noqa: S608
            assert found == {platform.tenant.id if table == "tenants" else platform.tenant.partner_id}

    def test_refuses_a_row_for_another_tenant(
        self, platform: Platform, another_platform: Platform, app_database: Database
    ) -> None:
        insert = text(
            "INSERT INTO members (tenant_id, id, reference, locale, created_at) VALUES (:tenant, :id, :id, 'en', :at)"
        )
        values = {"tenant": another_platform.tenant.id, "id": uuid.uuid4().hex, "at": "2026-01-01T00:00:00Z"}
        with (
            pytest.raises(DBAPIError, match="row-level security"),
            app_database.transaction(platform.tenant) as session,
        ):
            session.execute(insert, values)
        with app_database.transaction(another_platform.tenant) as session:
            session.execute(insert, values)
        with app_database.transaction(platform.tenant) as session:
            changed = session.execute(text("UPDATE members SET locale = 'fr' WHERE id = :id"), values)
            assert changed.rowcount == 0  # type: ignore[attr-defined]

    def test_is_not_carried_from_one_request_into_the_next(self, platform: Platform, database_url: str) -> None:
        database = Database.connect(database_url, pool_size=1)
        try:
            platform.cover()
            with database.transaction(platform.tenant) as session:
                backend = session.scalar(text("SELECT pg_backend_pid()"))
                assert session.scalar(text("SELECT count(*) FROM covers")) == 1
            with pytest.raises(DBAPIError), database.transaction(platform.tenant) as session:
                session.execute(text("SELECT no_such_column"))
            with database.outside() as session:
                assert session.scalar(text("SELECT pg_backend_pid()")) == backend
                assert session.scalar(text("SELECT count(*) FROM covers")) == 0
            with database.engine.connect() as connection:
                role = connection.scalar(text("SELECT current_setting('role')"))
                assert role == "none"
        finally:
            database.close()


class TestRoles:
    @pytest.mark.parametrize("role", ROLES)
    def test_pass_nothing_by(self, owner: Database, role: str) -> None:
        with owner.engine.connect() as connection:
            row = connection.execute(
                text("SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = :role"),
                {"role": role},
            ).one()
            may_make = connection.scalar(text("SELECT has_schema_privilege(:role, 'public', 'CREATE')"), {"role": role})
        assert tuple(row) == (False, False, False, False)
        assert not may_make

    @pytest.mark.parametrize("role", ROLES)
    def test_remove_only_what_is_done_with_and_read_no_credentials(self, owner: Database, role: str) -> None:
        with owner.engine.connect() as connection:
            for table in tables(owner):
                for privilege in ("DELETE", "TRUNCATE", "TRIGGER", "REFERENCES"):
                    held = connection.scalar(
                        text("SELECT has_table_privilege(:role, :table, :privilege)"),
                        {"role": role, "table": table, "privilege": privilege},
                    )
                    assert held == (privilege == "DELETE" and (role, table) in REMOVED), (table, privilege)
            for privilege in ("SELECT", "INSERT", "UPDATE"):
                assert not connection.scalar(
                    text("SELECT has_any_column_privilege(:role, 'credentials', :privilege)"),
                    {"role": role, "privilege": privilege},
                )

    def test_cannot_read_credentials_in_practice(self, app_database: Database) -> None:
        with pytest.raises(DBAPIError, match="permission denied"), app_database.outside() as session:
            session.execute(text("SELECT * FROM credentials"))

    def test_cannot_make_a_credential_outside_a_tenant(self, app_database: Database) -> None:
        call = text("SELECT register_credential('\\x00', 'i', 'api_key', 's', '{}', 'h', '2026-01-01', NULL)")
        with pytest.raises(DBAPIError, match="belongs to a tenant"), app_database.outside() as session:
            session.execute(call)

    @pytest.mark.parametrize("table", APPEND_ONLY)
    @pytest.mark.parametrize("statement", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}", "TRUNCATE {0} CASCADE"])
    def test_not_even_the_owner_changes_what_is_append_only(
        self, platform: Platform, owner: Database, table: str, statement: str
    ) -> None:
        platform.get(f"/v1/covers/{platform.cover()['id']}/certificate")
        column = "hash" if table in ("editions", "tax_rows", "product_texts") else "id"
        with owner.engine.connect() as connection:
            connection.execute(
                text("SELECT set_config('sharecover.tenant', :tenant, true)"), {"tenant": platform.tenant.id}
            )
            assert connection.scalar(text(f"SELECT count(*) FROM {table}")), "nothing there to change"  # noqa: S608
            with pytest.raises(DBAPIError, match="append-only"):
                connection.execute(text(statement.format(table, column)))


class TestLimits:
    def test_end_a_statement_that_takes_too_long(self, platform: Platform, database_url: str) -> None:
        database = Database.connect(database_url, pool_size=1, limits=Limits(statement_ms=100))

        def take_long() -> None:
            with database.transaction(platform.tenant) as session:
                session.execute(a_member(platform.tenant.id, "late"))
                session.execute(text("SELECT pg_sleep(20)"))

        with pytest.raises(Unavailable) as caught:
            take_long()
        assert caught.value.code == "overloaded"
        with database.transaction(platform.tenant) as session:
            assert session.scalar(text("SELECT count(*) FROM members WHERE id = 'late'")) == 0, (
                "something was half-done"
            )
        database.close()

    def test_let_one_of_two_go_who_wait_for_each_other(self, platform: Platform, app_database: Database) -> None:
        with app_database.transaction(platform.tenant) as session:
            for name in ("one", "two"):
                session.execute(a_member(platform.tenant.id, name))
        both = threading.Barrier(2)
        lock = text("UPDATE members SET locale = :by WHERE id = :id")

        def wait_for_each_other(index: int) -> str:
            names = ("one", "two") if index == 0 else ("two", "one")
            try:
                with app_database.transaction(platform.tenant) as session:
                    session.execute(lock, {"id": names[0], "by": f"by{index}"})
                    both.wait(10)
                    session.execute(lock, {"id": names[1], "by": f"by{index}"})
            except Unavailable as fault:
                return fault.code
            return f"by{index}"

        said = set(at_once(2, wait_for_each_other))
        assert len(said) == 2
        assert "overloaded" in said
        with app_database.transaction(platform.tenant) as session:
            left = set(session.scalars(text("SELECT locale FROM members WHERE id IN ('one', 'two')")))
        assert left == said - {"overloaded"}, "something was half-done"

    def test_hold_for_the_transaction_alone(self, platform: Platform, database_url: str) -> None:
        database = Database.connect(database_url, pool_size=1, limits=Limits(9_000, 4_000))
        told = text("SELECT current_setting('statement_timeout'), current_setting('lock_timeout')")
        with database.transaction(platform.tenant) as session:
            assert tuple(session.execute(told).one()) == ("9s", "4s")
        with database.engine.connect() as connection:
            assert tuple(connection.execute(told).one()) == ("0", "0")
        database.close()


class TestReadOnly:
    def test_server_is_left_with_all_its_connections(self, platform: Platform, database_url: str) -> None:
        database = Database.connect(database_url, pool_size=2)
        backend = text("SELECT pg_backend_pid()")
        with database.outside() as first, database.outside() as second:
            before = {first.scalar(backend), second.scalar(backend)}

        def write() -> None:
            with database.transaction(platform.tenant) as session:
                session.execute(text("SET TRANSACTION READ ONLY"))  # as on a server that another took over from
                session.execute(a_member(platform.tenant.id, "never"))

        with pytest.raises(Unavailable) as caught:
            write()
        assert caught.value.code == "database_unavailable"
        with database.outside() as first, database.outside() as second:
            assert not before & {first.scalar(backend), second.scalar(backend)}
        database.close()


class TestTime:
    def test_is_told_in_utc_wherever_the_server_stands(self, platform: Platform, database_url: str) -> None:
        elsewhere = make_url(database_url).update_query_dict({"options": "-c timezone=Asia/Tokyo"})
        database = Database.connect(elsewhere.render_as_string(hide_password=False), pool_size=1)
        with database.engine.connect() as connection:
            assert connection.scalar(text("SHOW timezone")) == "Asia/Tokyo"
        with database.transaction(platform.tenant) as session:
            told = session.scalar(text("SELECT created_at FROM tenants"))
        assert isinstance(told, datetime)
        assert str(told.tzinfo) == "UTC"
        database.close()


class TestErrors:
    def test_say_nothing_of_what_was_written(self, platform: Platform, app_database: Database) -> None:
        statement = text("INSERT INTO members (tenant_id, id, reference, locale) VALUES (:tenant, :id, 'r', :canary)")
        with pytest.raises(DBAPIError) as caught, app_database.transaction(platform.tenant) as session:
            session.execute(statement, {"tenant": platform.tenant.id, "id": "x", "canary": "QXCANARYQX"})
        # What PostgreSQL itself tells of a row stands in DETAIL, which is for the server's log alone.
        assert "hidden" in str(caught.value)
        assert "QXCANARYQX" not in str(caught.value)
