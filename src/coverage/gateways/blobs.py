"""Bytes by name, as files in a folder."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from coverage.domain.faults import Unavailable
from coverage.domain.ids import BLOB_NAME


class FileBlobs:
    """Blobs under a folder. A blob is whole or not there: it is written aside, synced, then given its name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, content: bytes) -> None:
        path = self._path(name)
        aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            self._make(path.parent)
            with aside.open("wb") as handle:
                handle.write(content)
                handle.flush()
                os.fsync(handle.fileno())
            aside.replace(path)
            _sync(path.parent)
        except OSError as error:
            with suppress(OSError):
                aside.unlink(missing_ok=True)
            raise Unavailable("blobs_unavailable", "documents can't be kept now; try again shortly") from error

    def get(self, name: str) -> bytes:
        try:
            return self._path(name).read_bytes()
        except OSError as error:
            raise Unavailable("blobs_unavailable", "a document that was kept can't be read now") from error

    def _make(self, folder: Path) -> None:
        """The folder and those above it, each of whose names is on disk before anything is put in."""
        if folder.is_dir():
            return
        self._make(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync(folder.parent)

    def _path(self, name: str) -> Path:
        if not BLOB_NAME.fullmatch(name):
            raise ValueError(f"no name for a blob: {name!r}")
        return self._folder / name


def _sync(folder: Path) -> None:
    """A name stands in its folder: it survives a power cut once that is on disk too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
