"""The image, built without an engine and run as the installation runs it (`./dev image-check`).

    python -m tests.docker.check --work FOLDER [--keep]

Builds with Buildah on a base of Debian's packages, then runs the image's own root, only read and as its own user: the migration,
two webs behind the proxy with TLS, a worker, beside PostgreSQL and Redis. A cover is bound and its certificate read; a web is ended
while requests come; what was told is looked through. Needs root, Linux, and what `./dev image-check` installs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

import httpx2

from coverage.gateways.keyring import MasterKeyring
from coverage.gateways.postgres_programs import find_programs, server_user
from coverage.operations.house import House
from coverage.storage.tenancy import Database
from tests.builders import Platform, enrol_named
from tests.processes import NO_TLS, free_port, wait_for
from tests.telemetry.asking import samples

ROOT: Final = Path(__file__).resolve().parents[2]
DOCKER: Final = ROOT / "docker"
BASE: Final = "docker.io/library/debian:bookworm-slim"
IMAGE: Final = "sharecover:check"
USER: Final = 10001
REQUESTS_WHILE_ENDING: Final = 400
# What this machine needs to fetch packages, where it fetches them by way of somebody of its own.
OF_THE_MACHINE: Final = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pip.conf",
    "/etc/apt/sources.list.d/debian.sources",
)


def say(words: str) -> None:
    """How far it is."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def run(*command: str | Path, **options: Any) -> str:
    """A program's output; ends the check, with what it said, where it fails."""
    told: subprocess.CompletedProcess[str] = subprocess.run(
        command, capture_output=True, text=True, check=False, **options
    )
    if told.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{told.stdout[-3000:]}{told.stderr[-3000:]}")
    return told.stdout


# ------------------------------------------------------------------------------------------ building


@contextmanager
def built(work: Path) -> Iterator[Path]:
    """Builds the image; gives its root as a folder, until the block ends."""
    buildah = ["buildah", "--root", str(work / "storage"), "--runroot", str(work / "run")]
    if BASE not in run(*buildah, "images", "--format", "{{.Name}}:{{.Tag}}"):
        say("a base of Debian's packages")
        run("mmdebstrap", "--quiet", "--variant=minbase", "--include=ca-certificates", "bookworm", work / "base.tar")
        container = run(*buildah, "from", "scratch").strip()
        run(*buildah, "add", "--quiet", container, work / "base.tar", "/")
        for name in filter(os.path.exists, OF_THE_MACHINE):
            run(*buildah, "copy", "--quiet", container, name, name)
        run(*buildah, "commit", "--quiet", container, BASE)
        run(*buildah, "rm", container)
    say("the image")
    context = work / "context"
    shutil.rmtree(context, ignore_errors=True)
    context.mkdir()
    names = run("git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    for name in names:
        if name and (ROOT / name).is_file():
            (context / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, context / name)
    options = ["--pull-never", "--isolation", "chroot", "--network", "host", "--layers", "--tag", IMAGE]
    run(*buildah, "bud", *options, "--file", context / "docker" / "Dockerfile", context)
    found = json.loads(run(*buildah, "inspect", "--type", "image", IMAGE))["OCIv1"]["config"]
    assert found["User"] == f"{USER}:{USER}", found["User"]
    assert not [name for name in found["Env"] if "SECRET" in name or "PASSWORD" in name or "_KEY" in name]
    container = run(*buildah, "from", "--pull-never", IMAGE).strip()
    try:
        yield Path(run(*buildah, "mount", container).strip())
    finally:
        run(*buildah, "rm", container)


# ------------------------------------------------------------------------------------------ running


@dataclass
class Running:
    """What runs, each with its log; ended with the block, the youngest first."""

    folder: Path
    root: Path
    ended: ExitStack
    logs: dict[str, Path] = field(default_factory=dict)

    def start(self, name: str, command: Sequence[str | Path], **options: Any) -> subprocess.Popen[bytes]:
        """Starts a program."""
        self.logs[name] = self.folder / f"{name}.log"
        with self.logs[name].open("wb") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, **options
            )
        self.ended.callback(self._end, process)
        return process

    def in_image(self, *arguments: str, **environment: str) -> list[str | Path]:
        """The command that runs `coverage ARGUMENTS…` in the image: its root only read, as its user, with its own settings."""
        binds = "".join(
            f"mount --bind '{source}' '{self.root}{target}' && "
            for source, target in (
                (self.folder / "data", "/var/lib/sharecover"), (self.folder / "anchor", "/var/lib/sharecover-anchor"),
                (self.folder / "secrets", "/srv"),
            )
        )  # fmt: skip
        settings = {
            "PATH": "/opt/sharecover/bin:/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", "XDG_CACHE_HOME": "/tmp/cache",
            "SHARECOVER_DATA": "/var/lib/sharecover", "SHARECOVER_ANCHOR": "/var/lib/sharecover-anchor/events.anchor",
            "SHARECOVER_RULES": "/usr/share/sharecover/pricing_rules", "SHARECOVER_LOGS": "json",
            "SHARECOVER_TEMPLATES": "/usr/share/sharecover/policy_templates", **environment,
        }  # fmt: skip
        words = " ".join(f"{name}='{value}'" for name, value in settings.items())
        script = (
            f"mount --bind '{self.root}' '{self.root}' && {binds}"
            f"mount -t tmpfs -o size=256m,mode=1777 none '{self.root}/tmp' && mount -t proc proc '{self.root}/proc' && "
            f"mount --bind /dev '{self.root}/dev' && mount -o remount,ro,bind '{self.root}' && "
            f"exec chroot --userspec={USER}:{USER} '{self.root}' /usr/bin/env -i {words} coverage {' '.join(arguments)}"
        )
        return ["unshare", "--mount", "--propagation", "private", "sh", "-ec", script]

    @staticmethod
    def _end(process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def running(root: Path) -> Iterator[Running]:
    """An empty place to run things in."""
    with tempfile.TemporaryDirectory(prefix="sharecover-image-") as name, ExitStack() as ended:
        folder = Path(name)
        folder.chmod(0o711)
        for part in ("data", "anchor"):
            (folder / part).mkdir()
            os.chown(folder / part, USER, USER)
        yield Running(folder, root, ended)


def start_database(there: Running) -> int:
    """A PostgreSQL over TCP, begun by the installation's own script; its port."""
    programs, user, port = find_programs().folder, server_user(), free_port()
    assert user is not None, "this needs root"
    data = there.folder / "postgres"
    data.mkdir()
    os.chown(data, user.pw_uid, user.pw_gid)
    become: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "cwd": "/"}
    run(programs / "initdb", "-D", data, "-U", "postgres", "--auth-host=scram-sha-256", "--no-sync", **become)
    options = ["-p", str(port), "-h", "127.0.0.1", "-k", str(data), "-c", "max_connections=150", "-c", "fsync=off"]
    there.start("postgres", [programs / "postgres", "-D", data, *options], **become)
    environment = {"PATH": f"{programs}:{os.environ['PATH']}", "PGHOST": str(data), "PGPORT": str(port)}
    wait_for(
        "PostgreSQL",
        lambda: (
            subprocess.run([programs / "pg_isready"], env=environment, capture_output=True, check=False).returncode == 0
        ),
    )
    run("psql", "-U", "postgres", "-c", "CREATE DATABASE sharecover", env=environment)
    run("sh", DOCKER / "postgres" / "init.sh", env=environment | {"SECRETS": str(there.folder / "secrets")})
    return port


def make_secrets(folder: Path, port: int | None = None) -> None:
    """The installation's secrets, in which the database is at a port of this machine."""
    run("sh", DOCKER / "make-secrets", folder)
    for name in ("database_url", "database_owner_url", "database_backup_url") if port else ():
        path = folder / name
        path.chmod(0o644)
        path.write_text(path.read_text().replace("@postgres:5432", f"@127.0.0.1:{port}"))
    folder.chmod(0o755)  # a container has them mounted one by one


@dataclass(frozen=True, slots=True)
class Installation:
    """What runs: the proxy's address and how to trust it, where metrics are, and the webs."""

    there: Running
    address: str
    trust: ssl.SSLContext
    metrics: dict[str, str]
    webs: list[subprocess.Popen[bytes]]


def start_all(there: Running) -> Installation:
    """The whole of the installation, in its order."""
    secrets = there.folder / "secrets"
    make_secrets(secrets)
    port = start_database(there)
    make_secrets(secrets, port)
    redis = free_port()
    there.start(
        "redis", ["redis-server", "--port", str(redis), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    )
    say("migration in the image")
    run(*there.in_image("migrate", DATABASE_URL_FILE="/srv/database_owner_url"))
    ports, measured = [free_port(), free_port()], {name: free_port() for name in ("web1", "web2", "worker")}
    https = free_port()
    shared = {
        "DATABASE_URL_FILE": "/srv/database_url", "SHARECOVER_MASTER_KEY_FILE": "/srv/master_key",
        "SHARECOVER_REDIS_URL": f"redis://127.0.0.1:{redis}/0", "PUBLIC_URL": f"https://localhost:{https}",
        "SHARECOVER_RATE_TEST": "off",
    }  # fmt: skip
    say("two webs, a worker, the proxy")
    webs = [
        there.start(
            name,
            there.in_image(
                "serve",
                "--web-only",
                "--host",
                "127.0.0.1",
                PORT=str(one),
                SHARECOVER_METRICS=f"127.0.0.1:{measured[name]}",
                **shared,
            ),
        )
        for name, one in zip(("web1", "web2"), ports, strict=True)
    ]
    there.start("worker", there.in_image("work", SHARECOVER_METRICS=f"127.0.0.1:{measured['worker']}", **shared))
    for one in ports:
        wait_for("a web", lambda one=one: _status(f"http://127.0.0.1:{one}/readyz") == 200)  # type: ignore[misc]
    environment = os.environ | {
        "SITE": "localhost", "HTTP_PORT": str(free_port()), "HTTPS_PORT": str(https), "HEALTH_PORT": str(free_port()),
        "WEB_1": f"127.0.0.1:{ports[0]}", "WEB_2": f"127.0.0.1:{ports[1]}", "CERTIFICATES": str(there.folder / "caddy"),
        "HOME": str(there.folder),
    }  # fmt: skip
    there.start("proxy", ["caddy", "run", "--config", DOCKER / "Caddyfile", "--adapter", "caddyfile"], env=environment)
    authority = there.folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
    wait_for("the proxy's authority", authority.exists)
    trust = ssl.create_default_context(cafile=str(authority))
    address = f"https://localhost:{https}"
    wait_for("the proxy", lambda: _status(f"{address}/livez", trust) == 200)
    return Installation(there, address, trust, {n: f"http://127.0.0.1:{p}/metrics" for n, p in measured.items()}, webs)


def _status(address: str, trust: ssl.SSLContext = NO_TLS) -> int:
    try:
        return httpx2.get(address, verify=trust, trust_env=False, timeout=5).status_code
    except httpx2.TransportError:
        return 0


def a_partner(there: Running, client: httpx2.Client) -> Platform:
    """A partner of the installation."""
    secrets = there.folder / "secrets"
    urls = [
        (secrets / name).read_text().replace("postgresql://", "postgresql+psycopg://")
        for name in ("database_owner_url", "database_url")
    ]
    with closing(Database.connect(urls[0])) as owner, closing(Database.connect(urls[1])) as login:
        keyring = MasterKeyring.from_text((secrets / "master_key").read_text())
        house = House(login, cast(Any, None), keyring, cast(Any, None), cast(Any, None))
        made = enrol_named(owner, house, "Image")
        return Platform(made.tenant, made.key, client)


# ------------------------------------------------------------------------------------------ checking


def check(installation: Installation) -> None:
    """That a cover is bound through the proxy, its certificate made by the worker, and that a web may end meanwhile."""
    there = installation.there
    with httpx2.Client(base_url=installation.address, verify=installation.trust, trust_env=False, timeout=60) as client:
        platform = a_partner(there, client)
        began = time.monotonic()
        cover = platform.cover()
        link = platform.get(f"/v1/covers/{cover['id']}").json()["member_url"]
        wait_for("the worker's certificate", lambda: "render_certificate" in _asked(installation, "worker"))
        assert client.get(link, follow_redirects=True).status_code == 200
        certificate = client.get("/m/certificate")
        assert certificate.content.startswith(b"%PDF"), certificate.text
        say(
            f"a cover is bound and its certificate read, {len(certificate.content):,} bytes, {time.monotonic() - began:.1f} s"
        )
        statuses = end_a_web(installation, platform)
        assert set(statuses) == {200}, statuses
        say(f"a web ended while {sum(statuses.values())} requests came: all answered 200")
        back_up(there)
        secrets = [platform.key, link.rpartition("/")[2], (there.folder / "secrets" / "master_key").read_text()]
    for name, log in there.logs.items():
        told = log.read_text(errors="replace")
        assert not [secret for secret in secrets if secret in told], name
    for name in ("web1", "web2", "worker"):
        assert all(json.loads(line) for line in there.logs[name].read_text().splitlines()), name
    say("no key and no link in any log; all lines of ours are JSON")
    assert not [path for path in (there.folder / "data").rglob("*") if path.stat().st_uid != USER]


def back_up(there: Running) -> None:
    """Backs up in the image, which has no server of its own."""
    urls = {"DATABASE_URL_FILE": "/srv/database_url", "DATABASE_BACKUP_URL_FILE": "/srv/database_backup_url"}
    run(*there.in_image("backup", "/var/lib/sharecover/backup", **urls))
    say(f"a backup is made, {(there.folder / 'data' / 'backup').stat().st_size:,} bytes")


def _asked(installation: Installation, name: str) -> str:
    try:
        return httpx2.get(installation.metrics[name], verify=NO_TLS, trust_env=False, timeout=5).text
    except httpx2.TransportError:
        return ""


def end_a_web(installation: Installation, platform: Platform) -> Counter[int]:
    """Ends the first web by SIGTERM while requests come; how they were answered."""
    answered: Counter[int] = Counter()
    lock, under_way = threading.Lock(), threading.Event()

    def ask(count: int) -> None:
        with httpx2.Client(
            base_url=installation.address, verify=installation.trust, trust_env=False, timeout=30
        ) as client:
            for _ in range(count):
                answer = client.get("/v1/covers", headers={"Authorization": f"Bearer {platform.key}"})
                with lock:
                    answered[answer.status_code] += 1
                    if sum(answered.values()) >= REQUESTS_WHILE_ENDING // 4:
                        under_way.set()

    threads = [threading.Thread(target=ask, args=(REQUESTS_WHILE_ENDING // 4,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    under_way.wait(60)
    served = [_served(installation, name) for name in ("web1", "web2")]
    assert min(served) > 0, f"both webs are asked: {served}"
    installation.webs[0].send_signal(signal.SIGTERM)
    status = installation.webs[0].wait(30)
    assert status == 0, f"the web ended with {status}"
    for thread in threads:
        thread.join()
    assert sum(answered.values()) == REQUESTS_WHILE_ENDING, answered
    return answered


def _served(installation: Installation, name: str) -> int:
    found = samples(_asked(installation, name)).items()
    return int(sum(value for (sample, _), value in found if sample == "sharecover_request_seconds_count"))


def main() -> None:
    """Builds, runs and checks; exits 1 where something isn't as it should be."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", type=Path, required=True, help="folder for the build's layers")
    work = parser.parse_args().work.absolute()
    work.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0:
        raise SystemExit("This needs root: it mounts the image's root, and runs as the image's own user.")
    with built(work) as root, running(root) as there:
        try:
            check(start_all(there))
        except AssertionError:
            for name, log in there.logs.items():
                say(f"\n== {name}\n{log.read_text(errors='replace')[-1500:]}")
            raise
    say("The image holds.")


if __name__ == "__main__":
    main()
