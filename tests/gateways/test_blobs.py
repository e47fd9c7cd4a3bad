"""Blobs as files: whole or not there, and never outside their folder."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from coverage.domain.faults import Unavailable
from coverage.gateways.blobs import FileBlobs


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path / "blobs")


class TestFileBlobs:
    @pytest.mark.parametrize("content", [b"", b"%PDF-1.7", os.urandom(1_000_000)], ids=["empty", "small", "large"])
    def test_give_back_what_was_put(self, blobs: FileBlobs, content: bytes) -> None:
        blobs.put("documents/doc_1", content)
        assert blobs.get("documents/doc_1") == content

    def test_leave_nothing_aside(self, blobs: FileBlobs, tmp_path: Path) -> None:
        blobs.put("documents/doc_1", b"one")
        assert [path.name for path in (tmp_path / "blobs" / "documents").iterdir()] == ["doc_1"]

    def test_are_on_disk_before_they_count_as_kept(
        self, blobs: FileBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        synced: list[str] = []
        real = os.fsync

        def fsync(descriptor: int) -> None:
            status = os.fstat(descriptor)
            known = {path.stat().st_ino: path for path in [tmp_path, *tmp_path.rglob("*")]}
            synced.append(known[status.st_ino].name if known[status.st_ino].is_dir() else "the bytes")
            real(descriptor)

        monkeypatch.setattr(os, "fsync", fsync)
        blobs.put("documents/doc_1", b"one")
        # The names of the new folders, each in the one above; the bytes; their name.
        assert synced == [tmp_path.name, "blobs", "the bytes", "documents"]

    def test_are_never_seen_half_written(self, blobs: FileBlobs) -> None:
        contents, stop = [bytes([number]) * 3_000_000 for number in range(2)], threading.Event()
        blobs.put("documents/doc_1", contents[0])

        def write() -> None:
            for _ in range(10):
                for content in contents:
                    blobs.put("documents/doc_1", content)
            stop.set()

        with ThreadPoolExecutor(1) as threads:
            writing = threads.submit(write)
            while not stop.is_set() and not writing.done():
                assert blobs.get("documents/doc_1") in contents
            writing.result()

    def test_may_be_put_by_many_at_once(self, blobs: FileBlobs) -> None:
        with ThreadPoolExecutor(8) as threads:
            list(threads.map(lambda number: blobs.put(f"documents/doc_{number}", b"%d" % number), range(50)))
        assert [blobs.get(f"documents/doc_{number}") for number in range(50)] == [b"%d" % n for n in range(50)]

    @pytest.mark.parametrize(
        "name", ["", "/etc/passwd", "../master.key", "documents/../../master.key", "documents//doc", "documents/",
                 "Documents/doc", "documents/doc\n", "documents/.doc", "documents\\doc", "documents/dóc", "a\0b"],
    )  # fmt: skip
    def test_refuse_what_is_no_name(self, blobs: FileBlobs, name: str) -> None:
        with pytest.raises(ValueError, match="no name for a blob"):
            blobs.put(name, b"")
        with pytest.raises(ValueError, match="no name for a blob"):
            blobs.get(name)

    def test_say_when_one_is_not_there(self, blobs: FileBlobs) -> None:
        with pytest.raises(Unavailable) as missing:
            blobs.get("documents/doc_1")
        assert missing.value.code == "blobs_unavailable"

    def test_say_when_the_folder_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "blobs").write_text("a file stands in the way")
        with pytest.raises(Unavailable) as refused:
            FileBlobs(tmp_path / "blobs").put("documents/doc_1", b"one")
        assert refused.value.code == "blobs_unavailable"

    def test_leave_nothing_behind_when_the_disk_is_full(
        self, blobs: FileBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        blobs.put("documents/doc_1", b"one")

        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(Unavailable):
            blobs.put("documents/doc_2", b"two")
        assert [path.name for path in (tmp_path / "blobs" / "documents").iterdir()] == ["doc_1"]
