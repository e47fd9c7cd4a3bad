"""A PostgreSQL of our own in a data folder, so that nobody must set one up to try the service.

What stands in the folder:

    cluster/          PostgreSQL's data directory
    socket/           the only way in: a unix socket, in a folder that only its owner may enter
    server.log        what the server said since its last start (the start before: server.log.1)
    lock              held while one process initialises, starts or stops
    cluster-stands-in, socket-stands-in
                      one line each, a path: where the cluster or the socket went when it couldn't
                      stand here (see `_base` and `_place_socket`)
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql
from sqlalchemy.engine import URL

from coverage.gateways.postgres_programs import (
    PostgresMissing,
    Programs,
    find_programs,
    run_as_server,
    server_user,
)

__all__ = ["OWNER", "SUPERUSER", "PostgresMissing", "PostgresRefused", "PrivatePostgres"]

OWNER: Final = "sharecover_owner"
# Roles that whoever runs this process may connect as; any other role needs a password.
SUPERUSER: Final = "postgres"
_VOUCHED_FOR: Final = (SUPERUSER, OWNER, "sharecover_app", "sharecover_worker")
_PORT: Final = 5432  # no TCP port: it only names the socket's file
_LONGEST_SOCKET: Final = 103  # bytes, as macOS has it; Linux allows 107
_PATIENCE_SECONDS: Final = 120


class PostgresRefused(Exception):
    """PostgreSQL is there but the cluster can't be used; the message says why and what helps."""


class PrivatePostgres:
    """The cluster in `folder`, and the server that runs on it.

    With `durable=False` the server doesn't wait for the disk, and a crash loses the last commits
    and perhaps the rest: for tests. Two processes may use the same folder: whoever comes second
    reuses the server.
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        # Resolved, so that a server started by another name of the same folder is recognised.
        self._folder = folder.resolve()
        self._durable = durable

    # What callers ask for

    def start(self) -> None:
        """Make the cluster if there is none, and run it; a server that runs already is reused.

        Also after a crash of whatever kind: of this process, of the server, of the machine, or in
        the middle of making the cluster.
        Raises `PostgresMissing`, or `PostgresRefused` with the last lines of the server's log.
        """
        self._folder.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        with self._alone():
            base = self._base() or self._place_base()
            programs = self._programs_for(base / "cluster")
            if not (base / "cluster").exists():
                self._initialise(base, programs)
            if self.process_id is not None and not self._answers_soon():
                # It runs but can't be reached: somebody swept the socket's folder away.
                self._pg_ctl(programs, "stop", "-m", "fast")
            if self.process_id is None:
                self._launch(base, programs)
            self._create_owner()

    def stop(self) -> None:
        """End the server that runs in this folder, whoever started it; nothing happens if none does.

        Open transactions are rolled back. Raises `PostgresMissing` if the programs are gone.
        """
        base = self._base()
        if base is None or not (base / "cluster").exists():
            return
        with self._alone():
            if self.process_id is None:
                return
            programs = self._programs_for(base / "cluster")
            if self._pg_ctl(programs, "stop", "-m", "fast").returncode != 0 and self.process_id is not None:
                # A server that can't end in order ends without: the next start recovers, as after a crash.
                self._pg_ctl(programs, "stop", "-m", "immediate")

    def remove(self) -> None:
        """Stop the server and delete the folder, with all data and with what stands elsewhere for it."""
        self.stop()
        for place in (self._socket_folder(), self._base(), self._folder):
            if place is not None and place.exists():
                shutil.rmtree(place)

    def url(self, database: str = "sharecover", role: str = OWNER) -> str:
        """SQLAlchemy's address of `database`, as the role that owns it or another of ours. Holds no secret.

        Raises `PostgresRefused` before the first `start()`.
        """
        return URL.create(
            "postgresql+psycopg",
            username=role,
            database=database,
            query={"host": str(self._reachable_socket()), "port": str(_PORT)},
        ).render_as_string(hide_password=False)

    def create_database(self, name: str) -> None:
        """Create the database `name`, owned by the owner's role, with btree_gist; kept if it is there.

        Raises `PostgresMissing` when the installation lacks the extension.
        """
        with self._superuser() as connection:
            # Of two processes at once the second waits, until the first closes its connection.
            connection.execute("SELECT pg_advisory_lock(hashtext('create_database'))")
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if known is None:
                statement = sql.SQL("CREATE DATABASE {} OWNER {}")
                connection.execute(statement.format(sql.Identifier(name), sql.Identifier(OWNER)))
        with self._superuser(name) as connection:
            try:
                # IF NOT EXISTS alone doesn't wait for another who creates it: the lock does.
                with connection.transaction():
                    connection.execute("SELECT pg_advisory_xact_lock(hashtext('btree_gist'))")
                    connection.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
            except psycopg.errors.FeatureNotSupported as error:
                words = "This PostgreSQL lacks its extension btree_gist: install postgresql-contrib."
                raise PostgresMissing(words) from error

    @property
    def is_made(self) -> bool:
        """Whether there is a cluster, here or where this folder says that it stands."""
        return self._base() is not None

    @property
    def process_id(self) -> int | None:
        """The server's first process (postmaster) in this folder, or None when none runs."""
        base = self._base()
        told = _postmaster_file(base / "cluster") if base else []
        if base is None or not told:
            return None
        process_id = int(told[0])
        return process_id if _runs_cluster(process_id, base / "cluster") else None

    # Where things stand

    def _base(self) -> Path | None:
        """The folder that holds the cluster, once it is decided."""
        pointer = self._folder / "cluster-stands-in"
        if pointer.exists():
            return Path(pointer.read_text().strip())
        return self._folder if (self._folder / "cluster").exists() else None

    def _place_base(self) -> Path:
        """Decide where the cluster stands: in our folder if the server's user can get there.

        PostgreSQL refuses to run as root, so for root it runs as the user `postgres`, who can't
        pass through folders like /root. Then the cluster stands in /var/lib, under a name of its own:
        one derived from our folder's would bring back old data when the folder is made afresh.
        """
        user = server_user()
        if user is None or _server_can_enter(self._folder):
            return self._folder
        try:
            base = Path(tempfile.mkdtemp(prefix="sharecover-", dir="/var/lib"))
        except OSError as error:
            words = f"The user {user.pw_name} can't reach {self._folder}, and /var/lib can't be written"
            raise PostgresRefused(f"{words} ({error}): choose a data folder under /srv or /var.") from error
        base.chmod(0o711)  # to be passed through, not listed
        (base / "belongs-to").write_text(f"{self._folder}\n")
        (self._folder / "cluster-stands-in").write_text(f"{base}\n")
        return base

    def _place_socket(self, base: Path) -> Path:
        """The socket's folder, made if need be: private, and with a path short enough for a socket.

        The way into the database is the file system: no TCP port is opened, and the folder admits
        its owner only (and root, who may do anything anyway).
        """
        folder = self._socket_folder() or base / "socket"
        pointer = base / "socket-stands-in"
        user = server_user()
        uid = os.geteuid() if user is None else user.pw_uid
        if not _fit_for_socket(folder) or (pointer.exists() and not _is_private(folder, uid)):
            # Under /tmp others can write too: mkdtemp takes a name that nobody could lay in wait at.
            short = tempfile.gettempdir()
            roomy = _fit_for_socket(Path(short) / "sharecover-12345678")
            folder = Path(tempfile.mkdtemp(prefix="sharecover-", dir=short if roomy else "/tmp"))  # noqa: S108
            pointer.write_text(f"{folder}\n")
        folder.mkdir(mode=0o700, exist_ok=True)
        folder.chmod(0o700)
        _give_to_server(folder)
        return folder

    def _socket_folder(self) -> Path | None:
        base = self._base()
        if base is None:
            return None
        pointer = base / "socket-stands-in"
        return Path(pointer.read_text().strip()) if pointer.exists() else base / "socket"

    def _reachable_socket(self) -> Path:
        folder = self._socket_folder()
        if folder is None:
            raise PostgresRefused(f"No database was started in {self._folder} yet.")
        return folder

    # Making, starting

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One process at a time makes, starts or stops; the lock ends with the process that holds it."""
        with (self._folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _programs_for(self, cluster: Path) -> Programs:
        """The programs that fit the data that are there, or the newest when there are none."""
        if not cluster.exists():
            if not cluster.parent.exists():
                words = f"The data of {self._folder} stood in {cluster.parent}, which is gone."
                raise PostgresRefused(f"{words} Restore it, or delete {self._folder} to begin afresh.")
            return find_programs()
        user = server_user()
        if cluster.stat().st_uid != (os.geteuid() if user is None else user.pw_uid):
            owner = cluster.owner()
            raise PostgresRefused(f"{cluster} belongs to the user {owner}: run this as the user who made it.")
        version = cluster / "PG_VERSION"
        if not version.exists() or not (cluster / "global" / "pg_control").exists():
            words = f"{cluster} isn't whole: files that PostgreSQL can't do without are missing."
            raise PostgresRefused(f"{words} Restore it from a backup, or move it away to begin afresh.")
        major = int(version.read_text())
        try:
            return find_programs(major)
        except PostgresMissing as error:
            words = f"The data in {cluster} were written by PostgreSQL {major}, which isn't on this machine."
            move = f"Install version {major} again, or move the folder away to begin afresh."
            raise PostgresRefused(f"{words} {move} {error}") from error

    def _initialise(self, base: Path, programs: Programs) -> None:
        """Make the cluster beside its place and rename it: it is there wholly or not at all."""
        for left_over in base.glob("cluster-in-the-making-*"):
            # An initdb that outlived its parent may still be writing there: the next start gets the rest.
            shutil.rmtree(left_over, ignore_errors=True)
        making = Path(tempfile.mkdtemp(prefix="cluster-in-the-making-", dir=base))
        _give_to_server(making)
        # C.UTF-8 knows upper and lower case beyond ASCII and, like C, sorts alike on every machine.
        locale = "C.UTF-8" if sys.platform == "linux" else "C"
        command: list[str | Path] = [programs.folder / "initdb", "-D", making, "--username=postgres"]
        command += ["--encoding=UTF8", f"--locale={locale}", "--auth-local=peer", "--auth-host=reject"]
        command += ["--data-checksums"] if self._durable else ["--no-sync"]
        made = run_as_server(command)
        if made.returncode != 0:
            raise PostgresRefused(f"The database could not be made in {base}:\n{made.stderr.strip()}")
        with (making / "postgresql.conf").open("a") as file:
            file.write("include 'sharecover.conf'\n")
        making.rename(base / "cluster")

    def _configure(self, base: Path) -> None:
        """Write what we say to the server. Anew at each start: the folder may have moved."""
        settings = {
            "listen_addresses": "",
            "port": str(_PORT),
            # Within double quotes, for a path with a comma would be read as two.
            "unix_socket_directories": f'"{self._place_socket(base)}"',
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "lc_messages": "C",
            "password_encryption": "scram-sha-256",
        }
        if not self._durable:
            settings |= dict.fromkeys(("fsync", "full_page_writes", "synchronous_commit"), "off")
            # Nor does it tidy up: who does so is a superuser, whom the owner of a database may not send away to drop it.
            settings["autovacuum"] = "off"
            # Tests run beside each other, each with services of its own.
            settings["max_connections"] = "300"
        lines = [f"{name} = {_quoted(value)}\n" for name, value in settings.items()]
        _write_for_server(base / "cluster" / "sharecover.conf", "".join(lines))
        # `peer`: the kernel tells the server who is at the other end, so there is no password to keep,
        # to leak or to guess, and unlike `trust` it doesn't rest on the folder's mode alone. The map
        # says which roles that user may take. Others come in with a password, if they were given one.
        names = ",".join(_VOUCHED_FOR)
        access = f"local all {names} peer map=sharecover\nlocal all all scram-sha-256\n"
        _write_for_server(base / "cluster" / "pg_hba.conf", access)
        user = pwd.getpwuid(os.geteuid()).pw_name
        may = "".join(f'sharecover "{user}" {role}\n' for role in _VOUCHED_FOR)
        _write_for_server(base / "cluster" / "pg_ident.conf", may)

    def _launch(self, base: Path, programs: Programs) -> None:
        """Start the server and wait until it answers; recovery after a crash is part of the wait."""
        self._configure(base)
        cluster, log = base / "cluster", base / "server.log"
        if log.exists():
            log.replace(base / "server.log.1")
        _write_for_server(log, "")
        # What a crashed server leaves. Its number may belong to another process by now (common in
        # containers, which count from 1) or to its own unreaped remains, and PostgreSQL would take
        # either for a live server. What it must fear, backends that outlived the crash, it finds by
        # the memory that they share.
        (cluster / "postmaster.pid").unlink(missing_ok=True)
        (self._reachable_socket() / f".s.PGSQL.{_PORT}.lock").unlink(missing_ok=True)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                started = self._pg_ctl(programs, "start", "-l", str(log))
            except BaseException:
                # Ctrl-C while it comes up: leave nothing running that nobody knows of.
                self._pg_ctl(programs, "stop", "-m", "immediate")
                raise
            if started.returncode == 0:
                return
            said = log.read_text(errors="replace")
            if "pre-existing shared memory block" not in said or time.monotonic() > deadline:
                words = f"PostgreSQL didn't start on {cluster}. {started.stderr.strip()} The end of {log}:"
                raise PostgresRefused("\n".join([words, *said.splitlines()[-15:]]))
            # Backends of the crashed server are still on their way out.
            _write_for_server(log, "")
            time.sleep(0.1)

    def _pg_ctl(self, programs: Programs, *arguments: str) -> subprocess.CompletedProcess[str]:
        # pg_ctl gives the server a session of its own, so a Ctrl-C in our terminal doesn't reach it:
        # we end it, once our own work is done.
        cluster = (self._base() or self._folder) / "cluster"
        command: list[str | Path] = [programs.folder / "pg_ctl", *arguments, "-D", cluster]
        return run_as_server([*command, "-w", "-t", str(_PATIENCE_SECONDS)])

    def _answers_soon(self) -> bool:
        """Whether a server that runs lets us in, waiting for one that is still coming up."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        base = self._base() or self._folder
        while self.process_id is not None and time.monotonic() < deadline:
            try:
                self._superuser().close()
            except psycopg.OperationalError:
                told = _postmaster_file(base / "cluster")
                if len(told) >= 8 and told[7].strip() == "ready":
                    return False
                time.sleep(0.05)
            else:
                return True
        return False

    def _create_owner(self) -> None:
        with self._superuser() as connection, connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [OWNER])
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [OWNER]).fetchone() is None:
                # No superuser: it migrates, makes roles and databases, and is held by row-level security.
                statement = sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER CREATEROLE CREATEDB")
                connection.execute(statement.format(sql.Identifier(OWNER)))

    def _superuser(self, database: str = "postgres") -> psycopg.Connection[Any]:
        return psycopg.connect(
            host=str(self._reachable_socket()),
            port=_PORT,
            user="postgres",
            dbname=database,
            autocommit=True,
            connect_timeout=10,
        )


def _server_can_enter(folder: Path) -> bool:
    """Asked of the kernel, as that user: modes alone don't tell, there are access lists too."""
    tried = run_as_server(["/bin/sh", "-c", 'cd "$1"', "sh", folder])
    return tried.returncode == 0


def _give_to_server(path: Path) -> None:
    if user := server_user():
        os.chown(path, user.pw_uid, user.pw_gid)


def _write_for_server(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o600)
    _give_to_server(path)


def _fit_for_socket(folder: Path) -> bool:
    """Short enough for a socket's path; and a comma would make two hosts of it in the client's eyes."""
    return len(os.fsencode(folder / f".s.PGSQL.{_PORT}")) <= _LONGEST_SOCKET and "," not in str(folder)


def _is_private(folder: Path, uid: int) -> bool:
    """Whether a folder under /tmp, found again, is still the one we made, and not somebody's trap."""
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == uid and stat.S_IMODE(found.st_mode) == 0o700


def _quoted(value: str) -> str:
    """As a string of postgresql.conf, where a quote is doubled and a backslash escapes."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _postmaster_file(cluster: Path) -> list[str]:
    """The lines that a running server leaves in its folder: first its process id, eighth its state."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []
    return lines if lines and lines[0].strip().isdigit() else []


def _runs_cluster(process_id: int, cluster: Path) -> bool:
    """Whether that process is a server of this cluster, and not another that got its number since."""
    try:
        if sys.platform == "linux":
            line = Path(f"/proc/{process_id}/cmdline").read_bytes()
        else:
            told = subprocess.run(
                ["ps", "-ww", "-o", "command=", "-p", str(process_id)], capture_output=True, check=False
            )
            line = told.stdout
    except (FileNotFoundError, ProcessLookupError):
        return False
    # A process that ended and wasn't collected yet has an empty line.
    return os.fsencode(cluster) in line
