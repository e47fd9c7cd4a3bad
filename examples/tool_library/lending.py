"""What the library lends, to whom, and what it knows of each loan. Kept in memory: it is an example."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sharecover_client.generated.models.cover import Cover
from sharecover_client.generated.models.quote import Quote

HERE: Final = ZoneInfo("Europe/Paris")


@dataclass(frozen=True, slots=True)
class Tool:
    """A thing on the shelf. `value` is in cents."""

    slug: str
    name: str
    about: str
    kind: str
    value: int

    @property
    def risk(self) -> dict[str, Any]:
        """What the insurer asks of it."""
        return {"kind": self.kind, "value": {"amount": self.value, "currency": "EUR"}}


@dataclass(frozen=True, slots=True)
class Member:
    """Whoever is signed in. An example has one."""

    reference: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Told:
    """What a webhook told."""

    id: str
    type: str
    sequence: int  # among what is told of one cover
    at: datetime


@dataclass(frozen=True, slots=True)
class Loan:
    """A tool for some hours, with the quote for its cover, and the cover once it is taken."""

    id: str
    tool: Tool
    start: datetime
    hours: int
    quote: Quote
    shown_at: datetime  # when the member saw the information document
    cover: Cover | None = None
    told: tuple[Told, ...] = field(default=())

    @property
    def end(self) -> datetime:
        return self.start + timedelta(hours=self.hours)


SHELF: Final = (
    Tool("hammer-drill", "Hammer drill", "With masonry bits from 5 to 12 mm", "power_tool", 9_000),
    Tool("circular-saw", "Circular saw", "190 mm, with its guide rail", "power_tool", 18_000),
    Tool("floor-sander", "Floor sander", "For boards and parquet; dust bag included", "power_tool", 120_000),
    Tool("ladder", "Extension ladder", "Aluminium, reaches 7 metres", "height", 30_000),
    Tool("chipper", "Garden chipper", "Branches up to 45 mm", "garden", 64_000),
    Tool("chisels", "Wood carving set", "Twelve chisels and a mallet", "hand_tool", 14_000),
)
CAMILLE: Final = Member("mem-0042", "Camille Martin", "camille@example.org")


class Loans:
    """All loans. Requests come in several threads at once."""

    def __init__(self) -> None:
        self._loans: dict[str, Loan] = {}
        self._seen: set[str] = set()
        self._lock = threading.Lock()

    def add(self, tool: Tool, start: datetime, hours: int, quote: Quote, shown_at: datetime) -> Loan:
        """A new loan, under an id that nobody guesses."""
        loan = Loan(secrets.token_urlsafe(12), tool, start, hours, quote, shown_at)
        with self._lock:
            self._loans[loan.id] = loan
        return loan

    def find(self, loan_id: str) -> Loan | None:
        """The loan of that id, if there is one."""
        return self._loans.get(loan_id)

    def covered(self) -> list[Loan]:
        """Those with a cover, the newest first."""
        return [loan for loan in reversed(list(self._loans.values())) if loan.cover is not None]

    def away(self, tool: Tool, start: datetime, hours: int, but: Loan | None = None) -> datetime | None:
        """When a tool that is lent out in those hours, `but` for one loan, is back; None if it's on the shelf."""
        end = start + timedelta(hours=hours)
        others = [loan for loan in self.covered() if loan.tool == tool and (but is None or loan.id != but.id)]
        return max((loan.end for loan in others if loan.start < end and start < loan.end), default=None)

    def take(self, loan_id: str, cover: Cover) -> None:
        """Notes the cover."""
        with self._lock:
            self._loans[loan_id] = replace(self._loans[loan_id], cover=cover)

    def tell(self, subject: str, told: Told) -> None:
        """Notes what a webhook told of a cover. It may come twice, and in any order."""
        with self._lock:
            if told.id in self._seen:
                return
            self._seen.add(told.id)
            for loan in self._loans.values():
                if loan.cover is not None and loan.cover.id == subject:
                    known = sorted((*loan.told, told), key=lambda one: one.sequence)
                    self._loans[loan.id] = replace(loan, told=tuple(known))
