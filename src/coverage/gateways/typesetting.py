"""The child process that sets documents: HTML in, PDF out, nothing else within reach.

`coverage.gateways.documents` speaks to it over one socket (see `coverage.gateways.confinement`). Only here is WeasyPrint
imported. What comes in counts as hostile: it reads no file but the templates' and fonts'.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

from coverage.gateways.confinement import Refused, serve

# The kinds of file that a template may ask for. A template has no business with another template.
_OWN_FILES = frozenset({".css", ".png", ".svg"})

# With tags and Unicode, and files of any kind within: https://doc.courtbouillon.org/weasyprint/stable/api_reference.html
VARIANT: Final = "pdf/a-3a"
# Of what lies in a document that names no date.
_NO_DATE: Final = datetime(2000, 1, 1, tzinfo=UTC)


def prepare(templates: str) -> Callable[[list[bytes]], bytes]:
    """What sets a job: its head as JSON, the HTML, then the assets and the files that lie in it, in the head's order."""
    typesetter = Typesetter(Path(templates))

    def work(job: list[bytes]) -> bytes:
        head, html, *files = job
        told = json.loads(head)
        assets = dict(zip(told["assets"], files, strict=False))
        enclosed = dict(zip(told["enclosed"], files[len(assets) :], strict=True))
        return typesetter.pdf(html.decode(), told["stylesheets"], assets, enclosed)

    return work


class Typesetter:
    """WeasyPrint with its fonts read once and each stylesheet parsed once."""

    def __init__(self, templates: Path) -> None:
        import weasyprint
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import FatalURLFetchingError

        logging.getLogger("weasyprint").disabled = True  # its warnings quote the document
        self._weasyprint: Any = weasyprint
        self._refused: Any = FatalURLFetchingError
        self._fonts: Any = FontConfiguration()
        self._templates = templates.resolve()
        self._base_url = self._templates.as_uri() + "/"
        self._assets: dict[str, bytes] = {}
        self._fetcher = self._make_fetcher()
        self._sheets: dict[tuple[str, int], Any] = {}

    def pdf(self, html: str, stylesheets: list[str], assets: dict[str, bytes], enclosed: dict[str, bytes]) -> bytes:
        """The document as PDF/A-3a and PDF/UA-1 in one: accessible, and to be kept (ISO 19005-3, ISO 14289-1).

        `assets` are what `asset:<name>` stands for in it, `enclosed` files that lie in it.
        """
        self._assets = assets
        page = self._weasyprint.HTML(string=html, base_url=self._base_url, url_fetcher=self._fetcher)
        try:
            document = page.render(
                font_config=self._fonts, stylesheets=[self._sheet(name) for name in stylesheets], pdf_variant=VARIANT
            )
            metadata = document.metadata
            own = metadata.generate_rdf_metadata
            metadata.generate_rdf_metadata = lambda *asked: _with_accessibility(own(*asked))
            # The document's own date, so that the same document is the same bytes.
            at = datetime.fromisoformat(metadata.created) if metadata.created else _NO_DATE
            pdf: bytes = document.write_pdf(
                pdf_variant=VARIANT,
                attachments=[
                    self._weasyprint.Attachment(
                        string=content, name=name, description=name, created=at, modified=at, relationship="Data"
                    )
                    for name, content in enclosed.items()
                ],
            )
        except self._refused:
            # No `Exception`, so that WeasyPrint's own handlers let it through: it would end this process with a trace that
            # quotes the document.
            raise Refused("an address") from None
        return pdf

    def _sheet(self, name: str) -> Any:
        path = self._templates / name
        key = (name, path.stat().st_mtime_ns)  # a designer sees a change at the next rendering
        if key not in self._sheets:
            self._sheets[key] = self._weasyprint.CSS(
                string=path.read_text(encoding="utf-8"),
                base_url=self._base_url,
                url_fetcher=self._fetcher,
                font_config=self._fonts,
            )
        return self._sheets[key]

    def _make_fetcher(self) -> Any:
        from weasyprint.urls import URLFetcher, URLFetcherResponse

        owner = self

        # weasyprint ships no types, so its classes are Any to mypy.
        class OwnAssetsOnly(URLFetcher):  # type: ignore[misc]
            def fetch(self, url: str, headers: object = None) -> Any:
                return URLFetcherResponse(url, owner._read(url))

        # A refused address stops the document: better none than one that lacks something unseen.
        return OwnAssetsOnly(fail_on_errors=True)

    def _read(self, url: str) -> bytes:
        parts = urlsplit(url)
        if parts.scheme == "asset" and parts.path in self._assets:
            return self._assets[parts.path]
        if parts.scheme == "file" and not parts.netloc:
            path = Path(url2pathname(parts.path)).resolve()
            if path.is_relative_to(self._templates) and path.suffix in _OWN_FILES:
                return path.read_bytes()
        raise Refused(parts.scheme)


def _with_accessibility(rdf: bytes) -> bytes:
    """The metadata of PDF/A with the mark of PDF/UA in it, and the description of that mark which PDF/A wants of whatever isn't
    its own (ISO 19005-3, 6.6.2.3.3).
    """
    end = b"</rdf:RDF>"
    if not rdf.endswith(end):
        raise ValueError("the typesetter writes its metadata otherwise than it did")
    return rdf.removesuffix(end) + _ACCESSIBLE + end


_ACCESSIBLE: Final = b"""<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>The part of ISO 14289 that the document keeps to</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"""


if __name__ == "__main__":
    serve(prepare)
