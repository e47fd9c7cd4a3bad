"""A database written to a file and read back, by PostgreSQL's own programs."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Final

from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import make_url

from coverage.gateways.postgres_programs import find_client

# Written again at the very end of a restore: a database that is half restored isn't taken for a whole one.
LAST: Final = "alembic_version"


class DumpFailed(Exception):
    """PostgreSQL's program gave up; the message is its own."""


def write_dump(url: str, snapshot: str, path: Path) -> None:
    """Writes what a transaction that exported its snapshot sees. Raises `DumpFailed` or `PostgresMissing`."""
    options = ["--format=custom", f"--snapshot={snapshot}", f"--exclude-table-data={LAST}", f"--file={path}"]
    _run("pg_dump", url, [*options, "--lock-wait-timeout=60000", "--no-comments", "--no-owner"])


def read_dump(url: str, path: Path, *, rows: bool) -> None:
    """Reads the tables with their rows into an empty database, or afterwards all that stands on them: keys, indexes,
    triggers, policies. All objects belong to who reads. Raises `DumpFailed` or `PostgresMissing`.
    """
    sections = ["--section=pre-data", "--section=data"] if rows else ["--section=post-data"]
    _run(
        "pg_restore",
        url,
        [*sections, "--no-owner", "--no-comments", "--exit-on-error", "--single-transaction", str(path)],
    )


def _run(program: str, url: str, options: list[str]) -> None:
    found = find_client(program)
    address = make_url(url)
    where = {key: str(value) for key, value in address.query.items()}
    if address.host:
        where |= {"host": address.host, "port": str(address.port or 5432)}
    conninfo = make_conninfo("", dbname=address.database, user=address.username, **where)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}
    if address.password is not None:
        # Not on the command line, which every user of the machine may read.
        environment["PGPASSWORD"] = str(address.password)
    told = subprocess.run(
        [found, "--no-password", f"--dbname={conninfo}", *options],
        env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    if told.returncode != 0:
        raise DumpFailed(f"{program} failed: {told.stderr.strip()[-2000:]}")
