"""B4: a certificate of two pages in a warm process, unsigned and signed."""

from __future__ import annotations

import base64
import re
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from benchmarks.documents.specimen import PAGE, TEMPLATES, a_certificate
from benchmarks.measuring import Case, Contest, Side

SIDES: Final = {
    "ours": Side("benchmarks.documents.setting:unsigned"),
    "ours, signed": Side("benchmarks.documents.setting:signed"),
    "WeasyPrint": Side("benchmarks.documents.bare:as_kept"),
    "WeasyPrint, plain": Side("benchmarks.documents.bare:plain"),
}
CONTESTS: Final = (
    # 0.8 × the time of the peer, and no more than its time with the signature.
    Contest("bare WeasyPrint", "ours", "WeasyPrint", 1 / 0.8),
    Contest("bare WeasyPrint, ours signed", "ours, signed", "WeasyPrint", 1.0),
    Contest("bare WeasyPrint without PDF/A and tags", "ours", "WeasyPrint, plain"),
)


def cases(*, full: bool) -> list[Case]:  # noqa: ARG001
    """One case; `full` adds nothing: each side's pages are compared always."""
    return [Case("a certificate", "certificate", _write, SIDES, _pages, CONTESTS)]


def _write(folder: Path) -> str:
    """The page that ours sets, as HTML that stands alone."""
    from coverage.gateways.documents import WeasyPrintDocuments

    with closing(WeasyPrintDocuments(TEMPLATES)) as documents:
        page = documents.page("certificate.html", "en", {"certificate": a_certificate()})

    def inlined(found: re.Match[str]) -> str:
        return "data:image/svg+xml;base64," + base64.b64encode(page.assets[found[1]]).decode()

    (folder / PAGE).write_text(re.sub(r"asset:([0-9a-f]{64})", inlined, page.html), encoding="utf-8")
    return "a certificate of two pages with four sections, five taxes and a code"


def _pages(answer: Any) -> str:
    return f"{len(answer)} pages"
