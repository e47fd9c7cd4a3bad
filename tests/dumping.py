"""All that a database holds, as text."""

from __future__ import annotations

from sqlalchemy import create_engine, text


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
