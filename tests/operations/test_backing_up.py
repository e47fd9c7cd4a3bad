"""What a backup is checked for before anything is changed."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from coverage.domain.faults import Rejected
from coverage.operations.backing_up import ANCHOR, DUMP, FORMAT, MANIFEST, check_backup


def a_backup(folder: Path, parts: dict[str, bytes], revision: str = "") -> Path:
    """A file that says of itself truthfully what it holds."""
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in parts.items()}
    manifest = {"format": FORMAT, "began_at": "", "revision": revision, "guards": "", "rows": {}, "parts": hashes}
    with tarfile.open(folder / "backup", "w") as archive:
        for name, content in {**parts, MANIFEST: json.dumps(manifest).encode()}.items():
            part = tarfile.TarInfo(name)
            part.size = len(content)
            archive.addfile(part, io.BytesIO(content))
    return folder / "backup"


class TestCheckBackup:
    def test_tells_what_it_holds(self, tmp_path: Path) -> None:
        parts = {DUMP: b"rows", ANCHOR: b"", "blobs/documents/doc_1": b"sealed"}
        assert check_backup(a_backup(tmp_path, parts)).documents == 1

    @pytest.mark.parametrize(
        "name", ["blobs/../../master_key", "blobs//etc/passwd", "blobs/", "blobs/Notes.txt", "more"]
    )
    def test_refuses_what_no_backup_holds(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(Rejected, match="nothing that a backup holds") as refused:
            check_backup(a_backup(tmp_path, {DUMP: b"rows", ANCHOR: b"", name: b"harm"}))
        assert refused.value.code == "backup_damaged"
