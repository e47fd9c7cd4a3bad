"""Anchors as lines of a file: position, hash, time. The file lies outside the database, where its owner can't reach."""

from __future__ import annotations

import fcntl
import heapq
import os
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from coverage.domain.chain import Anchor, Unreadable
from coverage.domain.faults import Unavailable

_LINE: Final = re.compile(rb"([1-9][0-9]{0,18}) ([0-9a-f]{64}) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)")
# Put behind a line that was broken off, as when power failed. Nothing is ever taken away, so that the file may be one to
# which the system lets nobody do more than append.
_BROKEN_OFF: Final = b"#broken-off\n"
_LONGEST: Final = 256  # bytes that hold the last line and the end of the one before


class FileAnchors:
    """Anchors in a file, which is made when the first comes, readable by its owner alone. Many processes may share it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def begun(self) -> bool:
        try:
            descriptor = os.open(self._path, os.O_RDONLY)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self._unreadable(error) from error
        try:
            return _last(descriptor) is not None
        except OSError as error:
            raise self._unreadable(error) from error
        finally:
            os.close(descriptor)

    def advance(self, anchor: Anchor) -> Anchor:
        try:
            fresh = not self._path.exists()
            if fresh:
                self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                last = _last(descriptor)
                if last is None or last.position < anchor.position:
                    _append(descriptor, anchor)
                    last = anchor
                if fresh:
                    _sync(self._path.parent)
                return last
            finally:
                os.close(descriptor)
        except OSError as error:
            words = f"the anchor {self._path} can't be written ({error.strerror})"
            raise Unavailable("anchor_unavailable", words) from error

    def read(self) -> Iterator[Anchor | Unreadable]:
        """What the file holds now, line by line; nothing where there is none. Raises `Unavailable`.

        A last line that isn't whole was never acknowledged, and is passed over.
        """
        try:
            with self._path.open("rb") as file:
                left = os.fstat(file.fileno()).st_size
                for number, line in enumerate(file, start=1):
                    left -= len(line)
                    if left < 0 or not line.endswith(b"\n"):
                        return
                    if not line.endswith(_BROKEN_OFF):
                        yield _parsed(line[:-1]) or Unreadable(number)
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: OSError) -> Unavailable:
        return Unavailable("anchor_unavailable", f"the anchor {self._path} can't be read ({error.strerror})")


def read_beside(paths: Iterable[Path]) -> Iterator[Anchor | Unreadable]:
    """What several files hold, as one: an anchor that was put aside and the one begun after it, or copies that overlap.

    Where two files say the same of a position it is told once. Raises `Unavailable`.
    """
    before = None
    for _, anchor in heapq.merge(*(_placed(FileAnchors(path).read()) for path in paths), key=lambda one: one[0]):
        said = (anchor.position, anchor.hash) if isinstance(anchor, Anchor) else None
        if said is None or said != before:
            yield anchor
        before = said or before


def _placed(anchors: Iterable[Anchor | Unreadable]) -> Iterator[tuple[int, Anchor | Unreadable]]:
    """Each with its position; a line that is none stands where the one before it does."""
    position = 0
    for anchor in anchors:
        position = anchor.position if isinstance(anchor, Anchor) else position
        yield position, anchor


def _last(descriptor: int) -> Anchor | None:
    """The last anchor that is whole. Looks further back only where lines were broken off."""
    end, reach = os.fstat(descriptor).st_size, _LONGEST
    while True:
        start = max(end - reach, 0)
        # The first of these may begin in the middle of a line; only the file's first can't.
        lines = os.pread(descriptor, end - start, start).split(b"\n")[:-1][0 if start == 0 else 1 :]
        whole = next((found for line in reversed(lines) if (found := _parsed(line))), None)
        if whole is not None or start == 0:
            return whole
        reach *= 2


def _append(descriptor: int, anchor: Anchor) -> None:
    line = f"{anchor.position} {anchor.hash.hex()} {anchor.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}\n".encode()
    end = os.fstat(descriptor).st_size
    if end and os.pread(descriptor, 1, end - 1) != b"\n":
        line = _BROKEN_OFF + line
    while line:
        line = line[os.write(descriptor, line) :]
    os.fsync(descriptor)


def _parsed(line: bytes) -> Anchor | None:
    found = _LINE.fullmatch(line)
    if found is None:
        return None
    try:
        at = datetime.strptime(found[3].decode(), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return Anchor(int(found[1]), bytes.fromhex(found[2].decode()), at)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
