"""Bytes by name, as files in a folder."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from coverage.domain.faults import Unavailable

_NAME = re.compile(r"[a-z0-9_]+(/[a-z0-9_]+)*")


class FileBlobs:
    """Blobs under a folder. A blob is whole or not there: it is written aside, synced, then given its name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, content: bytes) -> None:
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            with aside.open("wb") as handle:
                handle.write(content)
                handle.flush()
                os.fsync(handle.fileno())
            aside.replace(path)
            folder = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)  # the name itself must survive a power cut too
            finally:
                os.close(folder)
        except OSError as error:
            aside.unlink(missing_ok=True)
            raise Unavailable("blobs_unavailable", "documents can't be kept now; try again shortly") from error

    def get(self, name: str) -> bytes:
        try:
            return self._path(name).read_bytes()
        except OSError as error:
            raise Unavailable("blobs_unavailable", "a document that was kept can't be read now") from error

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError(f"no name for a blob: {name!r}")
        return self._folder / name
