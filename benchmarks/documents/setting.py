"""Our side: the certificate as the service sets it, from its facts to the document, in the child that is warm."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from benchmarks.documents.specimen import TEMPLATES, a_certificate, pages_of
from benchmarks.work import Work
from coverage.gateways.documents import WeasyPrintDocuments
from coverage.gateways.signing import PadesSignatures

BY = f"sharecover {version('sharecover')}"


def unsigned(_: Path) -> Work:
    """Rendered and set."""
    documents, certificate = WeasyPrintDocuments(TEMPLATES), a_certificate()

    def once() -> bytes:
        return documents.render("certificate.html", "en", {"certificate": certificate})

    return Work(BY, 1, once, lambda: [pages_of(once())])


def signed(folder: Path) -> Work:
    """The same, and signed with a key on P-256."""
    documents, certificate = WeasyPrintDocuments(TEMPLATES), a_certificate()
    signatures = PadesSignatures.open(folder / "signing")

    def once() -> bytes:
        return signatures.sign(documents.render("certificate.html", "en", {"certificate": certificate}))

    return Work(BY, 1, once, lambda: [pages_of(once())])
