"""Reports: columns and rows, the days that they are about, and what they come to, to be held against the journal.

A report is made from the price lines that were frozen; the journal is what was posted. Both come to the same, to the cent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final, Literal
from zoneinfo import ZoneInfo

from coverage.domain.journal import (
    COMMISSION,
    CommissionLine,
    commission_account,
    surcharge_account,
    tax_account,
    taxed_where,
)
from coverage.domain.money import Money
from coverage.domain.period import day_begins
from coverage.domain.premium import Premium

Cell = str | date | datetime | Decimal | int | None
Row = tuple[Cell, ...]
# What stands in a column: text, a day, an instant, an amount in major units, a rate as a fraction, or a whole number.
Kind = Literal["text", "day", "instant", "money", "rate", "count"]

RATE_ONE: Final = 1_000_000
# Nothing was booked before, and in no time zone did it begin later.
FIRST_INSTANT: Final = datetime(1, 1, 3, tzinfo=UTC)


# With these a cell begins that a spreadsheet runs instead of showing it, be it full width; it also looks behind a tab or
# the end of a line (https://owasp.org/www-community/attacks/CSV_Injection).
RUN_BY_SPREADSHEETS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a report. `code` is its standard's, if one defines it."""

    name: str
    kind: Kind = "text"
    code: str = ""

    @property
    def heading(self) -> str:
        return f"{self.code} {self.name}".lstrip()


@dataclass(frozen=True, slots=True)
class Span:
    """Whole local days, `first` to just before `after`. Where a day begins is for each cover's own time zone to say."""

    first: date
    after: date

    @classmethod
    def of_day(cls, day: date) -> Span:
        return cls(day, day + timedelta(days=1))

    @classmethod
    def of_month(cls, text: str) -> Span:
        """The calendar month that is written "2026-11"; raises ValueError."""
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}", text):
            raise ValueError(f"{text[:20]!r} is no month; expected one such as 2026-11")
        year, month = int(text[:4]), int(text[5:])
        if not (1900 <= year <= 9998 and 1 <= month <= 12):
            raise ValueError(f"{text!r} is no month; expected one such as 2026-11")
        return cls(date(year, month, 1), date(year + month // 12, month % 12 + 1, 1))

    def instants(self, timezone: str) -> tuple[datetime, datetime]:
        """Its first instant there, and the first after it: a month with a change of clocks is longer or shorter."""
        zone = ZoneInfo(timezone)
        return day_begins(self.first, zone), day_begins(self.after, zone)

    @property
    def last(self) -> date:
        return self.after - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Policy:
    """The master policy that a cover stands under, and who stands in it."""

    partner: str
    insurer: str
    number: str
    umr: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class Booked:
    """A transaction as it was booked. `premium` and `commission` are positive; `sign` is -1 where they were given back.

    `classes` are each section's tax classes with their shares of it (× 10⁶); `starts_at` to `ends_at` is the cover's window
    from then on.
    """

    id: str
    policy: Policy
    product: str
    country: str
    timezone: str
    certificate: str
    risk_type: str
    premium_type: str
    booked_at: datetime
    effective_at: datetime
    starts_at: datetime
    ends_at: datetime
    sign: int
    premium: Premium
    commission: tuple[CommissionLine, ...] = ()
    classes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """An account of which the report says another amount than the journal."""

    tenant_id: str
    account: str
    currency: str
    reported: int
    posted: int

    def __str__(self) -> str:
        reported, posted = Money(self.reported, self.currency), Money(self.posted, self.currency)
        return f"{self.tenant_id}: {self.account}: the report comes to {reported}, the journal to {posted}"


class Sums:
    """What a tenant's rows come to by account and currency, in minor units: what the accounts receive as credit."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, str], int] = {}

    def add(self, account: str, currency: str, amount: int) -> None:
        self._of[account, currency] = self._of.get((account, currency), 0) + amount

    def against(self, tenant_id: str, posted: Mapping[tuple[str, str], int]) -> Iterator[Difference]:
        """Each account on which they differ, in order. An account that one of them doesn't know is at 0 there."""
        for account, currency in sorted(self._of.keys() | posted.keys()):
            ours, theirs = self._of.get((account, currency), 0), posted.get((account, currency), 0)
            if ours != theirs:
                yield Difference(tenant_id, account, currency, ours, theirs)


def major(amount: int, currency: str) -> Decimal:
    """Minor units as they are written: 3024 is 30.24."""
    return Money(amount, currency).major


def rate_text(rate: int) -> Decimal:
    """A fraction × 10⁶ as it is written: 90000 is 0.090000."""
    return Decimal(rate).scaleb(-6)


# ------------------------------------------------------------------------------------------------ taxes


TAX_COLUMNS: Final = (
    Column("period_start", "day"), Column("period_end", "day"), Column("insurer"), Column("country"),
    Column("tax_class"), Column("kind"), Column("name"), Column("currency"), Column("taxable_base", "money"),
    Column("rate", "rate"), Column("amount", "money"),
)  # fmt: skip


class TaxLines:
    """Tax, levies and surcharges by insurer, country, class, kind, name, currency and rate. What was given back counts
    negative. The rate of a flat levy, which is taken on nothing, is left out.
    """

    def __init__(self) -> None:
        self._of: dict[tuple[str, str, str, str, str, str, int], list[int]] = {}

    def take(self, booked: Booked, sums: Sums) -> None:
        """Adds a transaction's lines, and to `sums` what they come to by account."""
        currency = booked.premium.currency
        for tax in booked.premium.taxes:
            country, tax_class, name = taxed_where(booked.country, tax)
            self._add(booked, country, tax_class, tax.kind, name, tax.rate, tax.base, tax.amount)
            sums.add(tax_account(booked.country, tax), currency, booked.sign * tax.amount)
        for line in booked.premium.surcharges:
            self._add(booked, booked.country, booked.product, "surcharge", line.name, line.rate, line.base, line.amount)
            sums.add(surcharge_account(booked.product, line.name), currency, booked.sign * line.amount)

    def rows(self, span: Span) -> Iterator[Row]:
        """The lines of a return, in order."""
        for key, (base, amount) in sorted(self._of.items()):
            insurer, country, tax_class, kind, name, currency, rate = key
            flat = not rate and not base
            yield (
                span.first, span.last, insurer, country, tax_class, kind, name, currency, major(base, currency),
                None if flat else rate_text(rate), major(amount, currency),
            )  # fmt: skip

    def _add(
        self, booked: Booked, country: str, tax_class: str, kind: str, name: str, rate: int, base: int, amount: int
    ) -> None:  # fmt: skip
        key = (booked.policy.insurer, country, tax_class, kind, name, booked.premium.currency, rate)
        found = self._of.setdefault(key, [0, 0])
        found[0] += booked.sign * base
        found[1] += booked.sign * amount


# ------------------------------------------------------------------------------------------ commission


COMMISSION_COLUMNS: Final = (
    Column("period_start", "day"), Column("period_end", "day"), Column("partner"), Column("insurer"),
    Column("master_policy"), Column("product"), Column("section"), Column("currency"), Column("net_premium", "money"),
    Column("rate", "rate"), Column("commission", "money"),
)  # fmt: skip


class CommissionLines:
    """Commission by master policy, product, section, currency and rate, less what was lost with what was given back."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, str, str, str, str, str, int], list[int]] = {}

    def take(self, booked: Booked, sums: Sums) -> None:
        """Adds a transaction's lines, and to `sums` what they come to by account."""
        policy, currency = booked.policy, booked.premium.currency
        for section in booked.premium.sections:
            # What is given back may have been earned at two rates: the premium stands beside the first.
            earned = [(one.rate, one.amount) for one in booked.commission if one.section == section.name] or [(0, 0)]
            for number, (rate, amount) in enumerate(earned):
                key = (policy.partner, policy.insurer, policy.number, booked.product, section.name, currency, rate)
                found = self._of.setdefault(key, [0, 0])
                found[0] += 0 if number else booked.sign * section.net
                found[1] += booked.sign * amount
        for line in booked.commission:
            sums.add(commission_account(booked.product, line.section), currency, -booked.sign * line.amount)
            sums.add(COMMISSION, currency, booked.sign * line.amount)

    def rows(self, span: Span) -> Iterator[Row]:
        """The lines of a statement, in order. A premium that earns nothing is told too."""
        for key, (net, amount) in sorted(self._of.items()):
            partner, insurer, policy, product, section, currency, rate = key
            yield (
                span.first, span.last, partner, insurer, policy, product, section, currency, major(net, currency),
                rate_text(rate), major(amount, currency),
            )  # fmt: skip


# --------------------------------------------------------------------------------------------- premium


PREMIUM_COLUMNS: Final = (
    Column("period_start", "day"), Column("period_end", "day"), Column("product"), Column("section"), Column("line"),
    Column("currency"), Column("unearned_before", "money"), Column("written", "money"), Column("earned", "money"),
    Column("unearned_after", "money"),
)  # fmt: skip
UNEARNED_COLUMNS: Final = (
    Column("at"), Column("product"), Column("section"), Column("line"), Column("currency"),
    Column("written_to_date", "money"), Column("earned_to_date", "money"), Column("unearned", "money"),
)  # fmt: skip


class PremiumLines:
    """Amounts by product, section, line (the net premium, or a surcharge by its name) and currency, several to a line."""

    def __init__(self, amounts: int) -> None:
        self._amounts = amounts
        self._of: dict[tuple[str, str, str, str], list[int]] = {}

    def add(self, key: tuple[str, str, str, str], amounts: Sequence[int]) -> None:
        """Adds `amounts` to a line's."""
        found = self._of.setdefault(key, [0] * self._amounts)
        for index, amount in enumerate(amounts):
            found[index] += amount

    def rows(self, *before: Cell) -> Iterator[Row]:
        """The lines in order, each behind what stands before all. One that came to nothing at all is left out."""
        for key, amounts in sorted(self._of.items()):
            if any(amounts):
                yield (*before, *key, *(major(amount, key[3]) for amount in amounts))


def in_batches(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """The rows, `size` at a time."""
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
