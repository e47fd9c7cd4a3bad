"""Workers as processes of their own, made to be killed: `python -m tests.promises.doomed_workers ADDRESS FOLDER`.

It has read all there is to import, and makes a worker for each line of its input: by a fork, in no time. It prints the
worker's number. When its input ends, so do the workers that are left.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

from coverage.gateways.anchors import FileAnchors
from coverage.gateways.blobs import FileBlobs
from coverage.gateways.keyring import MasterKeyring
from coverage.gateways.outgoing import FolderOutgoing
from coverage.gateways.tables import FileTables
from coverage.gateways.webhook_posting import WebhookPost
from coverage.operations.delivering import Courier
from coverage.operations.house import House
from coverage.operations.sealing import Sealer
from coverage.storage.tenancy import Database
from coverage.worker import ROUNDS, Round, Worker
from tests.listening import nowhere
from tests.processes import clean_environment, wait_for

ROOT = Path(__file__).parents[2]
# What a killed worker held is free again after so long: an operator's worker waits for a minute and a half.
LEASE = timedelta(seconds=1)


class Typesetter:
    """Stands behind the port Documents. No two of its documents are the same, so that a second one would show."""

    def render(self, template: str, language: str, values: Mapping[str, object], enclosed: object = None) -> bytes:
        """The certificate's number or the template's name, and something that never comes again."""
        time.sleep(random.uniform(0, 0.03))
        number: str = values["certificate"].number if "certificate" in values else template  # type: ignore[attr-defined]
        return f"{number} {os.urandom(8).hex()}".encode()


def house_on(url: str, folder: Path) -> House:
    """A house that renders and quotes nothing, or that of a doomed worker."""
    rules = cast(Any, None)
    return House(
        Database.connect(url), rules, MasterKeyring(bytes(range(32))), Typesetter(), FileBlobs(folder / "blobs"),
        tables=FileTables(), outgoing=FolderOutgoing(folder / "outgoing"), posting=WebhookPost(loopback=True, resolver=nowhere),
    )  # fmt: skip


@dataclass
class Nursery:
    """Makes workers."""

    process: subprocess.Popen[str]

    def worker(self) -> int:
        """A new worker's process id."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    @staticmethod
    def kill(process_id: int) -> None:
        """Ends a worker without a word."""
        os.kill(process_id, signal.SIGKILL)
        wait_for("the end of a worker", lambda: not Path(f"/proc/{process_id}").exists() or not _lives(process_id))


def name_of(process_id: int) -> str:
    """What a worker calls itself on what it takes."""
    return f"{socket.gethostname()}/{process_id}"


def _lives(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def a_nursery(url: str, folder: Path) -> Iterator[Nursery]:
    """Starts one; all its workers are gone at the end."""
    command = [sys.executable, "-m", "tests.promises.doomed_workers", url, str(folder)]
    environment = clean_environment(PYTHONPATH=os.pathsep.join(sys.path))
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    ) as process:
        try:
            yield Nursery(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(60)


def main(url: str, folder: Path) -> None:
    """Makes workers until the input ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who are killed
    workers = []
    for _ in sys.stdin:
        if not (worker := os.fork()):
            _work(url, folder)
        workers.append(worker)
        sys.stdout.write(f"{worker}\n")
        sys.stdout.flush()
    for worker in workers:
        with suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)


def _work(url: str, folder: Path) -> None:
    random.seed()
    rounds = (
        *ROUNDS,
        Round("seal", 0.05, Sealer(FileAnchors(folder / "events.anchor")).once),
        Round("webhooks", 0.05, Courier(lease=LEASE).once),
    )
    queue = Database.connect(url, "sharecover_worker", pool_size=len(rounds) + 2)
    try:
        Worker(house_on(url, folder), queue, lease=LEASE, rounds=rounds).run()
    finally:
        os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
