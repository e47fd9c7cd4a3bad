"""What is said of a product before the contract, to everybody alike: the Insurance Product Information Document.

Commission Implementing Regulation (EU) 2017/1469 says what stands in it and in which order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from coverage.domain.certificate import Brand, Contact, CoverSaid, InsurerSeen
from coverage.domain.money import Money

Sign = Literal["tick", "cross", "warning", "where", "none"]


@dataclass(frozen=True, slots=True)
class InformationSeen:
    """The document's answers in one language, each under its question."""

    language: str
    product_name: str
    insurer: InsurerSeen
    version: str  # SHA-256 of what it says
    type_of_insurance: str
    insured: tuple[str, ...]
    not_insured: tuple[str, ...]
    restrictions: tuple[str, ...]
    where: tuple[str, ...]
    obligations: tuple[str, ...]
    payment: str
    start_and_end: str
    cancellation: str
    published_at: datetime  # of the edition that it goes with

    def answers(self) -> Iterator[tuple[str, Sign, tuple[str, ...]]]:
        """Each question, by the name of its sentence, with the sign before its answers, in the order of the annex."""
        yield "ipid.type_of_insurance", "none", (self.type_of_insurance,)
        yield "ipid.insured", "tick", self.insured
        yield "ipid.not_insured", "cross", self.not_insured
        yield "ipid.restrictions", "warning", self.restrictions
        yield "ipid.where", "where", self.where
        yield "ipid.obligations", "none", self.obligations
        yield "ipid.payment", "none", (self.payment,)
        yield "ipid.start_and_end", "none", (self.start_and_end,)
        yield "ipid.cancellation", "none", (self.cancellation,)


@dataclass(frozen=True, slots=True)
class TermsSeen:
    """A cover's terms in full, in one language: the cover as it was issued, and what its product says beside."""

    cover: CoverSaid
    issued_at: datetime
    need: str
    information: InformationSeen


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptSeen:
    """What a claimant is given once a claim is declared: that it arrived, what it says, and what happens now."""

    number: str
    language: str
    cover_number: str
    product_name: str
    object_label: str
    object_value: str
    policyholder: str
    loss_at: datetime
    reported_at: datetime
    timezone: str
    cause: str
    description: str
    sections: tuple[str, ...]
    insurer: InsurerSeen
    partner: str
    claims_contact: Contact
    livemode: bool
    brand: Brand


@dataclass(frozen=True, slots=True)
class LineOfAccount:
    """A movement: `amount` is positive where more is owed. `balance` is after it."""

    at: datetime
    text: str
    amount: Money
    balance: Money


@dataclass(frozen=True, slots=True)
class AccountSeen:
    """A partner's account over some days, in one currency."""

    opening: Money
    lines: tuple[LineOfAccount, ...]
    closing: Money

    @property
    def closing_shown(self) -> Money:
        """What is owed by whoever owes it."""
        return Money(abs(self.closing.amount), self.closing.currency)


@dataclass(frozen=True, slots=True)
class StatementSeen:
    """A partner's account over some days of its own; `last_at` is the last instant of the last."""

    language: str
    partner: str
    first_at: datetime
    last_at: datetime
    timezone: str
    accounts: tuple[AccountSeen, ...]
    livemode: bool
