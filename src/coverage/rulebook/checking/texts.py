"""Words that are missing in a language, and words that nothing asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from coverage.rulebook.format import Edition, Texts
from coverage.rulebook.language.lists import ListOf
from coverage.rulebook.language.reading import Document, Finding, Loc, Node, Place
from coverage.rulebook.planning.plan import Plan

LANGUAGES: Final = ("en", "fr")
PLACEHOLDERS: Final = ("To be written.", "À écrire.")  # how a text begins that a product was started with


def missing_texts(
    document: Document, edition: Edition, plan: Plan, texts: Mapping[str, Texts | None]
) -> Iterator[Finding]:
    """Words that an edition needs and a language's file lacks. None is a file that is there, with faults of its own."""
    for language in LANGUAGES:
        found = texts.get(language)
        if found is not None:
            yield from _missing(document, edition, plan, found, f"texts.{language}.yaml")
        elif language not in texts:
            words = f"there is no texts.{language}.yaml; expected what people read in that language"
            yield document.finding((), words, "no_text", warning=True)


def _missing(document: Document, edition: Edition, plan: Plan, texts: Texts, file: str) -> Iterator[Finding]:
    there = set(_keys_of(texts))
    # A key that several sections ask for is told where the first does.
    first = {key: loc for loc, key in reversed(list(_asked(edition)))}
    for key, loc in first.items():
        if key not in there and all(around in there for around in _around(key)):
            words = f"{file} has no {': '.join(key)}; expected its words"
            yield document.finding(loc, words, "no_text", key=True, warning=True)
    # A code that a table has of itself (an age outside its bands) is read by people as any other.
    for code in dict.fromkeys(verdict.code for verdict in plan.verdicts):
        if code not in texts.codes:
            place = next(verdict.place for verdict in plan.verdicts if verdict.code == code)
            yield Finding(place, f"{file} has no codes: {code}; expected its words", "no_text", warning=True)


def unused_texts(document: Document, texts: Texts, editions: Sequence[tuple[Edition, Plan]]) -> Iterator[Finding]:
    """Words of a language's file that none of the editions beside it asks for: left over, or misspelt."""
    asked = {key for edition, _ in editions for _, key in _asked(edition)}
    asked |= {("codes", verdict.code) for _, plan in editions for verdict in plan.verdicts}
    for key in _keys_of(texts):
        if key not in asked and all(around in asked for around in _around(key)):
            words = f"nothing asks for {': '.join(key)}; expected a key of the edition, or none"
            yield document.finding(key, words, "unused", key=True, warning=True)


def unwritten_texts(document: Document, editions: Sequence[Edition]) -> Iterator[Finding]:
    """Words that still stand as the product was started with, where one of the editions beside them is on sale."""
    if any(edition.sale == "open" and edition.withdrawn is None for edition in editions):
        for place, text in texts_in(document.root):
            if text.startswith(PLACEHOLDERS):
                yield Finding(
                    place, "still to be written; expected what people are to read, or sale: stopped", "unwritten"
                )


def texts_in(node: Node) -> Iterator[tuple[Place, str]]:
    """Every value that is text, with its place."""
    for inner in (*(found for _, found in (node.entries or {}).values()), *(node.items or ())):
        yield from texts_in(inner)
    if node.text is not None:
        yield node.place, node.text


def _around(key: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The keys that a key stands inside of: where those are at fault, it isn't told again."""
    return (key[:length] for length in (2, 4) if length < len(key) and key[0] == "inputs")


def _asked(edition: Edition) -> Iterator[tuple[Loc, tuple[str, ...]]]:
    """The words that an edition asks for: where it does, and their key in the texts."""
    if edition.object is not None:
        yield ("object",), ("object",)
    for name, given in edition.inputs.items():
        yield ("inputs", name), ("inputs", name)
        for option in given.kind.options if given.kind.sort == "choice" else ():
            yield ("inputs", name), ("inputs", name, "choices", option)
        for field, asked in given.list_.items() if isinstance(given, ListOf) else ():
            yield ("inputs", name, "list", field), ("inputs", name, "fields", field)
            for option in asked.kind.options if asked.kind.sort == "choice" else ():
                yield ("inputs", name, "list", field), ("inputs", name, "fields", field, "choices", option)
    for name, section in edition.sections.items():
        loc = ("sections", name)
        yield loc, loc
        for key in section.limit.amounts:
            yield (*loc, "limit", key), ("limits", key)
        for key in section.sublimits:
            yield (*loc, "sublimits", key), ("limits", key)
        for index, code in enumerate(section.exclusions):
            yield (*loc, "exclusions", index), ("exclusions", code)


def _keys_of(texts: Texts) -> Iterator[tuple[str, ...]]:
    """The keys under which a file has words, but for those that every product has."""
    if texts.object is not None:
        yield ("object",)
    for name, found in texts.inputs.items():
        yield ("inputs", name)
        yield from (("inputs", name, "choices", option) for option in found.choices)
        for field, inner in found.fields.items():
            yield ("inputs", name, "fields", field)
            yield from (("inputs", name, "fields", field, "choices", option) for option in inner.choices)
    yield from (("sections", name) for name in texts.sections)
    yield from (("limits", name) for name in texts.limits)
    yield from (("codes", code) for code in texts.codes)
    yield from (("exclusions", code) for code in texts.exclusions)
