"""Commands that somebody ends while they are at work: a timer, a terminal that closes, a person."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest

from coverage.gateways.private_postgres import SUPERUSER, PrivatePostgres
from coverage.storage import migrations
from tests.operations.test_backing_up import a_backup
from tests.processes import COVERAGE, clean_environment, data_folder, run_coverage, wait_for

HELD_UP = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@pytest.fixture
def hearing_hang_ups() -> Iterator[None]:
    """Under nohup whatever is started takes no notice of a hang-up; here it does."""
    former = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, former)


@pytest.fixture(scope="module")
def migrated() -> Iterator[Path]:
    """A data folder with a database that is migrated, and no server: whatever is ended leaves it so."""
    with data_folder() as data:
        assert run_coverage("migrate", "--data", str(data)).returncode == 0
        yield data


@contextmanager
def held_up(data: Path, lock: str, *arguments: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A command that waits in the database in `data` for what `lock` holds; files of its own stand in `folder`."""
    superuser = PrivatePostgres(data).url("sharecover", SUPERUSER).replace("+psycopg", "")
    # Whoever ends the database ends our connections too.
    ended = suppress(psycopg.OperationalError)
    with ended, psycopg.connect(superuser) as holding, psycopg.connect(superuser, autocommit=True) as watching:
        holding.execute(lock)
        command = subprocess.Popen(
            [*COVERAGE, *arguments, "--data", str(data)], env=clean_environment(TMPDIR=str(folder)),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:

            def waits() -> bool:
                assert command.poll() is None, command.communicate()
                return watching.execute(HELD_UP).fetchone() != (0,)

            wait_for("the command to be held up", waits)
            yield command
        finally:
            command.kill()
            command.wait()


@pytest.mark.usefixtures("hearing_hang_ups")
class TestEndingInOrder:
    @pytest.mark.parametrize(
        ("words", "number"),
        [
            ("backup", signal.SIGTERM), ("backup", signal.SIGHUP), ("verify events", signal.SIGTERM),
            ("outbox list", signal.SIGTERM),
        ],
    )  # fmt: skip
    def test_leaves_nothing_when_it_is_ended(
        self, migrated: Path, tmp_path: Path, words: str, number: signal.Signals
    ) -> None:
        arguments = words.split() + ([str(tmp_path / "sharecover.backup")] if words == "backup" else [])
        PrivatePostgres(migrated).start()
        lock = "LOCK alembic_version"
        with held_up(migrated, lock, *arguments, folder=tmp_path) as command:
            if words == "backup":
                assert list(tmp_path.iterdir()), "where it writes until all is there"
            _ends_in_order(command, number)
        assert PrivatePostgres(migrated).process_id is None, "the private PostgreSQL was left running"
        assert list(tmp_path.iterdir()) == []

    def test_leaves_a_restore_unbegun(self, tmp_path: Path) -> None:
        parts = {"database.dump": b"", "events.anchor": b"anchor"}
        file = a_backup(tmp_path, parts, migrations.newest())
        with data_folder() as data:
            data.mkdir()
            PrivatePostgres(data).start()
            PrivatePostgres(data).create_database("sharecover")
            lock = "CREATE ROLE sharecover_app"
            arguments = ("restore", str(file))
            with held_up(data, lock, *arguments, folder=tmp_path) as command:
                _ends_in_order(command, signal.SIGTERM)
            assert PrivatePostgres(data).process_id is None, "the private PostgreSQL was left running"
            assert not (data / "events.anchor").exists()


def _ends_in_order(command: subprocess.Popen[str], number: signal.Signals) -> None:
    command.send_signal(number)
    _, said = command.communicate(timeout=60)
    assert "Traceback" not in said
    assert said.endswith("ended before it was done\n")
    assert command.returncode == 128 + signal.SIGTERM, "who waits for a backup must not take this for one"
