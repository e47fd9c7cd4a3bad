"""A PgBouncer in transaction mode before the tests' PostgreSQL: its few connections are shared by whoever comes."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url

from coverage.gateways.postgres_programs import server_user
from coverage.storage.identity import new_code
from tests.processes import wait_for

SERVER_CONNECTIONS = 2
INI = """
[databases]
{database} = host={host} port={port}
[pgbouncer]
listen_addr =
unix_socket_dir = {folder}
listen_port = 6432
auth_type = scram-sha-256
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = {connections}
max_client_conn = 200
"""
# It ends when our end of its input closes, however we end.
BESIDE = 'pgbouncer -q "$1" & read -r _; kill -INT $!; wait'


@dataclass(frozen=True, slots=True)
class Pooled:
    """A database as it is reached through the pooler, by a login of its own, and past it."""

    url: str
    past: str


@contextmanager
def pooler(database_url: str) -> Iterator[Pooled]:
    """Runs a pooler before a database until the block ends."""
    assert shutil.which("pgbouncer"), "PgBouncer is missing: apt-get install pgbouncer, or brew install pgbouncer"
    server = make_url(database_url)
    login, password = f"pooled_{new_code(8).lower()}", new_code(20)
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    folder = Path(tempfile.mkdtemp(prefix="sharecover-pooler-"))
    user = server_user() or pwd.getpwuid(os.geteuid())
    try:
        with admin.connect() as connection:
            connection.execute(text(f"CREATE ROLE {login} LOGIN NOINHERIT PASSWORD '{password}'"))
            connection.execute(text(f"GRANT sharecover_app, sharecover_worker TO {login}"))
        with _running(folder, user, server, f'"{login}" "{password}"\n'):
            through = URL.create(
                "postgresql+psycopg", login, password, database=server.database,
                query={"host": str(folder), "port": "6432"},
            )  # fmt: skip
            past = server.set(username=login, password=password)
            yield Pooled(*(url.render_as_string(hide_password=False) for url in (through, past)))
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP ROLE IF EXISTS {login}"))
        admin.dispose()
        shutil.rmtree(folder)


@contextmanager
def _running(folder: Path, user: pwd.struct_passwd, server: URL, users: str) -> Iterator[None]:
    host, port = server.query.get("host", server.host), server.query.get("port", server.port or 5432)
    ini = INI.format(database=server.database, host=host, port=port, folder=folder, connections=SERVER_CONNECTIONS)
    for name, words in (("users", users), ("pgbouncer.ini", ini)):
        (folder / name).write_text(words)
        (folder / name).chmod(0o600)
    become = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    for path in (folder, *folder.iterdir()):
        os.chown(path, user.pw_uid, user.pw_gid)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["/bin/sh", "-c", BESIDE, "sh", folder / "pgbouncer.ini"], stdin=subprocess.PIPE, stdout=log, stderr=log,
            cwd="/", start_new_session=True, **become,
        )  # type: ignore[call-overload]  # fmt: skip

    def answers() -> bool:
        assert process.poll() is None, (folder / "log").read_text()
        try:
            psycopg.connect(host=str(folder), port=6432, user="nobody", dbname="nothing", connect_timeout=5).close()
        except psycopg.OperationalError as error:
            # It refuses us, who have no password: it is there.
            return "Connection refused" not in str(error) and "No such file" not in str(error)
        return True

    try:
        wait_for("the pooler", answers, 10)
        yield
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(10)
