"""A Redis of the tests' own, on a socket in a folder of its own, which may be away for a while."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError

from tests.processes import wait_for

# It ends when our end of its input closes, however we end.
BESIDE = 'redis-server "$@" & read -r _; kill $!; wait'


@dataclass
class SharedCounts:
    """A Redis that runs, until it is stopped."""

    folder: Path
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.folder}/socket"

    @property
    def _options(self) -> list[str]:
        place = ["--port", "0", "--unixsocket", f"{self.folder}/socket", "--dir", str(self.folder)]
        return [*place, "--save", "", "--appendonly", "no"]

    def start(self) -> None:
        """Starts it with nothing in it, and waits until it answers."""
        assert shutil.which("redis-server"), "Redis is missing: apt-get install redis-server, or brew install redis"
        with (self.folder / "log").open("ab") as log:
            process = self._process = subprocess.Popen(
                ["/bin/sh", "-c", BESIDE, "sh", *self._options], stdin=subprocess.PIPE, stdout=log, stderr=log, cwd="/",
                start_new_session=True,
            )  # fmt: skip

        def answers() -> bool:
            assert process.poll() is None, (self.folder / "log").read_text()
            with Redis(unix_socket_path=str(self.folder / "socket"), socket_timeout=5) as client:
                try:
                    return bool(client.ping())
                except RedisError:
                    return False

        wait_for("Redis", answers, 20)

    def stop(self) -> None:
        """Ends it, and all that it counted."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait(20)
            self._process = None


@contextmanager
def shared_counts() -> Iterator[SharedCounts]:
    """Runs a Redis until the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="sharecover-redis-"))
    counts = SharedCounts(folder)
    try:
        counts.start()
        yield counts
    finally:
        counts.stop()
        shutil.rmtree(folder)
