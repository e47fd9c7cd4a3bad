"""Backing up and restoring: the database, the documents, the anchor and the certificates that documents were signed with in
one file, which knows what it holds.

No key is ever in it, neither the master key nor one that signs: whoever finds the file can open nothing that is about a
person, and sign nothing as us.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import IO, Annotated, Final, cast

from pydantic import AwareDatetime, Field, TypeAdapter
from sqlalchemy import Engine

from coverage.domain.faults import Conflict, Rejected
from coverage.domain.ids import BLOB_NAME
from coverage.operations.ports import Blobs
from coverage.storage import whole

FORMAT: Final = "sharecover-backup-1"
DUMP, ANCHOR, BLOBS, MANIFEST = "database.dump", "events.anchor", "blobs/", "manifest.json"
KNOWN: Final = "signing/known/"
# A certificate under its fingerprint. Nothing else of the folder is taken along: a key may lie beside it.
CERTIFICATE_NAME: Final = re.compile(r"[0-9a-f]{64}\.pem")
CHUNK: Final = 1 << 20
# What a manifest may take: so much, and for each part a line with its name.
MANIFEST_BYTES: Final = 1 << 17
LINE_BYTES: Final = 100
# What a file system says that knows no hard links, or no syncing of a folder.
UNABLE: Final = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL, errno.EMLINK)

Table = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,63}$")]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds: the schema's revision, its guards' fingerprint, the rows of each table, each part's SHA-256."""

    format: str
    began_at: AwareDatetime  # what was acknowledged before is in it
    revision: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,32}$")]
    guards: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    rows: dict[Table, int]
    parts: dict[str, str]

    @property
    def documents(self) -> int:
        return sum(name.startswith(BLOBS) for name in self.parts)

    @property
    def certificates(self) -> int:
        return sum(name.startswith(KNOWN) for name in self.parts)


_AS_JSON: Final = TypeAdapter(Manifest)


def make_backup(
    engine: Engine, dump: Callable[[str, Path], None], blobs: Path, anchor: Path, known: Path, target: Path
) -> Manifest:
    """Writes a backup to `target`, which isn't there yet. The service may go on meanwhile.

    `engine` sees the rows of all tenants; `dump` writes what a snapshot sees to a file; `known` is the folder of certificates
    that were signed with. The anchor is taken first, then the documents, then those: the log in the dump reaches at least as
    far as the anchor, each document that it names is there, and what it was signed with.
    """
    began = datetime.now(UTC)
    with ExitStack() as closed_at_the_end:
        kept_anchor, anchored = None, 0
        if anchor.exists():
            kept_anchor = closed_at_the_end.enter_context(anchor.open("rb"))
            anchored = os.fstat(kept_anchor.fileno()).st_size  # it is only appended to: so far it stays as it is
        folder = Path(
            closed_at_the_end.enter_context(tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}."))
        )
        dumped, aside = folder / DUMP, folder / "archive"
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
                with dumped.open("rb") as content:
                    parts[DUMP] = _add(archive, DUMP, content, dumped.stat().st_size)
                parts[ANCHOR] = _add(archive, ANCHOR, kept_anchor or io.BytesIO(), anchored)
                for name, path in chain(_documents(blobs), _certificates(known)):
                    with path.open("rb") as content:
                        parts[name] = _add(archive, name, content, os.fstat(content.fileno()).st_size)
                manifest = Manifest(FORMAT, began, revision, guards, rows, parts)
                told = _AS_JSON.dump_json(manifest, indent=1)
                _add(archive, MANIFEST, io.BytesIO(told), len(told))
            file.flush()
            os.fsync(file.fileno())
        _give_name(aside, target)
    return manifest


def _documents(blobs: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(blobs.rglob("*")):
        name = path.relative_to(blobs).as_posix()
        # No row names anything else: what begins with a dot is still being written, or somebody left it there.
        if path.is_file() and BLOB_NAME.fullmatch(name):
            yield BLOBS + name, path


def _certificates(known: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(known.glob("*.pem")):
        if path.is_file() and CERTIFICATE_NAME.fullmatch(path.name):
            yield KNOWN + path.name, path


def _give_name(aside: Path, target: Path) -> None:
    """Under its name a backup is whole or not there, and another of that name isn't written over."""
    try:
        os.link(aside, target)
    except OSError as error:
        if error.errno not in UNABLE:
            raise
        # No hard links here. The name is taken first, which fails where it is somebody's already.
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            aside.replace(target)
        except BaseException:
            target.unlink()
            raise
    _sync(target.parent)


def _add(archive: tarfile.TarFile, name: str, content: IO[bytes], size: int) -> str:
    """Adds the first `size` bytes of `content`, and answers their SHA-256."""
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
                    raise _damaged(f"{_short(part.name)} is no file")
                if part.name == MANIFEST:
                    if told is not None or part.size > MANIFEST_BYTES + sum(len(name) + LINE_BYTES for name in found):
                        raise _damaged("what it says of itself is more than there is to say")
                    told = content.read(part.size)
                    continue
                if part.name not in (DUMP, ANCHOR) and not (
                    _names_document(part.name) or _names_certificate(part.name)
                ):
                    raise _damaged(f"{_short(part.name)} is nothing that a backup holds")
                hashing = _Hashing(content)
                while hashing.read(CHUNK):
                    pass
                if part.name in found:
                    raise _damaged(f"{part.name} stands in it twice")
                found[part.name] = hashing.sha256
    except (tarfile.TarError, EOFError, ValueError, TypeError, KeyError, OverflowError) as error:
        raise _damaged("it can't be read to its end") from error
    if told is None:
        raise _damaged("its last part is missing, or it is none of ours")
    try:
        # Its types too: what is no text, or no date, isn't to be found out half-way through a restore.
        manifest = _AS_JSON.validate_json(told, strict=True)
    except ValueError as error:
        raise _damaged("what it says of itself can't be read") from error
    if manifest.format != FORMAT:
        raise _damaged("it is none of ours, or newer than this")
    if found != manifest.parts:
        wrong = sorted(set(found.items()) ^ set(manifest.parts.items()))
        raise _damaged(f"{_short(wrong[0][0])} isn't what was written")
    return manifest


def restore_backup(
    engine: Engine,
    restore: Callable[[Path, bool], None],
    blobs: Blobs,
    anchor: Path,
    known: Path,
    source: Path,
    manifest: Manifest,
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
                    shutil.copyfileobj(content, file, CHUNK)
            elif part.name.startswith(BLOBS):
                blobs.put(part.name.removeprefix(BLOBS), content.read())
            elif part.name == ANCHOR and part.size:
                _write(anchor, content)
            elif part.name.startswith(KNOWN):
                _know_again(known / part.name.removeprefix(KNOWN), content)
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


def _names_certificate(part: str) -> bool:
    return part.startswith(KNOWN) and CERTIFICATE_NAME.fullmatch(part.removeprefix(KNOWN)) is not None


def _know_again(path: Path, content: IO[bytes]) -> None:
    """Its name says which certificate it is: one that is there already, as where the service was tried before, is the same."""
    if not path.exists():
        _write(path, content)


def _compare(what: str, expected: dict[str, int] | dict[str, str], found: dict[str, int] | dict[str, str]) -> None:
    differing = sorted(name for name in {*expected, *found} if expected.get(name) != found.get(name))
    if differing:
        words = f"the {what} of {differing[0]} differ: {found.get(differing[0])}, expected {expected.get(differing[0])}"
        raise Rejected("restore_differs", f"{words}; the database can't be used")


def _write(path: Path, content: IO[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        shutil.copyfileobj(content, file, CHUNK)
        file.flush()
        os.fsync(file.fileno())
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """Makes a new name in a folder outlive a power cut, where the file system can."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in UNABLE:
            raise
    finally:
        os.close(descriptor)


def _short(name: str) -> str:
    """A name from a file that may hold anything, for a line of words."""
    return name[:100] if name.isprintable() else ascii(name[:100])


def _damaged(what: str) -> Rejected:
    return Rejected("backup_damaged", f"the backup is damaged: {what}")
