"""Documents as PDF: Jinja makes HTML here, a child process sets it, and its death is no news to anyone.

WeasyPrint holds the interpreter's lock for as long as it works and reads whatever it is told to, so
it lives in a process of its own (`coverage.gateways.typesetting`).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unicodedata
import weakref
from collections.abc import Mapping
from functools import cached_property
from multiprocessing.connection import Connection
from pathlib import Path
from xml.sax.saxutils import escape

from anyascii import anyascii
from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from coverage.domain.faults import Unavailable
from coverage.messages import Words

_SOURCE = Path(__file__).parents[2]

# Fonts and layouts are cached for as long as the child lives; a fresh one gives the memory back.
_DOCUMENTS_PER_CHILD = 1_000

# Far above any document of ours; stops a runaway child from filling the parent.
_LARGEST_PDF = 64 * 1024 * 1024

# Control characters, and the signs that turn the direction of text: in a name they print as nothing,
# or make "123" read as "321".
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

# Only what a program needs to run. Keys and database addresses stay outside the child.
_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "SYSTEMROOT")


class _ChildGone(Exception):
    """The child died before it answered."""


class WeasyPrintDocuments:
    """Renders the templates of one folder.

    The child is started by the first call. One document is set at a time; calls from other threads
    wait. A child that someone killed is replaced, and the document tried once more.
    """

    def __init__(
        self,
        templates: Path,
        *,
        seconds: float = 20.0,
        memory_bytes: int = 1_536 * 1024 * 1024,
    ) -> None:
        self.templates = templates.resolve()
        self._seconds = seconds
        self._memory_bytes = memory_bytes
        self._turn = threading.Lock()
        self._child: _Child | None = None
        self._environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(self.templates),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=self._legible,
        )

    def render(
        self, template: str, language: str, values: Mapping[str, object], enclosed: Mapping[str, bytes] | None = None
    ) -> bytes:
        """The document `template` ("certificate.html") in `language` as PDF, from `values`; `enclosed` are files that lie in
        it, by name.

        The same input gives the same bytes. Templates see `values`, `words` (the language's Words)
        and `asset(bytes)`, which gives an image an address of its own. Stylesheets are `base.css` and
        the one named like the template.

        Raises Unavailable: `rendering_busy`, `rendering_timed_out`, `rendering_out_of_memory` or
        `rendering_failed`.
        """
        assets: dict[str, bytes] = {}

        def asset(content: bytes) -> str:
            name = hashlib.sha256(content).hexdigest()
            assets[name] = content
            return f"asset:{name}"

        page = self._environment.get_template(template)
        html = page.render(values, words=Words(language), asset=asset)
        own = Path(template).with_suffix(".css").name
        sheets = [name for name in ("base.css", own) if (self.templates / name).is_file()]
        job = [
            json.dumps({"stylesheets": sheets, "assets": [*assets], "enclosed": [*(enclosed or {})]}).encode(),
            html.encode(),
            *assets.values(),
            *(enclosed or {}).values(),
        ]
        if not self._turn.acquire(timeout=self._seconds):
            raise Unavailable("rendering_busy", "Too many documents wait to be set.")
        try:
            return self._set_again_if_killed(job)
        finally:
            self._turn.release()

    def _legible(self, value: object) -> object:
        """A text with letters that our fonts have: others are spelt in Latin ones, which is better than empty boxes."""
        if not isinstance(value, str) or isinstance(value, Markup):
            return value
        text = unicodedata.normalize("NFC", _UNPRINTABLE.sub("", value))
        if text.isascii():
            return text
        return "".join(sign if sign in self._drawn or sign.isspace() else anyascii(sign) for sign in text)

    @cached_property
    def _drawn(self) -> frozenset[str]:
        """What one of the fonts at least can draw."""
        # Loaded by who sets documents alone.
        from fontTools.ttLib import TTFont

        codes: set[int] = set()
        for path in sorted((self.templates / "fonts").glob("*.ttf")):
            with TTFont(path, lazy=True) as font:
                codes |= set(font.getBestCmap())
        return frozenset(map(chr, codes))

    @property
    def process_id(self) -> int | None:
        """The child's, for those who watch processes; None while there is none."""
        child = self._child
        return child.process.pid if child else None

    def close(self) -> None:
        """End the child. A later call starts another one."""
        with self._turn:
            self._end_child()

    def _set_again_if_killed(self, job: list[bytes]) -> bytes:
        with contextlib.suppress(_ChildGone):
            return self._set(job)
        # Killed from outside, most likely. If it is the document that kills, the second time tells.
        try:
            return self._set(job)
        except _ChildGone:
            raise Unavailable("rendering_failed", "The typesetter died twice over the document.") from None

    def _set(self, job: list[bytes]) -> bytes:
        child = self._child
        if child is None or child.jobs >= _DOCUMENTS_PER_CHILD:
            self._end_child()
            child = self._child = _Child(self.templates, self._seconds, self._memory_bytes)
        try:
            problem, pdf = child.ask(job)
        except BaseException:
            self._end_child()
            raise
        if not problem:
            return pdf
        if problem == "MemoryError":
            self._end_child()
            raise Unavailable("rendering_out_of_memory", "The document could not be set within its memory.")
        raise Unavailable("rendering_failed", f"The document could not be set: {problem}.")

    def _end_child(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()


class _Child:
    """The process, the socket to it and the folder that is its whole disk."""

    def __init__(self, templates: Path, seconds: float, memory_bytes: int) -> None:
        self.jobs = 0
        self._seconds = seconds
        self._scratch = Path(tempfile.mkdtemp(prefix="sharecover-"))
        ours, theirs = socket.socketpair()
        with theirs:
            arguments = [str(theirs.fileno()), str(templates), str(memory_bytes), str(seconds)]
            # A new interpreter, not a fork: no lock, connection or secret of ours goes along. Nor
            # multiprocessing's spawn, which would import the server's own __main__ again.
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "coverage.gateways.typesetting", *arguments],
                env=self._environment(templates),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                cwd=self._scratch,
            )
        self._pipe = Connection(ours.detach())
        # Also when nobody closes us: at the interpreter's end, or when the last reference goes.
        self.end = weakref.finalize(self, _end, self._pipe, self.process, self._scratch)

    def ask(self, job: list[bytes]) -> tuple[str, bytes]:
        """What went wrong ("" when nothing did) and the PDF. Raises Unavailable after the time allowed."""
        self.jobs += 1
        # Killing the child ends every wait on its socket, whether for reading or for writing.
        until = time.monotonic() + self._seconds
        alarm = threading.Timer(self._seconds, self.process.kill)
        alarm.daemon = True
        alarm.start()
        try:
            for part in job:
                self._pipe.send_bytes(part)
            return self._pipe.recv_bytes(1_000).decode(), self._pipe.recv_bytes(_LARGEST_PDF)
        except (EOFError, OSError) as gone:
            if time.monotonic() >= until:
                seconds = f"{self._seconds:g}"
                raise Unavailable(
                    "rendering_timed_out", f"The document could not be set within {seconds} seconds."
                ) from gone
            raise _ChildGone from gone
        finally:
            alarm.cancel()

    def _environment(self, templates: Path) -> dict[str, str]:
        # Fontconfig sees our fonts alone, so that bytes don't depend on what a machine has installed,
        # and keeps its cache in the scratch folder, for a user without a home.
        fonts = self._scratch / "fonts.conf"
        fonts.write_text(
            f"<fontconfig><dir>{escape(str(templates / 'fonts'))}</dir>"
            f"<cachedir>{escape(str(self._scratch / 'fontconfig'))}</cachedir></fontconfig>",
            encoding="utf-8",
        )
        kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        return kept | {
            "PYTHONPATH": str(_SOURCE),
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "FONTCONFIG_FILE": str(fonts),
            "XDG_CACHE_HOME": str(self._scratch),
            "TMPDIR": str(self._scratch),
            "HOME": str(self._scratch),
        }


def _end(pipe: Connection, process: subprocess.Popen[bytes], scratch: Path) -> None:
    pipe.close()
    process.kill()
    process.wait()
    shutil.rmtree(scratch, ignore_errors=True)
