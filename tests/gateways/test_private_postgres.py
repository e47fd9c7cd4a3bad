from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from coverage.gateways import postgres_programs
from coverage.gateways.postgres_programs import Programs, find_programs
from coverage.gateways.private_postgres import OWNER, PostgresMissing, PostgresRefused, PrivatePostgres


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(0.01)


def ask(cluster: PrivatePostgres, question: str, database: str = "postgres") -> object:
    """The first column of the first row, asked as the owner through the address that callers get."""
    url = make_url(cluster.url(database)).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row[0] if row else None


def tell(cluster: PrivatePostgres, statement: str, database: str = "postgres") -> None:
    url = make_url(cluster.url(database)).set(drivername="postgresql")
    with psycopg.connect(url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute(statement.encode())


def kill(cluster: PrivatePostgres) -> int:
    """Kill the server's first process as a machine out of memory would, and wait until it is gone."""
    process_id = cluster.process_id
    assert process_id is not None
    os.kill(process_id, signal.SIGKILL)
    wait_until(lambda: cluster.process_id is None)
    return process_id


def stood_in(folder: Path) -> Path:
    """Where the cluster of `folder` really is: elsewhere if root's server can't get there."""
    pointer = folder / "cluster-stands-in"
    return Path(pointer.read_text().strip()) if pointer.exists() else folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "postgres"


@pytest.fixture
def cluster(folder: Path) -> Iterator[PrivatePostgres]:
    made = PrivatePostgres(folder, durable=False)
    yield made
    made.remove()


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder that any user can enter. Root's `tmp_path` isn't: there the cluster goes elsewhere."""
    made = Path(tempfile.mkdtemp(prefix="reachable-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


class TestStart:
    def test_makes_a_cluster_that_the_owner_can_use(self, cluster: PrivatePostgres) -> None:
        cluster.start()
        assert ask(cluster, "SELECT current_user::text") == OWNER
        assert ask(cluster, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        assert ask(cluster, "SHOW server_encoding") == "UTF8"
        assert ask(cluster, "SHOW timezone") == "UTC"

    def test_is_durable_unless_told_otherwise(self, cluster: PrivatePostgres, folder: Path) -> None:
        PrivatePostgres(folder).start()
        assert ask(cluster, "SHOW fsync") == "on"
        assert ask(cluster, "SHOW max_connections") == "100"
        assert ask(cluster, "SHOW data_checksums") == "on"
        cluster.stop()
        cluster.start()
        assert ask(cluster, "SHOW fsync") == "off"

    def test_reuses_a_server_that_runs(self, cluster: PrivatePostgres, folder: Path) -> None:
        cluster.start()
        first = cluster.process_id
        PrivatePostgres(folder).start()
        assert first is not None
        assert cluster.process_id == first

    def test_starts_one_server_when_many_start_at_once(self, cluster: PrivatePostgres, folder: Path) -> None:
        with ThreadPoolExecutor(4) as pool:
            starters = [PrivatePostgres(folder, durable=False) for _ in range(4)]
            list(pool.map(PrivatePostgres.start, starters))
        assert len({starter.process_id for starter in starters}) == 1
        assert ask(cluster, "SELECT 1") == 1

    def test_keeps_the_data_over_a_stop(self, cluster: PrivatePostgres) -> None:
        cluster.start()
        cluster.create_database("sharecover")
        tell(cluster, "CREATE TABLE kept AS SELECT 7 AS value", "sharecover")
        cluster.stop()
        cluster.start()
        assert ask(cluster, "SELECT value FROM kept", "sharecover") == 7

    def test_recovers_when_the_server_was_killed(self, cluster: PrivatePostgres, folder: Path) -> None:
        PrivatePostgres(folder, durable=True).start()
        cluster.create_database("sharecover")
        tell(cluster, "CREATE TABLE kept AS SELECT 7 AS value", "sharecover")
        killed = kill(cluster)
        cluster.start()
        assert cluster.process_id != killed
        assert ask(cluster, "SELECT value FROM kept", "sharecover") == 7

    def test_recovers_when_the_killed_servers_number_went_to_another_process(
        self, cluster: PrivatePostgres, folder: Path
    ) -> None:
        cluster.start()
        kill(cluster)
        left_behind = stood_in(folder) / "cluster" / "postmaster.pid"
        lines = left_behind.read_text().splitlines(keepends=True)
        left_behind.write_text("".join([f"{os.getpid()}\n", *lines[1:]]))
        assert cluster.process_id is None
        cluster.start()
        assert ask(cluster, "SELECT 1") == 1

    def test_takes_over_what_a_killed_parent_left_running(self, cluster: PrivatePostgres, folder: Path) -> None:
        parent = self._start_elsewhere(folder, "print('up', flush=True); import time; time.sleep(600)")
        assert parent.stdout is not None
        assert parent.stdout.readline() == "up\n"
        left_running = cluster.process_id
        parent.kill()
        parent.communicate()
        assert left_running is not None
        cluster.start()
        assert cluster.process_id == left_running

    def test_begins_again_when_making_the_cluster_was_interrupted(self, cluster: PrivatePostgres, folder: Path) -> None:
        parent = self._start_elsewhere(folder, "")
        making = "cluster-in-the-making-*/global/*"
        wait_until(lambda: folder.exists() and any(stood_in(folder).glob(making)))
        parent.kill()
        parent.communicate()
        assert not (stood_in(folder) / "cluster").exists(), "it was too late to interrupt anything"
        cluster.start()
        assert ask(cluster, "SELECT 1") == 1

    def test_clears_away_what_an_interruption_left(self, cluster: PrivatePostgres, folder: Path) -> None:
        cluster.start()
        cluster.stop()
        base = stood_in(folder)
        (base / "cluster").rename(base / "cluster-in-the-making-half")
        (base / "cluster-in-the-making-half" / "PG_VERSION").unlink()
        cluster.start()
        assert ask(cluster, "SELECT 1") == 1
        assert not list(base.glob("cluster-in-the-making-*"))

    @pytest.mark.parametrize("name", ["a" * 90 + "/" + "b" * 90, "it's, \\ say, a place"])
    def test_runs_in_a_folder_whose_name_fits_no_socket(self, reachable: Path, name: str) -> None:
        cluster = PrivatePostgres(reachable / name, durable=False)
        (reachable / name).parent.mkdir(exist_ok=True)
        cluster.start()
        try:
            socket = Path(str(make_url(cluster.url()).query["host"]))
            assert reachable not in socket.parents
            assert stat.S_IMODE(socket.stat().st_mode) == 0o700
            assert ask(cluster, "SELECT 1") == 1
            # Somebody sweeps /tmp, under the running server.
            shutil.rmtree(socket)
            cluster.start()
            assert ask(cluster, "SELECT 1") == 1
        finally:
            cluster.remove()
        assert not socket.exists()

    def test_stands_in_the_folder_itself_where_the_server_can_get_there(self, reachable: Path) -> None:
        cluster = PrivatePostgres(reachable / "postgres", durable=False)
        cluster.start()
        try:
            assert (reachable / "postgres" / "cluster" / "PG_VERSION").exists()
            assert reachable in Path(str(make_url(cluster.url()).query["host"])).parents
        finally:
            cluster.remove()
        assert not (reachable / "postgres").exists()

    def test_says_so_when_the_data_are_of_another_version(self, cluster: PrivatePostgres, folder: Path) -> None:
        cluster.start()
        cluster.stop()
        (stood_in(folder) / "cluster" / "PG_VERSION").write_text("98\n")
        with pytest.raises(PostgresRefused, match="written by PostgreSQL 98, which isn't on this machine"):
            cluster.start()

    def test_says_so_when_the_data_are_not_whole(self, cluster: PrivatePostgres, folder: Path) -> None:
        cluster.start()
        cluster.stop()
        (stood_in(folder) / "cluster" / "global" / "pg_control").unlink()
        with pytest.raises(PostgresRefused, match="isn't whole"):
            cluster.start()

    def test_shows_the_servers_own_words_when_it_does_not_start(self, cluster: PrivatePostgres, folder: Path) -> None:
        cluster.start()
        cluster.stop()
        with (stood_in(folder) / "cluster" / "postgresql.conf").open("a") as file:
            file.write("no_such_setting = on\n")
        with pytest.raises(PostgresRefused, match="no_such_setting"):
            cluster.start()

    def test_keeps_the_terminals_ctrl_c_from_the_server(self, cluster: PrivatePostgres) -> None:
        cluster.start()
        assert cluster.process_id is not None
        assert os.getsid(cluster.process_id) != os.getsid(0)

    @staticmethod
    def _start_elsewhere(folder: Path, then: str) -> subprocess.Popen[str]:
        program = (
            "import sys; from pathlib import Path; "
            "from coverage.gateways.private_postgres import PrivatePostgres; "
            f"PrivatePostgres(Path(sys.argv[1]), durable=False).start(); {then}"
        )
        return subprocess.Popen([sys.executable, "-c", program, folder], stdout=subprocess.PIPE, text=True)


class TestStop:
    def test_ends_the_server_with_transactions_open(self, cluster: PrivatePostgres) -> None:
        cluster.start()
        process_id = cluster.process_id
        assert process_id is not None
        url = make_url(cluster.url("postgres")).set(drivername="postgresql")
        with psycopg.connect(url.render_as_string(hide_password=False)) as connection:
            connection.execute("CREATE TEMPORARY TABLE left_open (value int)")
            cluster.stop()
            with pytest.raises(psycopg.OperationalError):
                connection.execute("SELECT 1")
        assert cluster.process_id is None
        with pytest.raises(psycopg.OperationalError):
            ask(cluster, "SELECT 1")

    def test_ends_a_server_that_another_started(self, cluster: PrivatePostgres, folder: Path) -> None:
        cluster.start()
        PrivatePostgres(folder).stop()
        assert cluster.process_id is None

    def test_does_nothing_where_nothing_runs(self, cluster: PrivatePostgres, folder: Path) -> None:
        cluster.stop()
        assert not folder.exists()
        cluster.start()
        cluster.stop()
        cluster.stop()
        assert cluster.process_id is None


class TestCreateDatabase:
    def test_gives_it_to_the_owner_with_the_extension(self, cluster: PrivatePostgres) -> None:
        cluster.start()
        cluster.create_database("sharecover")
        cluster.create_database("sharecover")
        owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'sharecover'"
        assert ask(cluster, owner, "sharecover") == OWNER
        extension = "SELECT count(*) FROM pg_extension WHERE extname = 'btree_gist'"
        assert ask(cluster, extension, "sharecover") == 1
        tell(cluster, "CREATE TABLE public.mine (value int)", "sharecover")

    def test_makes_one_when_many_ask_at_once(self, cluster: PrivatePostgres) -> None:
        cluster.start()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(cluster.create_database, ["busy"] * 4))
        assert ask(cluster, "SELECT 1", "busy") == 1


class TestPrivacy:
    def test_listens_on_no_network(self, cluster: PrivatePostgres) -> None:
        cluster.start()
        assert ask(cluster, "SHOW listen_addresses") == ""

    def test_the_address_holds_no_password(self, cluster: PrivatePostgres) -> None:
        cluster.start()
        assert make_url(cluster.url()).password is None

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
    def test_lets_no_other_user_in(self, cluster: PrivatePostgres) -> None:
        cluster.start()
        socket = str(make_url(cluster.url()).query["host"])
        psql = str(find_programs().folder / "psql")
        command = [psql, "-h", socket, "-U", OWNER, "-d", "postgres", "-c", "SELECT 1"]
        asked = subprocess.run(
            command, user="nobody", cwd="/", extra_groups=[], capture_output=True, text=True, check=False
        )
        assert asked.returncode != 0
        assert "Permission denied" in asked.stderr
        # And had they got into the folder, the server itself would turn them away.
        Path(socket).chmod(0o755)
        (Path(socket) / ".s.PGSQL.5432").chmod(0o777)
        asked = subprocess.run(
            command, user="nobody", cwd="/", extra_groups=[], capture_output=True, text=True, check=False
        )
        assert asked.returncode != 0
        assert "Peer authentication failed" in asked.stderr

    def test_has_no_address_before_it_was_started(self, cluster: PrivatePostgres) -> None:
        with pytest.raises(PostgresRefused, match="No database was started"):
            cluster.url()


class TestFindPrograms:
    def test_finds_a_version_that_is_new_enough(self) -> None:
        found = find_programs()
        assert found.major >= postgres_programs.OLDEST_MAJOR
        assert find_programs(found.major).major == found.major

    def test_says_what_to_install_when_there_is_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(postgres_programs, "_candidates", lambda: iter([]))
        with pytest.raises(PostgresMissing, match=r"apt-get install .* postgresql.*brew install postgresql"):
            find_programs()

    def test_names_the_versions_that_are_too_old(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        for name in ("initdb", "pg_ctl", "postgres"):
            (tmp_path / name).write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 13.4'\n")
            (tmp_path / name).chmod(0o755)
        monkeypatch.setattr(postgres_programs, "_candidates", lambda: iter([tmp_path]))
        with pytest.raises(PostgresMissing, match="Found only version 13"):
            find_programs()
        monkeypatch.setattr(postgres_programs, "OLDEST_MAJOR", 13)
        assert find_programs() == Programs(tmp_path, 13)
