"""The child process that looks at signatures on files that anybody may have made."""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from coverage.gateways.confinement import serve

if TYPE_CHECKING:
    from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature


def prepare(*ours: str) -> Callable[[list[bytes]], bytes]:
    """What looks at a file for a signature of a certificate whose fingerprint is one of `ours`."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    # They quote the file.
    logging.disable(logging.CRITICAL)

    def work(job: list[bytes]) -> bytes:
        """Whose it is, and after a line's end what was signed: SHA-256 of the file as it was then."""
        (pdf,) = job
        signatures = PdfFileReader(io.BytesIO(pdf), strict=True).embedded_regular_signatures
        if not signatures:
            return b"none"
        # Ours is the first that a document of ours ever gets; others may sign after it.
        first = signatures[0]
        if hashlib.sha256(first.signer_cert.dump()).hexdigest() not in ours:
            return b"others"
        start, length, later, rest = (int(it) for it in first.byte_range)
        end = later + rest
        # All but the signature itself is signed, or it is no signature of ours: nobody may choose what it leaves out.
        whole = start == 0 and pdf[length : length + 1] == b"<" and pdf[later - 1 : later] == b">" and end <= len(pdf)
        held = whole and _holds(first, pdf[length + 1 : later - 1])
        signed = b"\n" + hashlib.sha256(pdf[:end]).hexdigest().encode() if held else b""
        return (b"ours" if held and end == len(pdf) else b"changed") + signed

    return work


def _holds(signature: EmbeddedPdfSignature, between: bytes) -> bool:
    """Whether the signature is the certificate's, over the file as it is. Whose certificate that is was looked at before."""
    from pyhanko.sign.validation.generic_cms import validate_sig_integrity

    if set(between) - set(b"0123456789abcdefABCDEF"):
        return False
    digest = signature.compute_digest()
    intact, valid = validate_sig_integrity(signature.signer_info, signature.signer_cert, "data", digest)
    return intact and valid


if __name__ == "__main__":
    serve(prepare)
