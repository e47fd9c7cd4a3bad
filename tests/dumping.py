"""All that a database holds, as text."""

from __future__ import annotations

import subprocess

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from coverage.gateways.postgres_programs import find_programs


def dump(url: str) -> str:
    """Every row of every table as PostgreSQL writes it; byte strings are hexadecimal. Needs the database's owner."""
    engine = create_engine(url)
    lines = []
    try:
        with engine.connect() as connection:
            tables = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
            for table in tables:
                # Row-level security holds the owner too while it is forced. Never committed.
                connection.execute(text(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"))
                lines += [f"{table} {row}" for row in connection.scalars(text(f"SELECT t::text FROM {table} t"))]  # noqa: S608
            connection.rollback()
    finally:
        engine.dispose()
    return "\n".join(lines)


def pg_dump(url: str) -> str:
    """What PostgreSQL's own program writes down of the database. Needs the database's owner."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    command = [str(find_programs().folder / "pg_dump"), f"--dbname={address}"]
    forced = "SELECT relname FROM pg_class WHERE relforcerowsecurity AND relnamespace = 'public'::regnamespace"
    with engine.connect() as connection:
        tables = connection.scalars(text(forced)).all()
        try:
            # The program refuses to write down a part of a table, and forced row-level security shows the owner none.
            for table in tables:
                connection.execute(text(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY"))
            written = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        finally:
            for table in tables:
                connection.execute(text(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"))
    engine.dispose()
    assert written.returncode == 0, written.stderr
    return written.stdout
