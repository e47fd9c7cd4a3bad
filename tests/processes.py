"""The service as a process: started as people start it, watched from outside, and ended with all that belongs to it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx2

from coverage.gateways.private_postgres import PrivatePostgres
from tests.preloaded import preloaded

PATIENCE_SECONDS = 60
ROOM_BYTES = 6 * 1024**3
COVERAGE = [sys.executable, "-P", "-m", "coverage"]
# Services here speak without TLS. A client that may trust nobody reads no list of authorities: 30 ms each time.
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
Found = TypeVar("Found")


def wait_for(what: str | Callable[[], str], found: Callable[[], Found], seconds: float = PATIENCE_SECONDS) -> Found:
    """What `found` answers, once it is true. `what` is said when it doesn't come."""
    deadline = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < deadline, f"waited in vain for {what if isinstance(what, str) else what()}"
        time.sleep(0.02)
    return answer


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def clean_environment(**changes: str) -> dict[str, str]:
    """This process's environment without what would name a database, a key or a folder, and without limits on how often
    a partner may ask: no test is to meet them that isn't about them.
    """
    ours = ("DATABASE_", "TEST_DATABASE_", "SHARECOVER_", "PORT")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return kept | {"SHARECOVER_RATE_TEST": "off", "SHARECOVER_RATE_LIVE": "off"} | changes


def run_coverage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command, run to its end."""
    return preloaded().run(arguments, clean_environment(**environment), PATIENCE_SECONDS)


def running(processes: set[int]) -> dict[int, str]:
    """Those of the processes that still run, with their command lines; one that waits to be collected doesn't."""
    return {found: line for found, _, line in _processes() if found in processes}


def descendants(process_id: int) -> set[int]:
    """The processes below one."""
    children = {found for found, parent, _ in _processes() if parent == process_id}
    return children.union(*(descendants(child) for child in children))


def mentioning(text: str) -> set[int]:
    """The processes that have `text` in their command line."""
    return {found for found, _, line in _processes() if text in line}


def _processes() -> Iterator[tuple[int, int, str]]:
    """All processes: number, parent's number, command line. From /proc, since small machines have no `ps`."""
    if not Path("/proc/self/stat").exists():
        told = subprocess.run(["ps", "-axwwo", "pid=,ppid=,stat=,command="], capture_output=True, text=True, check=True)
        for line in told.stdout.splitlines():
            number, parent, state, command = line.split(None, 3)
            if not state.startswith("Z"):
                yield int(number), int(parent), command
        return
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
                line = (folder / "cmdline").read_text().replace("\0", " ")
            except OSError:
                continue  # it ended meanwhile
            if state != "Z":
                yield int(folder.name), int(parent), line


def folder_for_databases(prefix: str) -> Path:
    """A new folder, in memory where there is plenty of room: no test is about what a disk does, and all wait for it."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM_BYTES
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=memory if roomy else None))
    folder.chmod(0o711)  # as root, the database's server is another user, who passes through
    return folder


@contextmanager
def data_folder() -> Iterator[Path]:
    """A folder for a service, gone at the end with the database that stands in it."""
    folder = folder_for_databases("sharecover-serve-")
    try:
        yield folder / "data"
    finally:
        if (folder / "data").exists():
            PrivatePostgres(folder / "data").remove()
        shutil.rmtree(folder)


@dataclass
class Service:
    """A `coverage serve` that runs."""

    process: subprocess.Popen[bytes]
    port: int
    data: Path
    log: Path

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def output(self) -> str:
        """What it has printed so far."""
        return self.log.read_text()

    def printed(self, label: str) -> str:
        """The rest of the line that begins with `label`."""
        return next(line.removeprefix(label).strip() for line in self.output.splitlines() if line.startswith(label))

    def get(self, path: str, **options: Any) -> httpx2.Response:
        return self._call("GET", path, **options)

    def post(self, path: str, body: Any) -> httpx2.Response:
        return self._call("POST", path, json=body)

    def _call(self, method: str, path: str, **options: Any) -> httpx2.Response:
        headers = {"Idempotency-Key": os.urandom(12).hex()}
        if "Test key" in self.output:
            headers["Authorization"] = f"Bearer {self.printed('Test key')}"
        return httpx2.request(
            method,
            self.url + path,
            headers=headers,
            timeout=PATIENCE_SECONDS,
            verify=NO_TLS,
            trust_env=False,
            **options,
        )

    def wait_until_it_serves(self) -> Service:
        def answers() -> bool:
            assert self.process.poll() is None, self.output
            try:
                return self.get("/livez").status_code == 200
            except httpx2.TransportError:
                return False

        wait_for("the service", answers)
        return self

    def worker(self) -> int:
        """The worker's process id, once it runs."""

        def found() -> int | None:
            return next(iter(mentioning("work --with-parent") & descendants(self.process.pid)), None)

        return wait_for("the worker", found) or 0

    def family(self) -> set[int]:
        """All processes that belong to it."""
        postgres = PrivatePostgres(self.data).process_id
        return {self.process.pid} | descendants(self.process.pid) | ({postgres} if postgres else set())

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """Sends a signal to the process group, as a terminal does, and answers the exit status."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)
        return self.process.wait(PATIENCE_SECONDS)


@contextmanager
def starting(
    data: Path, *arguments: str, port: int | None = None, environment: Mapping[str, str] | None = None
) -> Iterator[Service]:
    """A service that is being started in a session of its own; ended at the end of the block, if it still runs."""
    port = port or free_port()
    data.parent.mkdir(exist_ok=True)
    log = data.parent / f"{port}.log"
    command = [*COVERAGE, "serve", "--port", str(port), "--data", str(data), *arguments]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=clean_environment(**(environment or {})), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
    service = Service(process, port, data, log)
    try:
        yield service
    finally:
        try:
            service.end()
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def serving(
    data: Path, *arguments: str, port: int | None = None, environment: Mapping[str, str] | None = None
) -> Iterator[Service]:
    """A service that answers."""
    with starting(data, *arguments, port=port, environment=environment) as service:
        yield service.wait_until_it_serves()
