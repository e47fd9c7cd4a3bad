"""What a backup is checked for before anything is changed."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import tarfile
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest
from sqlalchemy import create_engine

from coverage.domain.faults import Rejected
from coverage.gateways.blobs import FileBlobs
from coverage.operations.backing_up import (
    ANCHOR,
    DUMP,
    FORMAT,
    KNOWN,
    MANIFEST,
    MANIFEST_BYTES,
    check_backup,
    make_backup,
    restore_backup,
)
from coverage.storage.tenancy import Database

FINGERPRINT = "5e" * 32
CERTIFICATE = f"{KNOWN}{FINGERPRINT}.pem"
PARTS = {DUMP: b"rows", ANCHOR: b"", "blobs/documents/doc_1": b"sealed", CERTIFICATE: b"a certificate"}
MUCH = 64 << 20


def a_backup(folder: Path, holds: dict[str, bytes], revision: str = "0001", **says: Any) -> Path:
    """A file that says of itself truthfully what it holds, but for what `says` says."""
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in holds.items()}
    manifest = {
        "format": FORMAT, "began_at": "2026-11-21T17:12:38.799911Z", "revision": revision, "guards": "0" * 64,
        "rows": {}, "parts": hashes,
    } | says  # fmt: skip
    with tarfile.open(folder / "backup", "w") as archive:
        for name, content in {**holds, MANIFEST: json.dumps(manifest).encode()}.items():
            part = tarfile.TarInfo(name)
            part.size = len(content)
            archive.addfile(part, io.BytesIO(content))
    return folder / "backup"


class TestCheckBackup:
    def test_tells_what_it_holds(self, tmp_path: Path) -> None:
        told = check_backup(a_backup(tmp_path, PARTS))
        assert (told.documents, told.certificates) == (1, 1)

    def test_takes_one_that_was_made_before_certificates_were_kept(self, tmp_path: Path) -> None:
        assert check_backup(a_backup(tmp_path, {DUMP: b"rows", ANCHOR: b""})).certificates == 0

    def test_refuses_a_certificate_that_was_changed(self, tmp_path: Path) -> None:
        hashes = {name: hashlib.sha256(content).hexdigest() for name, content in PARTS.items()}
        harmed = a_backup(tmp_path, PARTS | {CERTIFICATE: b"another's"}, parts=hashes)
        with pytest.raises(Rejected, match=rf"{CERTIFICATE} isn't what was written"):
            check_backup(harmed)

    @pytest.mark.parametrize(
        "name",
        [
            "blobs/../../master_key", "blobs//etc/passwd", "blobs/", "blobs/Notes.txt", "more", "signing/trial.key.pem",
            "signing/known/trial.key.pem", f"signing/known/../{FINGERPRINT}.pem", f"signing/known/{FINGERPRINT}",
        ],
    )  # fmt: skip
    def test_refuses_what_no_backup_holds(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(Rejected, match="nothing that a backup holds") as refused:
            check_backup(a_backup(tmp_path, {DUMP: b"rows", ANCHOR: b"", name: b"harm"}))
        assert refused.value.code == "backup_damaged"

    @pytest.mark.parametrize(
        "says",
        [
            {"parts": ["database.dump"]}, {"parts": None}, {"parts": {DUMP: 7}}, {"rows": {"covers": "many"}},
            {"rows": {"covers\nand more": 1}}, {"guards": None}, {"revision": 8}, {"revision": "1" * 10_000},
            {"began_at": 1}, {"began_at": "lately"}, {"format": {}}, {"format": "x" * MANIFEST_BYTES},
        ],
        ids=lambda says: repr(says)[:40],
    )  # fmt: skip
    def test_tells_in_a_line_that_what_it_says_of_itself_is_damaged(self, tmp_path: Path, says: Any) -> None:
        with pytest.raises(Rejected) as refused:
            check_backup(a_backup(tmp_path, PARTS, **says))
        assert refused.value.code == "backup_damaged"
        assert len(refused.value.detail) < 200
        assert "\n" not in refused.value.detail

    def test_reads_no_more_of_it_than_there_is_to_say(self, tmp_path: Path) -> None:
        file = tmp_path / "backup"
        with tarfile.open(file, "w") as archive:
            part = tarfile.TarInfo(MANIFEST)
            part.size = MUCH
            archive.addfile(part, io.BytesIO(bytes(MUCH)))
        with in_little_memory(), pytest.raises(Rejected, match="more than there is to say"):
            check_backup(file)


@contextmanager
def in_little_memory() -> Iterator[None]:
    """Fails where the block holds more than a small part of `MUCH` at any time."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < MUCH // 4
    finally:
        tracemalloc.stop()


def made_backup(owner: Database, folder: Path) -> Path:
    """A backup of the test's database, with an anchor that is there, and no rows in its dump."""
    target = folder / "sharecover.backup"
    dump = lambda _, path: path.write_bytes(b"rows")  # noqa: E731
    make_backup(owner.engine, dump, folder / "blobs", folder / ANCHOR, folder / "known", target)
    return target


def no_hard_links(*_: object) -> NoReturn:
    raise PermissionError(errno.EPERM, "Operation not permitted")


class TestMakeBackup:
    def test_holds_little_of_a_long_anchor_in_memory(self, owner: Database, tmp_path: Path) -> None:
        with (tmp_path / ANCHOR).open("wb") as anchor:
            anchor.truncate(MUCH)
        with in_little_memory():
            made_backup(owner, tmp_path)
        told = check_backup(tmp_path / "sharecover.backup")
        assert told.parts[ANCHOR] == hashlib.sha256(bytes(MUCH)).hexdigest()

    def test_takes_of_the_anchor_what_stood_there_before_the_dump(self, owner: Database, tmp_path: Path) -> None:
        anchor = tmp_path / ANCHOR
        anchor.write_bytes(b"before")

        def dump(_: str, path: Path) -> None:
            path.write_bytes(b"rows")
            with anchor.open("ab") as file:
                file.write(b" and after")

        target = tmp_path / "sharecover.backup"
        made = make_backup(owner.engine, dump, tmp_path / "blobs", anchor, tmp_path / "known", target)
        assert made.parts[ANCHOR] == hashlib.sha256(b"before").hexdigest()

    def test_takes_certificates_along_and_nothing_else_that_lies_there(self, owner: Database, tmp_path: Path) -> None:
        known = tmp_path / "known"
        known.mkdir()
        for name in (f"{FINGERPRINT}.pem", "trial.key.pem", f".{FINGERPRINT}.pem.0f", "notes"):
            (known / name).write_text(name)
        told = check_backup(made_backup(owner, tmp_path))
        assert [name for name in told.parts if name.startswith("signing/")] == [CERTIFICATE]

    def test_does_without_hard_links(self, owner: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "link", no_hard_links)
        target = made_backup(owner, tmp_path)
        assert check_backup(target).documents == 0
        assert target.stat().st_mode & 0o077 == 0
        before = target.read_bytes()
        with pytest.raises(FileExistsError):
            made_backup(owner, tmp_path)
        assert target.read_bytes() == before, "another was written over"
        assert [path.name for path in tmp_path.iterdir()] == [target.name], "something was left beside it"

    def test_syncs_the_folder_once_the_name_stands_in_it(
        self, owner: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        synced, fsync = [], os.fsync

        def watched(descriptor: int) -> None:
            synced.append(
                (os.path.samestat(os.fstat(descriptor), tmp_path.stat()), (tmp_path / "sharecover.backup").exists())
            )
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", watched)
        made_backup(owner, tmp_path)
        assert (True, True) in synced


class TestRestoreBackup:
    def test_keeps_certificates_that_are_there_already(self, empty_url: str, tmp_path: Path) -> None:
        known, other = tmp_path / "data" / "signing" / "known", "0a" * 32
        known.mkdir(parents=True)
        (known / f"{FINGERPRINT}.pem").write_bytes(b"a certificate")
        file = a_backup(tmp_path, PARTS | {f"{KNOWN}{other}.pem": b"another"})
        manifest, engine = check_backup(file), create_engine(empty_url)
        anchor, blobs = tmp_path / "data" / ANCHOR, FileBlobs(tmp_path / "blobs")
        with pytest.raises(Rejected, match="guards"):
            restore_backup(engine, lambda *_: None, blobs, anchor, known, file, manifest)
        engine.dispose()
        found = {path.name: path.read_bytes() for path in known.iterdir()}
        assert found == {f"{FINGERPRINT}.pem": b"a certificate", f"{other}.pem": b"another"}

    def test_holds_little_of_a_long_anchor_in_memory(self, empty_url: str, tmp_path: Path) -> None:
        file = a_backup(tmp_path, {DUMP: b"rows", ANCHOR: bytes(MUCH)})
        manifest, engine = check_backup(file), create_engine(empty_url)
        anchor, blobs = tmp_path / "data" / ANCHOR, FileBlobs(tmp_path / "blobs")
        # No database has such guards: it is refused at its end.
        with in_little_memory(), pytest.raises(Rejected, match="guards"):
            restore_backup(engine, lambda *_: None, blobs, anchor, tmp_path / "known", file, manifest)
        engine.dispose()
        assert anchor.stat().st_size == MUCH
