"""Publishing: the rule files as they stand go on sale, but for those whose text changed after it had priced something."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from coverage.rulebook.editions import Library, LoadedEdition, load
from coverage.rulebook.reading import Finding
from coverage.storage import quotes
from coverage.storage.tenancy import Database


def publish(database: Database, folder: Path) -> Library:
    """The library of `folder`. An edition that priced quotes with another text is refused, naming both texts."""
    library = load(folder)
    with database.outside() as session:
        kept = {
            edition.identity: quotes.edition_named(session, edition.product, edition.country, edition.name)
            for edition in library.editions
        }
    changed = [e for e in library.editions if (row := kept[e.identity]) is not None and row.hash != e.hash]
    findings = [_frozen(edition, kept[edition.identity]) for edition in changed]
    return replace(
        library,
        editions=tuple(edition for edition in library.editions if edition not in changed),
        findings=tuple(sorted({*library.findings, *findings})),
    )


def _frozen(edition: LoadedEdition, row: quotes.EditionKept | None) -> Finding:
    used = row.hash[:12] if row else ""
    message = (
        f"this text ({edition.hash[:12]}) isn't the one that priced quotes under this name ({used}); "
        "expected the text unchanged, and the change in a new edition"
    )
    return edition.document.finding(("effective",), message, "frozen")
