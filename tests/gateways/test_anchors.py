"""Anchors in a file: in order, whole, for their owner alone, whatever was broken off."""

from __future__ import annotations

import hashlib
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from coverage.domain.chain import Anchor, Unreadable
from coverage.domain.faults import Unavailable
from coverage.gateways.anchors import FileAnchors, read_beside
from tests.serving import at_once


def an_anchor(position: int) -> Anchor:
    return Anchor(position, hashlib.sha256(str(position).encode()).digest(), datetime(2026, 11, 21, 9, 30, tzinfo=UTC))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere" / "events.anchor"


@pytest.fixture
def anchors(path: Path) -> FileAnchors:
    return FileAnchors(path)


class TestFileAnchors:
    def test_are_read_as_they_were_written(self, anchors: FileAnchors) -> None:
        assert list(anchors.read()) == []
        for position in (3, 9, 2_000_000_000_000):
            assert anchors.advance(an_anchor(position)) == an_anchor(position)
        assert list(anchors.read()) == [an_anchor(3), an_anchor(9), an_anchor(2_000_000_000_000)]

    def test_are_their_owners_alone(self, anchors: FileAnchors, path: Path) -> None:
        anchors.advance(an_anchor(1))
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_never_go_back(self, anchors: FileAnchors) -> None:
        anchors.advance(an_anchor(9))
        assert anchors.advance(an_anchor(4)) == an_anchor(9)
        other = Anchor(9, bytes(32), an_anchor(9).at)
        assert anchors.advance(other) == an_anchor(9)
        assert list(anchors.read()) == [an_anchor(9)]

    def test_ascend_whoever_writes_at_once(self, path: Path) -> None:
        at_once(8, lambda index: [FileAnchors(path).advance(an_anchor(place)) for place in range(index + 1, 400, 8)])
        found = [anchor.position for anchor in FileAnchors(path).read() if isinstance(anchor, Anchor)]
        assert found == sorted(set(found))
        assert found[-1] == 399

    @pytest.mark.parametrize("left", [1, 5, 40, 80])
    def test_go_on_behind_a_line_that_was_broken_off(self, anchors: FileAnchors, path: Path, left: int) -> None:
        for position in (3, 9):
            anchors.advance(an_anchor(position))
        whole = path.read_bytes()
        second = whole.splitlines(keepends=True)[1]
        path.write_bytes(whole[: len(whole) - len(second) + left])
        assert list(anchors.read()) == [an_anchor(3)], "it was never acknowledged"
        before = path.read_bytes()
        assert anchors.advance(an_anchor(12)) == an_anchor(12)
        assert path.read_bytes().startswith(before), "only ever appended to"
        assert list(anchors.read()) == [an_anchor(3), an_anchor(12)]

    def test_know_the_last_behind_much_that_was_broken_off(self, anchors: FileAnchors, path: Path) -> None:
        anchors.advance(an_anchor(7))
        with path.open("ab") as file:
            file.write(b"8 0123#broken-off\n" * 200)
        assert anchors.advance(an_anchor(5)) == an_anchor(7)
        assert list(anchors.read()) == [an_anchor(7)]

    @pytest.mark.parametrize(
        "line", ["", "9", "nine 00", f"9 {'0' * 63} 2026-11-21T09:30:00Z", f"9 {'0' * 64} 2026-13-21T09:30:00Z"]
    )
    def test_name_a_line_that_is_none(self, anchors: FileAnchors, path: Path, line: str) -> None:
        anchors.advance(an_anchor(3))
        with path.open("a") as file:
            file.write(f"{line}\n")
        anchors.advance(an_anchor(12))
        assert list(anchors.read()) == [an_anchor(3), Unreadable(2), an_anchor(12)]

    def test_have_begun_with_the_first_that_is_whole(self, anchors: FileAnchors, path: Path) -> None:
        assert not anchors.begun()
        path.parent.mkdir()
        path.write_bytes(b"9 0123")
        assert not anchors.begun()
        anchors.advance(an_anchor(9))
        assert anchors.begun()

    def test_of_several_files_are_read_as_one(self, anchors: FileAnchors, path: Path) -> None:
        """In whatever order they are named, a copy of the older among them."""
        aside, copy = path.with_name("aside"), path.with_name("copy")
        for position in (3, 9):
            anchors.advance(an_anchor(position))
        copy.write_bytes(path.read_bytes())
        with path.open("a") as file:
            file.write("nothing\n")
        path.rename(aside)
        anchors.advance(an_anchor(12))
        found = list(read_beside([path, aside, copy]))
        assert found == [an_anchor(3), an_anchor(9), Unreadable(3), an_anchor(12)]
        other = Anchor(9, bytes(32), an_anchor(9).at)
        FileAnchors(path.with_name("other")).advance(other)
        assert list(read_beside([aside, path.with_name("other")]))[1:] == [an_anchor(9), Unreadable(3), other]

    def test_say_so_when_they_cannot_be_kept(self, tmp_path: Path) -> None:
        (tmp_path / "folder").touch()
        with pytest.raises(Unavailable, match="can't be written"):
            FileAnchors(tmp_path / "folder" / "events.anchor").advance(an_anchor(1))
        with pytest.raises(Unavailable, match="can't be read"):
            list(FileAnchors(tmp_path).read())
        with pytest.raises(Unavailable, match="can't be read"):
            FileAnchors(tmp_path).begun()
