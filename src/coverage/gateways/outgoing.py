"""Files that go out to others: each whole under its name, or not there."""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from coverage.domain.faults import Unavailable

NAME: Final = re.compile(r"[a-z0-9_]+(/[a-z0-9_]+)*\.(csv|xlsx|parquet)")


class FolderOutgoing:
    """Files under a folder that only its owner reads: they hold what is sealed everywhere else."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, content: bytes) -> None:
        """Lays a file there; the same name again is the same file. Safe on disk when it returns; raises `Unavailable`."""
        if not NAME.fullmatch(name):
            raise ValueError(f"no name for a file that goes out: {name!r}")
        path = self._folder / name
        aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            self._make(path.parent)
            descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as handle:
                handle.write(content)
                handle.flush()
                os.fsync(handle.fileno())
            aside.replace(path)
            _sync(path.parent)
        except OSError as error:
            with suppress(OSError):
                aside.unlink(missing_ok=True)
            raise Unavailable("outgoing_unavailable", "files can't be laid out for others now") from error

    def _make(self, folder: Path) -> None:
        """The folder and those above it, each only its owner's, and its name on disk before anything is put in."""
        if folder.is_dir():
            return
        self._make(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        _sync(folder.parent)


def _sync(folder: Path) -> None:
    """A name stands in its folder: it survives a power cut once that is on disk too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
