"""The peer: WeasyPrint as its first page shows it, on the same HTML with the same stylesheets and fonts."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from benchmarks.documents.specimen import PAGE, TEMPLATES, pages_of
from benchmarks.work import Work


def as_kept(folder: Path) -> Work:
    """Of the same kind as ours: PDF/A-3a, with tags."""
    return _work(folder, pdf_variant="pdf/a-3a")


def plain(folder: Path) -> Work:
    """Without tags or colour profile: for the record."""
    return _work(folder)


def _work(folder: Path, **options: Any) -> Work:
    fonts = folder / f"fonts-{os.getpid()}.conf"
    # Fontconfig sees the same fonts, and no more of them.
    fonts.write_text(
        f"<fontconfig><dir>{TEMPLATES / 'fonts'}</dir><cachedir>{folder / 'fontconfig'}</cachedir></fontconfig>"
    )
    os.environ["FONTCONFIG_FILE"] = str(fonts)
    import weasyprint

    page = (folder / PAGE).read_text(encoding="utf-8")
    sheets = [str(TEMPLATES / name) for name in ("base.css", "certificate.css")]

    def once() -> bytes:
        pdf: bytes = weasyprint.HTML(string=page, base_url=str(TEMPLATES)).write_pdf(stylesheets=sheets, **options)
        return pdf

    return Work(f"WeasyPrint {weasyprint.__version__}", 1, once, lambda: [pages_of(once())])
