"""Commands in children of a process that has the program loaded: what a start costs is its imports, a second of processor time.

A child has its own arguments, environment and streams, and ends as a program does. It begins with neither a connection
nor a thread: the process that bears it opens nothing. What tests of starting and ending are about is started from nothing,
by `tests.processes.starting`.
"""

from __future__ import annotations

import atexit
import gc
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]


class Preloaded:
    """The process as tests have it. Any number of commands may run in it at once."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        command = [sys.executable, "-m", "tests.preloaded"]
        # It ends when its input does, so with us however we end.
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, env=dict(environment), text=True)
        self._turn = threading.Lock()

    def run(
        self, arguments: Sequence[str], environment: Mapping[str, str], seconds: int
    ) -> subprocess.CompletedProcess[str]:
        """`coverage ARGUMENTS…`, run to its end; killed after so many seconds."""
        with tempfile.TemporaryDirectory(prefix="sharecover-run-") as name:
            folder = Path(name)
            os.mkfifo(folder / "status")
            order = {
                "arguments": list(arguments), "environment": dict(environment), "folder": name, "seconds": seconds,
                "stands_in": str(Path.cwd()),
            }  # fmt: skip
            with self._turn:
                assert self._process.poll() is None, "what commands are loaded in has died"
                assert self._process.stdin is not None
                self._process.stdin.write(json.dumps(order) + "\n")
                self._process.stdin.flush()
            status = int((folder / "status").read_text())  # waits until it is written
            if status == -signal.SIGALRM:
                raise subprocess.TimeoutExpired(["coverage", *arguments], seconds)
            out, err = ((folder / stream).read_text() for stream in ("stdout", "stderr"))
            return subprocess.CompletedProcess(["coverage", *arguments], status, out, err)

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


@cache
def preloaded() -> Preloaded:
    """This process's own, from the first command on."""
    found = Preloaded({name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL", "HOME") if name in os.environ})
    atexit.register(found.close)
    return found


# ------------------------------------------------------------------------------------------ inside of the process


def _bear() -> None:
    """Bears a child for each order; returns in the children alone, each of which is to run its command."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # those who look after a command are nobody's to wait for
    for line in sys.stdin:
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            order = json.loads(line)
            command = os.fork()
            if command == 0:
                return _become(order)
            _, how = os.waitpid(command, 0)
            Path(order["folder"], "status").write_text(str(os.waitstatus_to_exitcode(how)))
            os._exit(0)
    os._exit(0)


def _become(order: dict[str, object]) -> None:
    """Makes this process what a shell would have started."""
    folder = Path(str(order["folder"]))
    for descriptor, path, how in (
        (0, Path(os.devnull), os.O_RDONLY),
        (1, folder / "stdout", os.O_WRONLY | os.O_CREAT),
        (2, folder / "stderr", os.O_WRONLY | os.O_CREAT),
    ):
        opened = os.open(path, how, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    sys.stdin, sys.stdout, sys.stderr = (
        io.TextIOWrapper(io.FileIO(0), "utf-8"),
        io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w")), "utf-8"),
        io.TextIOWrapper(io.BufferedWriter(io.FileIO(2, "w")), "utf-8", "backslashreplace", line_buffering=True),
    )
    os.environ.clear()
    os.environ.update(order["environment"])  # type: ignore[call-overload]
    os.chdir(str(order["stands_in"]))
    sys.argv[1:] = order["arguments"]  # type: ignore[call-overload]
    signal.alarm(order["seconds"])  # type: ignore[arg-type]


def _run() -> None:
    import coverage.__main__ as program
    import coverage.assembly  # noqa: F401, what the commands are wired by

    gc.collect()
    gc.freeze()  # or each child would copy what it never changes
    _bear()
    # As `python -m coverage` is called, whose name stands in the help.
    sys.modules["__main__"] = program
    sys.argv[0] = str(program.__file__)
    program.main()


if __name__ == "__main__":
    _run()
