"""A process of its own for what must not be trusted with ours: bytes in, bytes out, nothing else within reach.

What it works on counts as hostile. The child has no secret in its environment, limits on memory and time, no network and no
way to start a program; its death is no news to anyone.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

_SOURCE = Path(__file__).parents[2]

# Far above any answer of a child's; stops one that runs away from filling the parent.
_LARGEST_ANSWER = 64 * 1024 * 1024

# Only what a program needs to run. Keys and database addresses stay outside the child.
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "SYSTEMROOT")

# An audit hook can't be taken off again, so that a hole in a parser still reaches no network and starts no program.
_FORBIDDEN_EVENTS: Final = (
    "socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "urllib.",
)  # fmt: skip

Outfit = Callable[[Path], Mapping[str, str]]  # fills the child's folder and answers what its environment has besides


class Busy(Exception):
    """Others were being worked for so long that this one's turn never came."""


class TimedOut(Exception):
    """The child was ended, since it took too long."""


class OutOfMemory(Exception):
    """The child couldn't do it within its memory."""


class Failed(Exception):
    """The child couldn't do it; the kind of what broke, and none of its words, which may quote what it worked on."""


class Refused(Exception):
    """Inside the child: something was asked for that isn't to be had."""


class _Gone(Exception):
    """The child died before it answered."""


# ------------------------------------------------------------------------------------------ the parent's side


class Confined:
    """The parent's side of a child that runs `module`, one job at a time.

    The child is started by the first job, and replaced when it has done `jobs`, which gives back the memory of what it
    caches. One that someone killed is replaced too, and the job tried once more.
    """

    def __init__(
        self,
        module: str,
        arguments: Sequence[str] = (),
        *,
        seconds: float,
        memory_bytes: int,
        jobs: int = 1_000,
        outfit: Outfit = lambda _: {},
    ) -> None:
        self._module, self._arguments, self._outfit = module, arguments, outfit
        self._seconds, self._memory_bytes, self._jobs = seconds, memory_bytes, jobs
        self._turn = threading.Lock()
        self._child: _Child | None = None

    @property
    def process_id(self) -> int | None:
        """The child's, for those who watch processes; None while there is none."""
        child = self._child
        return child.process.pid if child else None

    def ask(self, job: Sequence[bytes]) -> bytes:
        """What the child makes of the job's parts. Raises `Busy`, `TimedOut`, `OutOfMemory` or `Failed`."""
        if not self._turn.acquire(timeout=self._seconds):
            raise Busy
        try:
            with contextlib.suppress(_Gone):
                return self._ask(job)
            # Killed from outside, most likely. If it is the job that kills, the second time tells.
            try:
                return self._ask(job)
            except _Gone:
                raise Failed("it died twice over it") from None
        finally:
            self._turn.release()

    def close(self) -> None:
        """Ends the child. A later job starts another one."""
        with self._turn:
            self._end_child()

    def _ask(self, job: Sequence[bytes]) -> bytes:
        child = self._child
        if child is None or child.jobs >= self._jobs:
            self._end_child()
            child = self._child = _Child(
                self._module, self._arguments, self._seconds, self._memory_bytes, self._outfit
            )  # fmt: skip
        try:
            problem, answer = child.ask(job)
        except BaseException:
            self._end_child()
            raise
        if problem == MemoryError.__name__:
            self._end_child()
            raise OutOfMemory
        if problem:
            raise Failed(problem)
        return answer

    def _end_child(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()


class _Child:
    """The process, the socket to it and the folder that is its whole disk."""

    def __init__(
        self, module: str, arguments: Sequence[str], seconds: float, memory_bytes: int, outfit: Outfit
    ) -> None:
        self.jobs = 0
        self._seconds = seconds
        scratch = Path(tempfile.mkdtemp(prefix="sharecover-"))
        ours, theirs = socket.socketpair()
        with theirs:
            told = [str(theirs.fileno()), str(memory_bytes), str(seconds), *arguments]
            # A new interpreter, not a fork: no lock, connection or secret of ours goes along. Nor
            # multiprocessing's spawn, which would import the server's own __main__ again.
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", module, *told],
                env=_environment(scratch) | dict(outfit(scratch)),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                cwd=scratch,
            )
        self._pipe = Connection(ours.detach())
        # Also when nobody closes us: at the interpreter's end, or when the last reference goes.
        self.end = weakref.finalize(self, _end, self._pipe, self.process, scratch)

    def ask(self, job: Sequence[bytes]) -> tuple[str, bytes]:
        """What went wrong ("" when nothing did) and the answer. Raises `TimedOut` or `_Gone`."""
        self.jobs += 1
        # Killing the child ends every wait on its socket, whether for reading or for writing.
        until = time.monotonic() + self._seconds
        alarm = threading.Timer(self._seconds, self.process.kill)
        alarm.daemon = True
        alarm.start()
        try:
            self._pipe.send_bytes(str(len(job)).encode())
            for part in job:
                self._pipe.send_bytes(part)
            return self._pipe.recv_bytes(1_000).decode(), self._pipe.recv_bytes(_LARGEST_ANSWER)
        except (EOFError, OSError) as gone:
            if time.monotonic() >= until:
                raise TimedOut from gone
            raise _Gone from gone
        finally:
            alarm.cancel()


def _environment(scratch: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    return kept | {
        "PYTHONPATH": str(_SOURCE),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(scratch),
        "HOME": str(scratch),
    }


def _end(pipe: Connection, process: subprocess.Popen[bytes], scratch: Path) -> None:
    pipe.close()
    process.kill()
    process.wait()
    shutil.rmtree(scratch, ignore_errors=True)


# ------------------------------------------------------------------------------------------ the child's side


def serve(prepare: Callable[..., Callable[[list[bytes]], bytes]]) -> None:
    """The child's whole life. `prepare` gets the arguments and answers what does a job; jobs are done until the other end
    closes. A job that runs out of memory is the last one.
    """
    descriptor, memory, seconds, *arguments = sys.argv[1:]
    # An interrupt at the terminal goes to the whole group; the parent decides when we end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
    # A core file would hold members' names.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    work = prepare(*arguments)
    sys.addaudithook(_refuse_events)
    pipe = Connection(int(descriptor))
    while True:
        try:
            job = [pipe.recv_bytes() for _ in range(int(pipe.recv_bytes()))]
        except EOFError:
            return
        # The parent kills us earlier. This is for the orphan whose parent died first.
        signal.setitimer(signal.ITIMER_REAL, float(seconds) + 1)
        try:
            answer = work(job)
        except Exception as problem:  # noqa: BLE001, whatever it was, the parent wants an answer
            # The kind alone: its text may quote the document.
            pipe.send_bytes(type(problem).__name__.encode())
            pipe.send_bytes(b"")
            if isinstance(problem, MemoryError):
                # At once: an interpreter without memory can't even say goodbye properly.
                os._exit(1)
        else:
            pipe.send_bytes(b"")
            pipe.send_bytes(answer)
        signal.setitimer(signal.ITIMER_REAL, 0)


def _refuse_events(event: str, _arguments: tuple[object, ...]) -> None:
    if event.startswith(_FORBIDDEN_EVENTS):
        raise Refused(event)
