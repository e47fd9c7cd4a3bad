"""The schema's history. `upgrade` brings a database to the newest revision; many processes may call it at once, and the
service may work on meanwhile.
"""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import OperationalError

# One number for everyone who migrates: they wait for each other, and the second finds nothing to do.
MIGRATION_LOCK = 7_301_544_118
LOOK_AGAIN_SECONDS = 0.1

# Whoever wants to change a table waits for those who use it, and all who come later wait behind: for so long at most. It is
# less than the service waits for a lock (settings), so that whoever waits behind a migration is served all the same; and
# less than PostgreSQL waits before it looks for two who wait for each other, so that the one who gives way is this one.
LOCK_TIMEOUT: Final = "700ms"
# Then it steps back, lets them through, and tries again: for some ten minutes, since a report or a backup may take that long.
TRIES: Final = 300
STEP_BACK_SECONDS: Final = 1.5

_STEPS_BACK_AT: Final = {"55P03", "40P01"}  # a lock that isn't let go; two who wait for each other


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


def upgrade(engine: Engine, revision: str = "head") -> str:
    """Runs the revisions that are missing up to one, as the schema's owner; answers the newest that there is.

    Raises `OperationalError` when a table wasn't let go for long; the revisions before that one are there then.
    """
    with engine.connect() as connection:
        while not connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK}):
            # Waited for outside any transaction: an index that is built beside the work waits for every open one.
            connection.rollback()
            time.sleep(LOOK_AGAIN_SECONDS)
        try:
            connection.commit()
            for missing in _missing(connection, revision):
                _run(connection, missing)
        finally:
            connection.rollback()
            connection.execute(text("RESET lock_timeout"))
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": MIGRATION_LOCK})
            connection.commit()
    return newest()


def _missing(connection: Connection, revision: str) -> list[str]:
    """The revisions that are missing up to one, the oldest first."""
    at = MigrationContext.configure(connection).get_current_revision()
    connection.commit()
    found = ScriptDirectory.from_config(_config()).iterate_revisions(revision, at or "base")
    return [script.revision for script in found if script.revision != at][::-1]


def _run(connection: Connection, revision: str) -> None:
    """Runs one revision. Each can be broken off and run again: it is one transaction, or made for that."""
    for tries_left in reversed(range(TRIES)):
        connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.commit()
        try:
            command.upgrade(_config(connection), revision)
            connection.commit()
        except OperationalError as error:
            connection.rollback()
            if getattr(error.orig, "sqlstate", None) not in _STEPS_BACK_AT or not tries_left:
                raise
            time.sleep(STEP_BACK_SECONDS)
        else:
            return


def statements(revision: str) -> str:
    """What one revision runs, as SQL."""
    script = ScriptDirectory.from_config(_config()).get_revision(revision)
    written = io.StringIO()
    config = _config()
    config.output_buffer = written
    command.upgrade(config, f"{script.down_revision or 'base'}:{revision}", sql=True)
    return written.getvalue()


def revisions() -> list[str]:
    """All that this code knows, the oldest first."""
    found = ScriptDirectory.from_config(_config()).walk_revisions()
    return [script.revision for script in found][::-1]


def newest() -> str:
    """The newest revision that this code knows."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


def current(engine: Engine) -> str | None:
    """The revision that a database is at; None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()
