"""The facts that an invoice states. What they look like is the templates' matter."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from coverage.domain.certificate import Brand, InsurerSeen, TaxSeen
from coverage.domain.money import Money


@dataclass(frozen=True, slots=True)
class Amounts:
    """A premium by its parts, negative where it is given back: net + surcharges + taxes + fees = gross."""

    net: Money
    surcharges: Money
    taxes: Money
    fees: Money
    gross: Money

    def __post_init__(self) -> None:
        if self.net + self.surcharges + self.taxes + self.fees != self.gross:
            raise ValueError("net, surcharges, taxes and fees don't add up to the gross premium")

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(
            self.net + other.net, self.surcharges + other.surcharges, self.taxes + other.taxes, self.fees + other.fees,
            self.gross + other.gross,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class LineSeen:
    """One transaction of a cover, or several of one day, product and kind. `kind` is new, additional or returned."""

    position: int
    booked_at: datetime
    cover_number: str  # "" for several
    product: str  # in the invoice's language
    policyholder: str  # the partner's own reference of the person; no name stands on an invoice
    kind: str
    amounts: Amounts
    count: int = 1


@dataclass(frozen=True, slots=True)
class InvoiceSeen:
    """All that one invoice says, in one language. Instants are UTC; `timezone` is the partner's, whose days its month has.

    What an invoice must name: Code général des impôts, annexe II, art. 242 nonies A, I. Of that, the partner's address and
    registers aren't kept here and so aren't told.
    """

    number: str
    language: str
    month: date  # its first day
    partner: str
    insurers: tuple[InsurerSeen, ...]  # whose premium it is
    master_policies: tuple[str, ...]
    lines: tuple[LineSeen, ...]
    total: Amounts
    taxes: tuple[TaxSeen, ...]  # each tax by its rate: together the total's taxes
    issued_at: datetime
    due_at: datetime
    timezone: str
    livemode: bool
    brand: Brand = field(default_factory=Brand)

    @property
    def is_credit_note(self) -> bool:
        """Whether more was given back than charged."""
        return self.total.gross.amount < 0

    @property
    def owed(self) -> Money:
        """What is owed, by whom ever."""
        return Money(abs(self.total.gross.amount), self.total.gross.currency)

    @property
    def has_surcharges(self) -> bool:
        return any(line.amounts.surcharges.amount for line in self.lines)

    @property
    def has_fees(self) -> bool:
        return any(line.amounts.fees.amount for line in self.lines)
