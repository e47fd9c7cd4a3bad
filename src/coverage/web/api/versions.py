"""The API's dated versions. Answers are made as the newest version has them, and told as the one that was asked for.

A version is told apart by what it changed: each change knows how an answer, and the document, looked before it. So an
older version is the newest one with its changes taken back, one by one, and nothing else knows of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final

from pydantic import BaseModel

PAGE: Final = "/docs/versions"


@dataclass(frozen=True, slots=True)
class Change:
    """What a version changed: in words, and how to take it back in an answer and in the document, in place."""

    words: str
    answer: Callable[[Any], None]
    document: Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Version:
    """A dated version. Deprecated means that there is a better one; a sunset is told only once it has been decided."""

    date: str
    changes: tuple[Change, ...] = ()
    deprecated_at: datetime | None = None
    sunset_at: datetime | None = None


def _flat_rates(answer: Any) -> None:
    for taxes in _named("taxes", answer):
        for tax in taxes if isinstance(taxes, list) else ():
            if isinstance(tax, dict) and tax.get("rate", "") is None:
                tax["rate"] = ""


def _flat_rates_declared(document: dict[str, Any]) -> None:
    rate = document["components"]["schemas"]["TaxSeen"]["properties"]["rate"]
    rate |= {"type": "string", "description": "In percent; empty for a flat levy."}
    rate["maxLength"] = rate.pop("anyOf")[0]["maxLength"]


VERSIONS: Final = (
    Version("2026-11-01", deprecated_at=datetime(2026, 11, 27, tzinfo=UTC)),
    Version(
        "2026-11-27",
        (
            Change(
                "The `rate` of a tax is null where the tax is a flat levy. It was empty text before, which no number "
                "can be read from.",
                _flat_rates,
                _flat_rates_declared,
            ),
        ),
    ),
)
DATES: Final = tuple(version.date for version in VERSIONS)
NEWEST: Final = DATES[-1]

# The version that the request at hand asks for. It is set before anything else looks at the request.
asked: ContextVar[str] = ContextVar("asked", default=NEWEST)


def asked_for(text: str | None) -> str:
    """The version that a header asks for; the newest where it names none. One that there isn't is refused elsewhere."""
    return text if text in DATES else NEWEST


def tell(shape: BaseModel) -> bytes:
    """A shape as JSON, in the version that is asked for."""
    if asked.get() == NEWEST:
        return shape.model_dump_json().encode()
    answer = shape.model_dump(mode="json")
    take_back(answer, asked.get())
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()


def take_back(answer: Any, date: str) -> None:
    """Tells an answer of the newest version as an older one had it, in place."""
    for change in _since(date):
        change.answer(answer)


def document_of(document: dict[str, Any], date: str) -> None:
    """Makes of the newest version's document an older one's, in place, examples and all."""
    for change in _since(date):
        change.document(document)
        for name in ("example", "examples"):
            for example in _named(name, document):
                change.answer(example)


def headers_of(date: str) -> list[tuple[bytes, bytes]]:
    """What an answer bears of its version: RFC 9745, and RFC 8594 where an end has been decided."""
    version = next(version for version in VERSIONS if version.date == date)
    headers = [(b"coverage-version", date.encode())]
    if version.deprecated_at is not None:
        headers += [
            (b"deprecation", f"@{version.deprecated_at.timestamp():.0f}".encode()),
            (b"link", f'<{PAGE}>; rel="deprecation"; type="text/html"'.encode()),
        ]
    if version.sunset_at is not None:
        headers += [
            (b"sunset", format_datetime(version.sunset_at, usegmt=True).encode()),
            (b"link", f'<{PAGE}>; rel="sunset"; type="text/html"'.encode()),
        ]
    return headers


def _since(date: str) -> Iterator[Change]:
    """What was changed after a version, the latest first."""
    for version in reversed(VERSIONS):
        if version.date <= date:
            return
        yield from reversed(version.changes)


def _named(name: str, value: Any) -> Iterator[Any]:
    """Whatever has a name, anywhere in a value."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == name:
                yield item
            yield from _named(name, item)
    elif isinstance(value, list):
        for item in value:
            yield from _named(name, item)
