"""Sharecover for Python: quote, bind, hand over the certificate.

    from sharecover_client import Sharecover

    sharecover = Sharecover("sk_test_…", base_url="https://api.example.org")
    quote = sharecover.create_quote(body={"product": "goods_carried", "start": "at_issue", "duration": "PT4H", "risk": {…}})

Each operation of the API is a method under its own name, `createQuote` as `create_quote`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, Self, TypeVar

from sharecover_client.generated.api import Operations
from sharecover_client.generated.events import Event
from sharecover_client.problems import (
    BadAnswer,
    Conflict,
    Invalid,
    Mistake,
    NotAllowed,
    NotThere,
    ProblemError,
    ServiceTrouble,
    SharecoverError,
    TooMany,
    Unreachable,
)
from sharecover_client.webhooks import BadSignature, verified

__all__ = [
    "BadAnswer",
    "BadSignature",
    "Conflict",
    "Event",
    "Invalid",
    "Mistake",
    "NotAllowed",
    "NotThere",
    "ProblemError",
    "ServiceTrouble",
    "Sharecover",
    "SharecoverError",
    "TooMany",
    "Unreachable",
    "every",
    "verified",
]


class Sharecover(Operations):
    """The service, as one API key sees it. Keep one for the whole process: threads may share it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Named(Protocol):
    id: str


Listed = TypeVar("Listed", bound=_Named)
ListedOut = TypeVar("ListedOut", bound=_Named, covariant=True)


class _Page(Protocol[ListedOut]):
    has_more: bool

    @property
    def data(self) -> Sequence[ListedOut]: ...


def every(page: Callable[..., _Page[Listed]], **narrowed: Any) -> Iterator[Listed]:
    """All that a list has, page by page as it is used: `every(sharecover.list_covers, state="on_risk")`."""
    narrowed = {"limit": 100} | narrowed
    while True:
        found = page(**narrowed)
        yield from found.data
        if not found.has_more or not found.data:
            return
        narrowed["starting_after"] = found.data[-1].id
