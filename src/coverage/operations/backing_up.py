"""Backing up and restoring: the database, the documents and the anchor in one file, which knows what it holds.

The master key is never in it: whoever finds the file can open nothing that is about a person.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final, cast

from sqlalchemy import Engine

from coverage.domain.faults import Conflict, Rejected
from coverage.domain.ids import BLOB_NAME
from coverage.operations.ports import Blobs
from coverage.storage import whole

FORMAT: Final = "sharecover-backup-1"
DUMP, ANCHOR, BLOBS, MANIFEST = "database.dump", "events.anchor", "blobs/", "manifest.json"
CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds: the schema's revision, its guards' fingerprint, the rows of each table, each part's SHA-256."""

    format: str
    began_at: str  # RFC 3339; what was acknowledged before is in it
    revision: str
    guards: str
    rows: dict[str, int]
    parts: dict[str, str]

    @property
    def documents(self) -> int:
        return sum(name.startswith(BLOBS) for name in self.parts)


def make_backup(engine: Engine, dump: Callable[[str, Path], None], blobs: Path, anchor: Path, target: Path) -> Manifest:
    """Writes a backup to `target`, which isn't there yet. The service may go on meanwhile.

    `engine` sees the rows of all tenants; `dump` writes what a snapshot sees to a file. The anchor is taken first and the
    documents last: the log in the dump reaches at least as far as the anchor, and each document that it names is there.
    """
    began = datetime.now(UTC)
    kept_anchor = anchor.read_bytes() if anchor.exists() else b""
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
        dumped, aside = Path(folder) / DUMP, Path(folder) / "archive"
        with engine.connect() as connection:
            snapshot = whole.export_snapshot(connection)
            revision = whole.revision(connection)
            if revision is None:
                raise Conflict("nothing_to_back_up", "the database is empty; there is nothing to back up")
            guards, rows = whole.guards(connection), whole.counts(connection)
            dump(snapshot, dumped)
        parts: dict[str, str] = {}
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(fileobj=file, mode="w|", format=tarfile.PAX_FORMAT) as archive:
                for name, part in _parts(dumped, kept_anchor, blobs):
                    with part as content:
                        parts[name] = _add(archive, name, content)
                manifest = Manifest(FORMAT, began.isoformat(timespec="microseconds"), revision, guards, rows, parts)
                _add(archive, MANIFEST, io.BytesIO(json.dumps(asdict(manifest), indent=1).encode()))
            file.flush()
            os.fsync(file.fileno())
        # Under its name it is whole or not there, and another of that name isn't written over.
        os.link(aside, target)
    return manifest


def _parts(dumped: Path, anchor: bytes, blobs: Path) -> Iterator[tuple[str, IO[bytes]]]:
    yield DUMP, dumped.open("rb")
    yield ANCHOR, io.BytesIO(anchor)
    for path in sorted(blobs.rglob("*")):
        name = path.relative_to(blobs).as_posix()
        # No row names anything else: what begins with a dot is still being written, or somebody left it there.
        if path.is_file() and BLOB_NAME.fullmatch(name):
            yield BLOBS + name, path.open("rb")


def _add(archive: tarfile.TarFile, name: str, content: IO[bytes]) -> str:
    size = content.seek(0, os.SEEK_END)
    content.seek(0)
    part = tarfile.TarInfo(name)
    part.size, part.mode = size, 0o600
    hashing = _Hashing(content)
    archive.addfile(part, cast("IO[bytes]", hashing))
    return hashing.sha256


class _Hashing:
    """Reads on, and knows the hash of all that was read."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content, self._hash = content, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        read = self._content.read(size)
        self._hash.update(read)
        return read

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


# ------------------------------------------------------------------------------------------ the way back


def check_backup(source: Path) -> Manifest:
    """What a backup holds, once every part was found to be what was written; raises `Rejected` ("backup_damaged")."""
    found: dict[str, str] = {}
    told: bytes | None = None
    try:
        with tarfile.open(source, "r:") as archive:
            for part in archive:
                content = archive.extractfile(part)
                if content is None:
                    raise _damaged(f"{part.name} is no file")
                if part.name == MANIFEST:
                    told = content.read(part.size)
                    continue
                if part.name not in (DUMP, ANCHOR) and not _names_document(part.name):
                    raise _damaged(f"{part.name[:80]} is nothing that a backup holds")
                hashing = _Hashing(content)
                while hashing.read(CHUNK):
                    pass
                if part.name in found:
                    raise _damaged(f"{part.name} stands in it twice")
                found[part.name] = hashing.sha256
        manifest = Manifest(**json.loads(told)) if told is not None else None
    except (tarfile.TarError, EOFError, ValueError, TypeError, KeyError) as error:
        raise _damaged("it can't be read to its end") from error
    if manifest is None or manifest.format != FORMAT:
        raise _damaged("its last part is missing, or it is none of ours")
    if found != manifest.parts:
        wrong = sorted(set(found.items()) ^ set(manifest.parts.items()))
        raise _damaged(f"{wrong[0][0]} isn't what was written")
    return manifest


def restore_backup(
    engine: Engine, restore: Callable[[Path, bool], None], blobs: Blobs, anchor: Path, source: Path, manifest: Manifest
) -> None:
    """Reads a backup that was checked into an empty database, and checks what came of it.

    `engine` is the database as who will own it; `restore` reads a dump's rows, or what stands on them. Raises `Conflict`
    ("database_not_empty") before anything is changed, and `Rejected` ("restore_differs") where the copy isn't the same.
    A database that was restored in part is no schema to the service, which refuses it.
    """
    with engine.begin() as connection:
        if found := whole.tables(connection):
            words = f"the database holds {len(found)} tables already, such as {found[0]}; restore into an empty one"
            raise Conflict("database_not_empty", words)
        if anchor.exists():
            raise Conflict(
                "database_not_empty", f"there is an anchor already, {anchor}; restore into an empty data folder"
            )
        whole.make_roles(connection)
    with tempfile.TemporaryDirectory() as folder, tarfile.open(source, "r:") as archive:
        dumped = Path(folder) / DUMP
        for part in archive:
            content = cast("IO[bytes]", archive.extractfile(part))
            if part.name == DUMP:
                with dumped.open("wb") as file:
                    while chunk := content.read(CHUNK):
                        file.write(chunk)
            elif part.name.startswith(BLOBS):
                blobs.put(part.name.removeprefix(BLOBS), content.read())
            elif part.name == ANCHOR and part.size:
                _write(anchor, content.read())
        restore(dumped, True)
        # Counted before the policies stand: afterwards nobody but a superuser sees the rows of all tenants.
        with engine.begin() as connection:
            _compare("rows", manifest.rows, whole.counts(connection))
        restore(dumped, False)
    with engine.begin() as connection:
        _compare("guards", {"guards": manifest.guards}, {"guards": whole.guards(connection)})
        whole.set_revision(connection, manifest.revision)


def _names_document(part: str) -> bool:
    return part.startswith(BLOBS) and BLOB_NAME.fullmatch(part.removeprefix(BLOBS)) is not None


def _compare(what: str, expected: dict[str, int] | dict[str, str], found: dict[str, int] | dict[str, str]) -> None:
    differing = sorted(name for name in {*expected, *found} if expected.get(name) != found.get(name))
    if differing:
        words = f"the {what} of {differing[0]} differ: {found.get(differing[0])}, expected {expected.get(differing[0])}"
        raise Rejected("restore_differs", f"{words}; the database can't be used")


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _damaged(what: str) -> Rejected:
    return Rejected("backup_damaged", f"the backup is damaged: {what}")
