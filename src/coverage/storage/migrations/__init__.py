"""The schema's history. `upgrade` brings a database to the newest revision; many processes may call it at once."""

from __future__ import annotations

import time
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

# One number for everyone who migrates: they wait for each other, and the second finds nothing to do.
MIGRATION_LOCK = 7_301_544_118
LOOK_AGAIN_SECONDS = 0.1


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine, revision: str = "head") -> str:
    """Runs the revisions that are missing up to one, as the schema's owner; answers the newest that there is."""
    with engine.connect() as connection:
        while not connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK}):
            # Waited for outside any transaction: an index that is built beside the work waits for every open one.
            connection.rollback()
            time.sleep(LOOK_AGAIN_SECONDS)
        try:
            connection.commit()
            command.upgrade(_config(connection), revision)
            connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": MIGRATION_LOCK})
            connection.commit()
    return newest()


def newest() -> str:
    """The newest revision that this code knows."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def current(engine: Engine) -> str | None:
    """The revision that a database is at; None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()
