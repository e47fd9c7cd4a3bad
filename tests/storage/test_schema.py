"""The tables as SQLAlchemy knows them are the tables as they were migrated."""

from __future__ import annotations

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from coverage.storage import (
    changes,  # noqa: F401 — the tables of each are registered by its import
    claims,  # noqa: F401
    covers,  # noqa: F401
    idempotency,  # noqa: F401
    invoices,  # noqa: F401
    journal,  # noqa: F401
    members,  # noqa: F401
    migrations,
    outbox,  # noqa: F401
    partners,  # noqa: F401
    payments,  # noqa: F401
    quotes,  # noqa: F401
    screening,  # noqa: F401
    seals,  # noqa: F401
    vehicles,  # noqa: F401
)
from coverage.storage.schema import Table
from coverage.storage.tenancy import Database
from tests.serving import at_once

# What the migrations alone say, and why the models needn't repeat it: none of it changes what a row holds or how it is
# read, and a second telling could only disagree. Checks, policies and triggers Alembic doesn't compare at all.
MIGRATIONS_ALONE = {
    "add_index", "remove_index",  # how fast a row is found
    "add_fk", "remove_fk",  # which rows may stand; they take the tenant along
    "add_constraint", "remove_constraint",  # which values may stand twice
}  # fmt: skip
OTHER_TABLES = {"alembic_version"}


def differences(owner: Database) -> list[Any]:
    def compared(thing: Any, name: str | None, kind: str, *_: object) -> bool:
        return not (kind == "table" and name in OTHER_TABLES)

    with owner.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "include_object": compared}
        )
        found = compare_metadata(context, Table.metadata)
    flat = [one for entry in found for one in (entry if isinstance(entry, list) else [entry])]
    return [one for one in flat if one[0] not in MIGRATIONS_ALONE]


class TestModels:
    def test_equal_the_migrated_schema(self, owner: Database) -> None:
        assert differences(owner) == []

    def test_would_show_a_column_that_differs(self, owner: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Table.metadata.tables["covers"].c.number, "nullable", True)
        assert [one[0] for one in differences(owner)] == ["modify_nullable"]


class TestIndexes:
    def test_lead_from_every_reference_to_its_rows(self, owner: Database) -> None:
        """A foreign key without an index of its own is looked up by reading the whole table."""
        query = text(
            """
            SELECT c.conrelid::regclass::text, (SELECT array_agg(a.attname::text ORDER BY k.place)
                FROM unnest(c.conkey) WITH ORDINALITY k(number, place)
                JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number)
            FROM pg_constraint c WHERE c.contype = 'f' AND NOT EXISTS (
                SELECT 1 FROM pg_index i WHERE i.indrelid = c.conrelid
                AND c.conkey <@ (i.indkey::int2[])[0:cardinality(c.conkey) - 1])
            ORDER BY 1, 2
            """
        )
        # What these refer to is never removed or renamed, and nobody asks for the rows by it.
        fixed = {"editions", "tax_rows", "product_texts", "insurers", "tenants", "partners", "master_policies"}
        with owner.engine.connect() as connection:
            bare = {(table, tuple(columns)) for table, columns in connection.execute(query)}
            referred = connection.execute(
                text(
                    "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f'"
                )
            ).all()
        wanted = {table for table, target in referred if target not in fixed}
        assert {found for found in bare if found[0] in wanted and len(found[1]) > 1} <= {
            ("covers", ("tenant_id", "master_policy_id")),  # asked for by no operation
            ("quotes", ("tenant_id", "cover_id")),  # a cover names its quote, which is found by its own id
        }


SET_TENANT = text("SELECT set_config('sharecover.tenant', 'par_1:test', true)")
# What a quote refers to, and a quote, as they were kept at first.
BEFORE = (
    "INSERT INTO partners VALUES ('par_1', 'Partner', 'exempt_ancillary', '2026-01-01Z')",
    "INSERT INTO tenants VALUES ('par_1:test', 'par_1', 'test', 0, '2026-01-01Z')",
    "INSERT INTO editions VALUES ('e', 'product', 'FR', '2026-01-01', '', '2026-01-01Z')",
    "INSERT INTO tax_rows VALUES ('t', '{}', '2026-01-01Z')",
    "INSERT INTO product_texts VALUES ('w', '{}', '2026-01-01Z')",
)
QUOTE = """
    INSERT INTO quotes (tenant_id, id, product, country, edition, edition_hash, tax_hash, texts_hash, state, language,
        timezone, asked_at, starts_at, ends_at, currency, net, tax, fees, gross, reasons, facts, given, sealed_for, metadata,
        created_at)
    VALUES ('par_1:test', :id, 'product', 'FR', 'e', 'e', 't', 'w', :state, 'en', 'Europe/Paris', '2026-01-01Z',
        '2026-01-02Z', '2026-01-03Z', 'EUR', :net, :tax, :fees, :gross, '[]', '{}', '{}', 'x', '{}', '2026-01-01Z')
"""
PRICED = {"id": "quo_1", "state": "open", "net": 100, "tax": 9, "fees": 1, "gross": 110}
DECLINED = {"id": "quo_2", "state": "declined", "net": None, "tax": None, "fees": None, "gross": None}


class TestUpgrade:
    def test_is_made_once_by_many_who_start_at_once(self, empty_url: str) -> None:
        def upgrade(_: int) -> str:
            engine = create_engine(empty_url)
            try:
                return migrations.upgrade(engine)
            finally:
                engine.dispose()

        assert at_once(4, upgrade) == [migrations.newest()] * 4

    def test_finds_nothing_to_do_the_second_time(self, owner: Database) -> None:
        assert migrations.upgrade(owner.engine) == migrations.newest() == migrations.current(owner.engine)

    def test_keeps_prices_from_before_there_were_surcharges(self, empty_url: str) -> None:
        engine = create_engine(empty_url)
        migrations.upgrade(engine, "0001")
        with engine.begin() as connection:
            connection.execute(SET_TENANT)
            for statement in BEFORE:
                connection.execute(text(statement))
            connection.execute(text(QUOTE), [PRICED, DECLINED])
        migrations.upgrade(engine)
        with engine.connect() as connection:
            connection.execute(SET_TENANT)
            rows = connection.execute(text("SELECT net, surcharges, tax, fees, gross FROM quotes ORDER BY id")).all()
            assert [tuple(row) for row in rows] == [(100, 0, 9, 1, 110), (None, 0, None, None, None)]
            with pytest.raises(IntegrityError, match="adds_up"):
                connection.execute(text("UPDATE quotes SET surcharges = 1 WHERE id = 'quo_1'"))
        engine.dispose()

    def test_money_is_nowhere_a_float(self, owner: Database) -> None:
        with owner.engine.connect() as connection:
            kinds = connection.scalars(
                text("SELECT DISTINCT data_type FROM information_schema.columns WHERE table_schema = 'public'")
            ).all()
        assert not {"real", "double precision", "numeric", "money", "timestamp without time zone"} & set(kinds)

    def test_nothing_in_the_schema_asks_for_the_time(self, owner: Database) -> None:
        """The tenant's clock and the wall are the service's: the database never looks at its own."""
        query = """
            SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef UNION ALL
            SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace UNION ALL
            SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prolang <> 13
                AND proname IN ('current_tenant', 'refuse_change', 'find_credential', 'register_credential', 'revoke_key', 'advance_clock',
                    'find_key', 'note_key_used', 'see_keys', 'name_key', 'replace_key')
        """
        with owner.engine.connect() as connection:
            said = [str(row).lower() for row in connection.scalars(text(query))]
        assert len(said) > 20
        assert not [words for words in said if "now()" in words or "current_timestamp" in words]
