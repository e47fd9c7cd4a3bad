"""A process that bears others: each does one thing in a service of its own, and kills itself where it is told to.

What takes long to load is loaded once, before anything is opened: neither a connection nor a thread is inherited. So a
child is a service that has just been started, with nothing in its caches.

The boundaries that a child can be killed at are counted, not named: before and after each SQL statement, each commit and
each call of a port.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from coverage.domain.tenant import Mode

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60
MOST_AT_ONCE = 50  # rounds of a chore that one worker goes
ANCHOR = "anchor"
# Of a job that a killed worker had in hand. Nobody waits for the service's own, which is longer.
LEASE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended: killed, or with what it answered. `crossed` names the boundaries that it came past."""

    killed: bool
    status: int
    answer: Any
    crossed: list[str]


class Nursery:
    """The process as a test has it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, path: str, body: Any, headers: Mapping[str, str], *, killed_at: int | None = None) -> Ended:
        """Posts to a new service; it is killed when it crosses its boundary of that number, counted from 0."""
        return self.tell(path, json.dumps(body), {"Content-Type": "application/json", **headers}, killed_at=killed_at)

    def tell(self, path: str, content: str, headers: Mapping[str, str], *, killed_at: int | None = None) -> Ended:
        """The same with what is said to the letter, as who signs it needs."""
        return self._bear({"path": path, "content": content, "headers": dict(headers), "killed_at": killed_at})

    def work(self, chore: str, *, killed_at: int | None = None) -> Ended:
        """Lets a new worker do what there is, or fifty rounds, of one of its chores: "jobs", "due" or "seal"; or one job, as "job"."""
        return self._bear({"path": None, "chore": chore, "killed_at": killed_at})

    def _bear(self, order: dict[str, Any]) -> Ended:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        ended = Ended(**json.loads(self._process.stdout.readline()))
        assert ended.killed or ended.status, "the child died of something else"
        return ended


@contextmanager
def nursery(database_url: str, folder: Path, processor_url: str = "") -> Iterator[Nursery]:
    """A nursery on that database, for as long as the block lasts. `folder` takes blobs, and the anchor as `ANCHOR`.

    At `processor_url` there is a stand-in of the card processor, where those who are born let members pay.
    """
    command = [sys.executable, "-m", "tests.promises.nursery", database_url, str(folder), processor_url]
    # At the block's end its input is closed, so that it ends.
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Nursery(process)


# ------------------------------------------------------------------------------------------ inside of the process


class Boundaries:
    """Counts what is crossed, and kills this process where it is told to."""

    def __init__(self, killed_at: int | None) -> None:
        self.killed_at = killed_at
        self.crossed: list[str] = []

    def cross(self, name: str) -> None:
        if threading.current_thread().name.startswith("renewing-"):
            return  # how often a lease is renewed is for the machine's speed to say
        if len(self.crossed) == self.killed_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self.crossed.append(name)

    def around(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """`call`, with a boundary before and one after."""

        def crossing(*arguments: Any, **named: Any) -> Any:
            self.cross(f"before {name}")
            answer = call(*arguments, **named)
            self.cross(f"after {name}")
            return answer

        return crossing

    def watch(self, engine: Engine) -> None:
        """Every statement and every commit of an engine."""

        def said(statement: str) -> str:
            words = statement.split()
            return " ".join(words[:3] if words[0] != "SELECT" else ["SELECT", *words[-5:]])

        event.listen(
            engine, "before_cursor_execute", lambda *about: self.cross(f"before {said(about[2])}"), named=False
        )
        event.listen(engine, "after_cursor_execute", lambda *about: self.cross(f"after {said(about[2])}"), named=False)
        engine.dialect.do_commit = self.around("COMMIT", engine.dialect.do_commit)  # type: ignore[method-assign]


class Watched:
    """A port whose every call is a boundary."""

    def __init__(self, port: object, boundaries: Boundaries) -> None:
        self._port, self._boundaries = port, boundaries

    def __getattr__(self, name: str) -> Any:
        return self._boundaries.around(f"{type(self._port).__name__}.{name}", getattr(self._port, name))


class Typesetter:
    """Stands behind the port Documents: the certificate's number in place of a PDF, and the template's name of others."""

    def render(self, template: str, language: str, values: Mapping[str, Any], enclosed: object = None) -> bytes:
        number: str = values["certificate"].number if "certificate" in values else template
        return number.encode()


def _serve_orders(database_url: str, folder: Path, processor_url: str) -> None:
    from fastapi.testclient import TestClient
    from sqlalchemy.orm import configure_mappers

    from coverage.gateways.anchors import FileAnchors
    from coverage.gateways.blobs import FileBlobs
    from coverage.gateways.keyring import MasterKeyring
    from coverage.gateways.outgoing import FolderOutgoing
    from coverage.gateways.stripe_payments import StripePayments
    from coverage.gateways.stripe_stand_in import DEMO_KEY
    from coverage.gateways.tables import FileTables
    from coverage.operations.falling_due import fire_all_due
    from coverage.operations.house import House
    from coverage.operations.sealing import Sealer
    from coverage.rulebook.editions import load
    from coverage.storage.tenancy import Database
    from coverage.web.app import create_app
    from coverage.worker import Worker
    from tests.paying import SECRET

    library = load(ROOT / "pricing_rules")
    keyring, documents, files = MasterKeyring(bytes(range(32))), Typesetter(), FileBlobs(folder / "blobs")
    processors: dict[Mode, Any] = {}
    if processor_url:
        processors["test"] = StripePayments(DEMO_KEY, SECRET, api_base=processor_url, timeout_seconds=5, retries=0)

    def house_on(database: Database, boundaries: Boundaries) -> House:
        keys, typesetter, kept = (Watched(port, boundaries) for port in (keyring, documents, files))
        laid_out: Any = Watched(FolderOutgoing(folder / "outgoing"), boundaries)
        payments: dict[Mode, Any] = {mode: Watched(one, boundaries) for mode, one in processors.items()}
        return House(
            database, lambda: library, keys, typesetter, kept, payments=payments, tables=FileTables(), outgoing=laid_out
        )  # fmt: skip

    configure_mappers()
    unused = Database.connect(database_url)
    app = create_app(house_on(unused, Boundaries(None)))

    def live(order: dict[str, Any], boundaries: Boundaries) -> tuple[int, Any]:
        database = Database.connect(database_url, pool_size=5)
        boundaries.watch(database.engine)
        app.state.house = house = house_on(database, boundaries)
        if order["path"] is not None:
            client = TestClient(app, raise_server_exceptions=False)
            answer = client.post(order["path"], content=order["content"], headers=order["headers"])
            return answer.status_code, answer.json() if answer.content else None
        queue = Database.connect(database_url, "sharecover_worker", pool_size=2)
        boundaries.watch(queue.engine)
        anchors: Any = Watched(FileAnchors(folder / ANCHOR), boundaries)
        chores: dict[str, Callable[[], object]] = {
            "jobs": Worker(house, queue, lease=LEASE).work_once,
            "job": Worker(house, queue, lease=LEASE).work_once,
            "due": partial(fire_all_due, house, queue),
            "seal": partial(Sealer(anchors, anchor_seconds=0).once, house, queue),
        }
        for _ in range(1 if order["chore"] == "job" else MOST_AT_ONCE):
            if not chores[order["chore"]]():
                break
        return 200, None

    gc.freeze()  # or each child would copy what it never changes
    for line in sys.stdin:
        order = json.loads(line)
        sys.stdout.write(json.dumps(_born(live, order)) + "\n")
        sys.stdout.flush()


def _born(live: Callable[[dict[str, Any], Boundaries], tuple[int, Any]], order: dict[str, Any]) -> dict[str, Any]:
    """What became of a child that carries out an order."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(PATIENCE_SECONDS)
        boundaries = Boundaries(order["killed_at"])
        try:
            status, answer = live(order, boundaries)
            told = json.dumps({"status": status, "answer": answer, "crossed": boundaries.crossed})
            with os.fdopen(theirs, "w") as pipe:
                pipe.write(told)
        except BaseException as failure:  # noqa: BLE001, a child never goes on as its parent
            sys.stderr.write(f"{failure!r}\n")
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as pipe:
        told = pipe.read()
    _, how = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(how) and os.WTERMSIG(how) == signal.SIGKILL
    return {"killed": killed} | (json.loads(told) if told else {"status": 0, "answer": None, "crossed": []})


if __name__ == "__main__":
    _serve_orders(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
