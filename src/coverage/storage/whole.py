"""The database as a whole, across all tenants, for who makes a copy of it or reads one back."""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, text

ROLES = ("sharecover_app", "sharecover_worker")

# What holds tenants apart and keeps what is append-only: a copy without it would look the same and be none.
_GUARDS = """
SELECT concat_ws('|', 'policy', tablename, policyname, roles::text, cmd, qual, with_check) FROM pg_policies
    WHERE schemaname = 'public' UNION ALL
SELECT concat_ws('|', 'security', relname, relrowsecurity, relforcerowsecurity) FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' UNION ALL
SELECT concat_ws('|', 'trigger', tgrelid::regclass, pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal UNION ALL
SELECT concat_ws('|', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace UNION ALL
SELECT concat_ws('|', 'granted', table_name, grantee, privilege_type) FROM information_schema.role_table_grants
    WHERE table_schema = 'public' AND grantee IN ('sharecover_app', 'sharecover_worker') UNION ALL
SELECT concat_ws('|', 'callable', p.oid::regprocedure, r.rolname, has_function_privilege(r.oid, p.oid, 'EXECUTE'))
    FROM pg_proc p, pg_roles r WHERE p.pronamespace = 'public'::regnamespace AND p.prolang <> 13
    AND r.rolname IN ('sharecover_app', 'sharecover_worker')
"""


def tables(connection: Connection) -> list[str]:
    """All tables, by name."""
    found = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"))
    return list(found)


def counts(connection: Connection) -> dict[str, int]:
    """How many rows each table holds, for one who sees them all."""
    return {
        table: connection.scalar(text(f'SELECT count(*) FROM "{table}"')) or 0  # noqa: S608, names of the catalogue
        for table in tables(connection)
        if table != "alembic_version"
    }


def guards(connection: Connection) -> str:
    """A fingerprint of policies, triggers, constraints and grants, in hexadecimal."""
    return hashlib.sha256("\n".join(sorted(connection.scalars(text(_GUARDS)))).encode()).hexdigest()


def sees_all(connection: Connection) -> bool:
    """Whether row-level security hides nothing from who is connected."""
    query = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
    return bool(connection.scalar(text(query)))


def export_snapshot(connection: Connection) -> str:
    """A name by which another connection sees what this transaction sees, while it is open."""
    return str(connection.scalar(text("SELECT pg_export_snapshot()")))


def make_roles(connection: Connection) -> None:
    """The roles that the service takes, granted to who is connected; those that are there stay as they are."""
    for role in ROLES:
        connection.execute(
            text(
                f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN NOBYPASSRLS; "
                "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
            )
        )
        connection.execute(
            text(f"DO $$ BEGIN GRANT {role} TO CURRENT_USER; EXCEPTION WHEN internal_error THEN NULL; END $$")
        )


def revision(connection: Connection) -> str | None:
    """The revision that the schema is at; None where there is none."""
    if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return None if found is None else str(found)


def set_revision(connection: Connection, found: str) -> None:
    """Says which revision the schema is at, where nothing said it yet."""
    connection.execute(text("INSERT INTO alembic_version VALUES (:found)"), {"found": found})
