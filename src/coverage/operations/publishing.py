"""Publishing: the rule files as they stand go on sale, and what is changed in them while the service runs.

What changed is read, checked, compiled and tried aside; then one reference is swapped. Whoever took the library before
works with the old one to the end. A broken file leaves on sale what it said before.
"""

from __future__ import annotations

import gc
import logging
import math
import os
import stat
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from watchfiles import watch

from coverage.domain.faults import Unavailable
from coverage.rulebook.authoring.examples import Tried, try_all
from coverage.rulebook.editions import Library, load, revive
from coverage.rulebook.language.reading import Document, Finding, Place, Unreadable
from coverage.rulebook.loaded import LoadedEdition
from coverage.storage import quotes
from coverage.storage.quotes import EditionKept
from coverage.storage.tenancy import Database

log = logging.getLogger("coverage.publishing")

# The system tells of most changes at once. It is silent where the folder itself is replaced, as by a link that is set
# anew, and where it lies on another machine: for these we look ourselves.
POLL_SECONDS: Final = 2.0
# A folder that changed is read once nothing in it has changed for so long: many files are copied one after another.
REST_SECONDS: Final = 0.3
# What couldn't be told yet is asked again then: the database was away, or another process, some seconds behind us, was
# still pricing by a text that we had taken off sale.
AGAIN_SECONDS: Final = 10.0
STOP_SECONDS: Final = 1.0
READINGS: Final = 3
MOST_FAILURES: Final = 5  # worked prices of one edition that are told one by one


class Publisher:
    """What is on sale from a folder of rules. Each process has its own, on the same database."""

    def __init__(self, database: Database, folder: Path) -> None:
        """Reads the folder for the first time; raises `Unavailable` where the database doesn't answer."""
        self._database, self._folder = database, folder
        self._library = Library((), ())
        self._seen: _Look | None = None  # the folder as it was when it was last read
        self._again_at = math.inf  # on the monotonic clock
        self._turn = threading.Lock()
        self._library, _ = self._read()

    def current(self) -> Library:
        """What is on sale now. Whoever needs two things that agree takes it once: the next call may answer another."""
        return self._library

    def refresh(self) -> None:
        """Puts on sale what the files say now. Raises nothing: whatever goes wrong, the old goes on and it is told."""
        with self._turn:
            before, stayed = self._library, frozenset[str]()
            self._again_at = math.inf
            try:
                with _no_garbage_collected():
                    after, stayed = self._read()
            except Unavailable as fault:
                log.warning("changed rules wait: %s", fault.detail)
                self._again_at = time.monotonic() + AGAIN_SECONDS
                return
            except Exception as failure:
                # A mistake of ours mustn't end what is on sale, nor the watch over the files.
                log.exception("reading the rules broke")
                words = f"reading the rules broke ({type(failure).__name__}); expected to be told to those who run this"
                broke = Finding(Place(str(self._folder), 1, 1), words, "internal")
                after = replace(before, findings=tuple(sorted({*before.findings, broke})))
            if (after.editions, after.findings) != (before.editions, before.findings):
                self._again_at = time.monotonic() + AGAIN_SECONDS
            self._library = after
            _tell(before, after, stayed)

    @contextmanager
    def following(self) -> Iterator[None]:
        """Follows the folder, in a thread of its own, until the block ends."""
        ended = threading.Event()
        follower = threading.Thread(target=self._follow, args=(ended,), name="rules-follower", daemon=True)
        follower.start()
        try:
            yield
        finally:
            ended.set()
            # It may be reading a large folder. Nobody needs that any more, and it ends with the process.
            follower.join(STOP_SECONDS)

    # ------------------------------------------------------------------------------------------ following

    def _follow(self, ended: threading.Event) -> None:
        while not ended.is_set():
            try:
                self._catch_up(ended)
                # Wakes up when it is told of a change, or else to look.
                for _ in watch(
                    self._folder, watch_filter=None, stop_event=ended, step=100, rust_timeout=int(POLL_SECONDS * 1000),
                    yield_on_timeout=True, raise_interrupt=False, ignore_permission_denied=True,
                ):  # fmt: skip
                    self._catch_up(ended)
            except Exception as failure:  # noqa: BLE001, whatever keeps it from watching, it goes on looking
                log.debug("the rules can't be watched (%s)", failure)
                ended.wait(POLL_SECONDS)

    def _catch_up(self, ended: threading.Event) -> None:
        """Reads the folder if it isn't what it was, once it is at rest."""
        look = _look(self._folder)
        if look == self._seen and time.monotonic() < self._again_at:
            return
        while not ended.wait(REST_SECONDS):
            before, look = look, _look(self._folder)
            if look == before:
                self.refresh()
                return

    # ------------------------------------------------------------------------------------------ reading

    def _read(self) -> tuple[Library, frozenset[str]]:
        """What is to be on sale, and which editions stay so as they were because their files are broken."""
        for _ in range(READINGS):
            look = self._seen = _look(self._folder)
            try:
                fresh = load(self._folder)
            except OSError as error:
                words = f"the rules can't be read ({error.strerror}); expected a folder that may be"
                fresh = Library((), (Finding(Place(str(self._folder), 1, 1), words, "io"),))
            # Files of two states must never make a library together.
            if look == _look(self._folder):
                return self._on_sale(fresh, look)
        return self._library, frozenset()  # as it isn't what was seen last, it is read when it comes to rest

    def _on_sale(self, fresh: Library, look: _Look) -> tuple[Library, frozenset[str]]:
        before = {edition.identity: edition for edition in self._library.editions}
        with self._database.outside() as session:
            kept = {
                edition.identity: quotes.edition_named(session, edition.product, edition.country, edition.name)
                for edition in (*fresh.editions, *self._library.editions)
            }
        # Names that begin with a dot are nobody's rules: editors' own files, and where Kubernetes keeps its versions.
        told = [finding for finding in fresh.findings if not self._is_hidden(finding.place.file)]
        findings = {*told, *self._closed(look, told)}
        broken = {finding.place.file for finding in findings if not finding.warning}
        sold: dict[str, LoadedEdition] = {}
        for edition in fresh.editions:
            fit, faults = _judged(edition, kept[edition.identity], before.get(edition.identity))
            findings.update(faults)
            files = {f"{self._folder}/taxes/{country}.yaml" for country in _taxed_by(edition)} | {edition.document.file}
            if fit is not None and (_prices_nothing(edition) or not files & broken):
                sold[edition.identity] = fit
        stayed = {
            identity: edition
            for identity, edition in before.items()
            if identity not in sold and look.may_hold(edition) and not _superseded(edition, kept[identity])
        }
        editions = sorted((sold | stayed).values(), key=lambda edition: edition.identity)
        return replace(fresh, editions=tuple(editions), findings=tuple(sorted(findings))), frozenset(stayed)

    def _is_hidden(self, file: str) -> bool:
        return any(part.startswith(".") for part in file.removeprefix(str(self._folder)).split("/"))

    def _closed(self, look: _Look, told: list[Finding]) -> Iterator[Finding]:
        """A folder that can't be listed looks empty to whoever reads it."""
        named = {finding.place.file for finding in told}
        for path, reason in look.closed.items():
            file = f"{self._folder}/{path}".rstrip("/")
            if file not in named:
                yield Finding(Place(file, 1, 1), f"can't be read ({reason}); expected a folder that may be", "io")


@contextmanager
def _no_garbage_collected() -> Iterator[None]:
    """While a library is made, a collection would look through all of it, again and again, and requests would wait."""
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.enable()


# ------------------------------------------------------------------------------------------ what may be sold


def _judged(
    edition: LoadedEdition, kept: EditionKept | None, before: LoadedEdition | None
) -> tuple[LoadedEdition | None, list[Finding]]:
    """The edition as it may be sold, if it may, and what is wrong with it. `before` is what was sold under its name."""
    frozen: list[Finding] = []
    if kept is not None and kept.hash != edition.hash:
        as_kept = _as_kept(edition, kept)
        frozen = [] if as_kept else [_frozen(edition, kept)]
        edition = as_kept or edition
    if _prices_nothing(edition):
        # So whatever else is wrong does no harm, while to go on selling what somebody has withdrawn would.
        return edition, frozen
    if frozen:
        return None, frozen
    if edition == before:
        return before, []  # the same, and compiled already
    failed = [tried for tried in try_all(edition) if not tried.passed]
    return (None, list(_failures(edition, failed))) if failed else (edition, [])


def _taxed_by(edition: LoadedEdition) -> set[str]:
    """The countries whose taxes an edition meets. A class of another country's is named as in "DE:household"."""
    met = (*edition.plan.tax_classes, *(kind for _, kind in edition.plan.surcharges))
    return {edition.country, *(name.partition(":")[0] for name in met if ":" in name)}


def _prices_nothing(edition: LoadedEdition) -> bool:
    return edition.rules.withdrawn is not None or edition.rules.sale == "stopped"


def _superseded(edition: LoadedEdition, kept: EditionKept | None) -> bool:
    """Whether another text priced under the edition's name, by another process, before this one did: it can't, now."""
    return kept is not None and kept.hash != edition.hash and not _prices_nothing(edition)


def _as_kept(edition: LoadedEdition, kept: EditionKept) -> LoadedEdition | None:
    """The edition with the text that its first price was kept with, unless it says something else than that."""
    try:
        priced = revive(kept.text, edition.document.file)
    except Unreadable:
        return None
    same = _frozen_text(priced.document) == _frozen_text(edition.document) and priced.files == edition.files
    return replace(edition, document=priced.document) if same else None


def _frozen(edition: LoadedEdition, kept: EditionKept) -> Finding:
    what = "this text with its tables' files" if edition.files else "this text"
    message = (
        f"{what} ({edition.hash[:12]}) isn't the one that priced quotes under this name ({kept.hash[:12]}); "
        "expected the text unchanged but for `withdrawn` and `sale`, and the change in a new edition"
    )
    return edition.document.finding(("effective",), message, "frozen")


def _frozen_text(document: Document) -> str:
    """What the first price freezes of an edition's text: all but empty lines, and the entries that end its sale.

    An entry counts as such where its key begins a line; any other way to write it leaves it in.
    """
    lines = document.text.splitlines()
    keys = sorted((place.line, place.column, key) for key, (place, _) in (document.root.entries or {}).items())
    ends = [line - 1 for line, _, _ in keys[1:]] + [len(lines)]
    for (line, column, key), end in zip(keys, ends, strict=True):
        if key in ("withdrawn", "sale") and column == 1:
            # What follows up to the next key is the entry's too, but not the remarks above that key.
            while end > line and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
                end -= 1
            lines[line - 1 : end] = [""] * (end - line + 1)
    return "\n".join(line for line in lines if line.strip())


def _failures(edition: LoadedEdition, failed: list[Tried]) -> Iterator[Finding]:
    for tried in failed[:MOST_FAILURES]:
        found = ", ".join(f"{difference.what}: {difference.got}" for difference in tried.differences)
        expected = ", ".join(f"{difference.what}: {difference.expected}" for difference in tried.differences)
        yield Finding(tried.place, f'"{tried.name}" comes to {found}; expected {expected}', "worked_price")
    if len(failed) > MOST_FAILURES:
        message = (
            f"{len(failed) - MOST_FAILURES} more worked prices of {edition.name} fail; expected them all to agree, "
            "as `coverage rules test` tells one by one"
        )
        yield Finding(failed[MOST_FAILURES].place, message, "worked_price")


def _tell(before: Library, after: Library, stayed: frozenset[str]) -> None:
    """Says in the log what has changed, each thing in a line."""
    new_faults = [finding for finding in after.faults if finding not in before.faults]
    for finding in new_faults:
        log.warning("%s", " ".join(str(finding).split()))
    for file in before.broken_files:
        if file not in after.broken_files:
            log.info("%s: mended", file)
    if new_faults:
        for identity in sorted(stayed):
            log.warning("%s stays as it was until that is mended", identity)
    were = {edition.identity: edition for edition in before.editions}
    are = {edition.identity: edition for edition in after.editions}
    for identity in sorted(were.keys() - are.keys()):
        log.warning("%s is off sale", identity)
    for identity, edition in are.items():
        if identity not in were or edition != were[identity]:
            log.info("%s %s", identity, _standing(edition))


def _standing(edition: LoadedEdition) -> str:
    if edition.rules.withdrawn is not None:
        return f"is withdrawn: {edition.rules.withdrawn}"
    if edition.rules.sale == "stopped":
        return "is stopped"
    return f"is on sale with the text {edition.hash[:12]}"


# ------------------------------------------------------------------------------------------ looking at the folder

SUFFIXES: Final = (".yaml", ".yml", ".csv")
DEPTH: Final = 4  # products/NAME/COUNTRY/FILE


@dataclass(frozen=True, slots=True)
class _Look:
    """What shows that rule files have changed, without reading them. Paths are told from the rules' folder on."""

    files: Mapping[str, tuple[int, ...]]  # what identifies the file and its state; empty where it can't be opened
    closed: Mapping[str, str]  # folders that can't be listed, and why

    @property
    def bare(self) -> bool:
        """Whether no product is left. Nobody deletes them all; a disk that is no longer there looks like this."""
        return not any(path.startswith("products/") for path in self.files)

    def may_hold(self, edition: LoadedEdition) -> bool:
        """Whether an edition's file may still be there: all but what was surely deleted."""
        path = f"products/{edition.product}/{edition.country}/{edition.name}.yaml"
        return path in self.files or bool(self.closed) or self.bare


def _look(folder: Path) -> _Look:
    files: dict[str, tuple[int, ...]] = {}
    closed: dict[str, str] = {}
    waiting = [""]
    while waiting:
        above = waiting.pop()
        try:
            with os.scandir(folder / above) as entries:
                for entry in entries:
                    if not entry.name.startswith("."):
                        path = f"{above}/{entry.name}".lstrip("/")
                        if _note(entry, path, files, closed):
                            waiting.append(path)
        except OSError as error:
            closed[above] = error.strerror or str(error)
    return _Look(files, closed)


def _note(entry: os.DirEntry[str], path: str, files: dict[str, tuple[int, ...]], closed: dict[str, str]) -> bool:
    """Notes a file, or a link that leads nowhere; whether the entry is a folder to look into."""
    try:
        there = entry.stat()
    except OSError as error:
        if path.endswith(SUFFIXES):
            files[path] = ()
        elif entry.is_symlink():
            closed[path] = error.strerror or str(error)
        return False
    if stat.S_ISDIR(there.st_mode):
        return path.count("/") < DEPTH - 1
    if path.endswith(SUFFIXES):
        files[path] = (there.st_mtime_ns, there.st_ctime_ns, there.st_size, there.st_ino, there.st_dev)
    return False
