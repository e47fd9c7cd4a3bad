"""One private PostgreSQL for all the processes of a folder: the first starts it, the last turns off the light."""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from coverage.gateways.private_postgres import PostgresMissing, PostgresRefused, PrivatePostgres

WATCH_SECONDS: Final = 1.0


@contextmanager
def shared(cluster: PrivatePostgres, folder: Path, database: str) -> Iterator[None]:
    """Runs the server with that database until the last block of all processes ends.

    Raises `PostgresMissing` or `PostgresRefused` where it can't be started.
    """
    with (folder / "in-use").open("w") as users:
        # The service, its worker and others stand on one server. Each holds this lock, which ends with its process
        # however that ends. Whoever gets it alone was the last one.
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            cluster.start()
            cluster.create_database(database)
            with _kept_running(cluster, folder):
                yield
        finally:
            with suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                cluster.stop()


@contextmanager
def _kept_running(cluster: PrivatePostgres, folder: Path) -> Iterator[None]:
    """Starts the server again when it was killed, as where memory ran out."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(WATCH_SECONDS):
            # A folder that somebody deleted stays so: an empty database in its place would help nobody.
            if cluster.process_id is None and (folder / "in-use").exists():
                with suppress(PostgresMissing, PostgresRefused, OSError):
                    cluster.start()

    watcher = threading.Thread(target=watch, name="postgres-watcher", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
