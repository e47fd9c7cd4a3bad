"""Keeping: a document of a cover is set once for each transaction, kind and language, and is the same bytes ever after.

What is kept first is what everyone gets from then on, whatever has become since of templates, words, brands or insurers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy.dialects.postgresql import insert

from coverage.domain.tenant import Caller
from coverage.operations.house import House, Work
from coverage.storage import covers
from coverage.storage.covers import Cover, Document
from coverage.storage.identity import new_id

Kind = Literal["certificate", "terms", "ipid"]
# Where what is for everybody alike lies: in clear, and once however many covers it goes with.
FOR_EVERYBODY: Final = "information"


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where a document is kept, and whose key seals it: a person's, with whom it is forgotten; the cover's own, for what tells
    of nobody; or nobody's, for what is for everybody alike.
    """

    cover_id: str
    transaction_id: str
    kind: Kind
    language: str
    sealed_for: str | None


@dataclass(frozen=True, slots=True)
class Paper:
    """A document of the cover of that number: its bytes where they are kept, and else how they are set, and what else is to be
    done once they are kept. One without a shelf isn't to be kept yet.
    """

    number: str
    shelf: Shelf | None
    kept: bytes | None
    render: Callable[[], bytes]
    once_kept: Callable[[Work, Document], None] | None = None


Asked = Callable[[Work], Paper]


def certificate_shelf(cover: Cover, transaction_id: str, language: str) -> Shelf:
    """A certificate names people: it is forgotten with its policyholder."""
    return Shelf(cover.id, transaction_id, "certificate", language, cover.policyholder_id)


def terms_shelf(cover: Cover, transaction_id: str, language: str) -> Shelf:
    """Terms name nobody, but tell of one cover. They outlast whoever is forgotten."""
    return Shelf(cover.id, transaction_id, "terms", language, cover.id)


def information_shelf(cover: Cover, transaction_id: str, language: str) -> Shelf:
    """An information document tells of a product alone, and is the same for all covers that it went with."""
    return Shelf(cover.id, transaction_id, "ipid", language, None)


def papers(house: House, caller: Caller, *asked: Asked) -> list[tuple[bytes, str]]:
    """Documents as PDF, each with its cover's number. Those that aren't kept are set, outside any transaction, and then kept all
    in one: whoever dies on the way leaves all of them to the next.
    """
    with house.transaction(caller) as tx:
        found = [ask(tx) for ask in asked]
    done = [one.render() if one.kept is None else one.kept for one in found]
    if any(one.kept is None and one.shelf is not None for one in found):
        with house.transaction(caller) as tx:
            done = [
                pdf if one.kept is not None or one.shelf is None else _keep(house, tx, one, one.shelf, pdf)
                for one, pdf in zip(found, done, strict=True)
            ]
    return [(pdf, one.number) for one, pdf in zip(found, done, strict=True)]


def find_kept(house: House, tx: Work, shelf: Shelf) -> bytes | None:
    """The document, once one is kept. Raises `Erased` with the person for whom it was sealed."""
    row = covers.document_of(tx.session, shelf.transaction_id, shelf.kind, shelf.language)
    return _read(house, tx, shelf, row) if row is not None else None


def _keep(house: House, tx: Work, paper: Paper, shelf: Shelf, pdf: bytes) -> bytes:
    """Keeps the document unless another request was first; answers the bytes that are kept."""
    document_id, sha256 = new_id("document"), hashlib.sha256(pdf).hexdigest()
    # The blob is safe on disk before the row that names it commits; a blob without a row is litter, never a loss.
    if shelf.sealed_for is None:
        blob = f"{FOR_EVERYBODY}/{sha256}"
        house.blobs.put(blob, pdf)
    else:
        blob = f"documents/{document_id}"
        house.blobs.put(blob, tx.seal(shelf.sealed_for, pdf, blob))
    row = {
        "tenant_id": tx.tenant_id, "id": document_id, "cover_id": shelf.cover_id, "transaction_id": shelf.transaction_id,
        "kind": shelf.kind, "language": shelf.language, "blob": blob, "sha256": sha256, "size": len(pdf),
        "created_at": tx.wall,
    }  # fmt: skip
    tx.session.execute(insert(Document).values(**row).on_conflict_do_nothing())
    kept = covers.document_of(tx.session, shelf.transaction_id, shelf.kind, shelf.language)
    if kept is None:
        raise AssertionError("a document that was kept isn't there")
    if kept.id != document_id:
        return _read(house, tx, shelf, kept)
    if paper.once_kept is not None:
        paper.once_kept(tx, kept)
    return pdf


def _read(house: House, tx: Work, shelf: Shelf, row: Document) -> bytes:
    pdf = house.blobs.get(row.blob)
    if shelf.sealed_for is not None:
        pdf = tx.unseal(shelf.sealed_for, pdf, f"documents/{row.id}")
    if hashlib.sha256(pdf).hexdigest() != row.sha256:
        raise RuntimeError(f"document {row.id} isn't what was kept")
    return pdf
