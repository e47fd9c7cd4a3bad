"""What can go wrong in the trade, in four kinds. A broken invariant is none of them: it is a bug, and surfaces."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Detail:
    """One thing wrong with what was sent: where (a JSON pointer), what was found and expected, and its code."""

    pointer: str
    message: str
    code: str


class Fault(Exception):
    """The root of the four kinds. `code` is stable and for machines, `detail` is for people."""

    def __init__(self, code: str, detail: str, *, errors: tuple[Detail, ...] = (), **extra: object) -> None:
        super().__init__(detail)
        self.code, self.detail, self.errors, self.extra = code, detail, errors, extra


class Rejected(Fault):
    """What was asked can't be accepted as it stands; asked the same way again, it won't be either."""


class Missing(Fault):
    """There is nothing of that name that the asker may see."""


class Conflict(Fault):
    """The request is sound, but the state of things forbids it."""


class Unavailable(Fault):
    """A part that is needed doesn't answer now; the same request may succeed later."""
