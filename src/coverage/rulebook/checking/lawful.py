"""What the law forbids, or asks for at the least. Each fault names the article."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from coverage.rulebook.format import Edition
from coverage.rulebook.language.inputs import Input
from coverage.rulebook.language.lists import ListOf
from coverage.rulebook.language.notation import quoted
from coverage.rulebook.language.reading import Document, Finding, Loc

# Directive 2004/113/EC art. 5, CJEU C-236/09 (Test-Achats): sex may not be a rating factor since 2012-12-21.
SEX_NAMES: Final = re.compile(
    r"(^|_)(sex|gender|sexe|genre|civilite|civility|mr_mrs|salutation|geschlecht|anrede)(_|$)"
)
SEX_CHOICES: Final = frozenset(
    {"male", "female", "man", "woman", "homme", "femme", "masculin", "feminin", "monsieur", "madame", "mrs", "mme",
     "herr", "frau"}
)  # fmt: skip


def forbidden_factors(document: Document, edition: Edition) -> Iterator[Finding]:
    """Inputs that ask for what no price may hang on."""
    for name, given in edition.inputs.items():
        yield from _sexless(document, ("inputs", name), name, given)
        if isinstance(given, ListOf):
            for field, asked in given.list_.items():
                yield from _sexless(document, ("inputs", name, "list", field), field, asked)


def _sexless(document: Document, loc: Loc, name: str, given: Input) -> Iterator[Finding]:
    options = set(given.kind.options)
    if SEX_NAMES.search(name) or SEX_CHOICES & options or {"m", "f"} <= options:
        words = f"{quoted(name)} asks for a person's sex, and Directive 2004/113/EC art. 5 forbids rating on sex; expected no such input"
        yield document.finding(loc, words, "sex", key=True)
