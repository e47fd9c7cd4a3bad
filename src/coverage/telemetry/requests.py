"""What is told of a request: its id, its route as it is written in the code, who asked, how it ended and how long it took.

Never its path, its query, its headers or an address: a member's link is a secret, and so is what a partner sends.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NO_ROUTE: Final = "unmatched"


@dataclass(slots=True)
class Seen:
    """A request that is being answered. Whoever works on it adds what is worth telling: ids and codes, nothing else."""

    id: str
    status: int = 0  # until there is an answer, and where whoever asked went away before
    notes: dict[str, str] = field(default_factory=dict)


_current: ContextVar[Seen | None] = ContextVar("request", default=None)


def begin(request_id: str) -> Seen:
    """The request that this task, and every thread that works for it, is at from here on."""
    seen = Seen(request_id)
    _current.set(seen)
    return seen


def note(**notes: str) -> None:
    """Adds to what is told of the request in hand; nothing where there is none."""
    seen = _current.get()
    if seen is not None:
        seen.notes.update(notes)


def route_of(scope: Any) -> str:
    """The route that took a request, with its parameters' names: `/v1/covers/{cover_id}`."""
    path = getattr(scope.get("route"), "path", None)
    if isinstance(path, str):
        return path
    # Files that are served from a folder have no route of their own, only where they hang.
    return f"{scope['root_path']}/…" if scope.get("endpoint") is not None and scope.get("root_path") else NO_ROUTE


def method_of(scope: Any) -> str:
    """The request's method, of those that there are: anybody can send any other."""
    method = scope["method"]
    return method if method in METHODS else "other"
