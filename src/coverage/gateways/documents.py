"""Documents as PDF: Jinja makes HTML here, a child process sets it, and its death is no news to anyone.

WeasyPrint holds the interpreter's lock for as long as it works and reads whatever it is told to, so
it lives in a process of its own (`coverage.gateways.typesetting`).
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from xml.sax.saxutils import escape

import segno
from anyascii import anyascii
from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from coverage.domain.faults import Unavailable
from coverage.gateways.confinement import Busy, Confined, Failed, OutOfMemory, TimedOut
from coverage.messages import Words

# Control characters, and the signs that turn the direction of text: in a name they print as nothing,
# or make "123" read as "321".
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Page:
    """A document as HTML, the names of its stylesheets, and what each `asset:<name>` in it stands for."""

    html: str
    stylesheets: list[str]
    assets: Mapping[str, bytes]


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
        self._child = Confined(
            "coverage.gateways.typesetting", [str(self.templates)], seconds=seconds, memory_bytes=memory_bytes,
            outfit=partial(_outfit, self.templates),
        )  # fmt: skip
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

        The same input gives the same bytes. Raises Unavailable: `rendering_busy`, `rendering_timed_out`,
        `rendering_out_of_memory` or `rendering_failed`.
        """
        page = self.page(template, language, values)
        job = [
            json.dumps(
                {"stylesheets": page.stylesheets, "assets": [*page.assets], "enclosed": [*(enclosed or {})]}
            ).encode(),
            page.html.encode(),
            *page.assets.values(),
            *(enclosed or {}).values(),
        ]
        return self._set(job)

    def page(self, template: str, language: str, values: Mapping[str, object]) -> Page:
        """What is to be set. Templates see `values`, `words` (the language's Words), `asset(bytes)`, which gives an image an
        address of its own, and `qr(text)`, the address of a code that a camera reads. Stylesheets are `base.css` and the
        one named like the template.
        """
        assets: dict[str, bytes] = {}

        def asset(content: bytes) -> str:
            name = hashlib.sha256(content).hexdigest()
            assets[name] = content
            return f"asset:{name}"

        html = self._environment.get_template(template).render(
            values, words=Words(language), asset=asset, qr=lambda text: asset(qr_code(text))
        )
        own = Path(template).with_suffix(".css").name
        return Page(html, [name for name in ("base.css", own) if (self.templates / name).is_file()], assets)

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
        return self._child.process_id

    def close(self) -> None:
        """Ends the child. A later call starts another one."""
        self._child.close()

    def _set(self, job: list[bytes]) -> bytes:
        try:
            return self._child.ask(job)
        except Busy:
            raise Unavailable("rendering_busy", "Too many documents wait to be set.") from None
        except TimedOut:
            words = f"The document could not be set within {self._seconds:g} seconds."
            raise Unavailable("rendering_timed_out", words) from None
        except OutOfMemory:
            raise Unavailable("rendering_out_of_memory", "The document could not be set within its memory.") from None
        except Failed as failure:
            raise Unavailable("rendering_failed", f"The document could not be set: {failure}.") from None


def qr_code(text: str) -> bytes:
    """A QR code (ISO/IEC 18004) as SVG, with its quiet zone. A quarter of it may be soiled or lie in glare."""
    drawn = io.BytesIO()
    segno.make(text, error="q", micro=False, boost_error=False).save(drawn, kind="svg", border=4, xmldecl=False)
    return drawn.getvalue()


def _outfit(templates: Path, scratch: Path) -> dict[str, str]:
    """Fontconfig sees our fonts alone, so that bytes don't depend on what a machine has installed, and keeps its cache in
    the scratch folder, for a user without a home.
    """
    fonts = scratch / "fonts.conf"
    fonts.write_text(
        f"<fontconfig><dir>{escape(str(templates / 'fonts'))}</dir>"
        f"<cachedir>{escape(str(scratch / 'fontconfig'))}</cachedir></fontconfig>",
        encoding="utf-8",
    )
    return {"FONTCONFIG_FILE": str(fonts), "XDG_CACHE_HOME": str(scratch)}
