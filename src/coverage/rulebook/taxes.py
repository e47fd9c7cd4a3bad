"""Which premium taxes and levies are in force on a day. A date without a rate is refused, never taken for zero."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from coverage.domain.faults import Rejected
from coverage.rulebook.format import FlatRow, TaxFile, TaxRow
from coverage.rulebook.notation import MICRO_PER_CENT, RATE_ONE
from coverage.rulebook.reading import canonical_json


class NoTaxRate(Rejected):
    """A class that the country's tax file has no rate for on that day."""

    def __init__(self, country: str, tax_class: str, on: date) -> None:
        super().__init__("no_tax_rate", f"{country} has no tax rate for {tax_class} on {on.isoformat()}")


@dataclass(frozen=True, slots=True)
class TaxRate:
    """One line of tax in force. `rate` and `on_share` are × 10⁶; a flat levy has `flat_cents` and no class."""

    name: str
    kind: str  # premium_tax or levy
    tax_class: str
    rate: int
    on_share: int
    flat_cents: int
    since: str
    source: str
    verified: bool

    @property
    def numerator(self) -> int:
        return self.rate * self.on_share

    @property
    def denominator(self) -> int:
        return RATE_ONE * RATE_ONE


@dataclass(frozen=True, slots=True)
class TaxesInForce:
    """The taxes that an edition meets on a day, in the order of its sections; what a price is frozen with."""

    country: str
    rates: tuple[TaxRate, ...]

    @property
    def text(self) -> str:
        return canonical_json(asdict(self))

    @property
    def hash(self) -> str:
        """SHA-256 of the rows that were used; a later row in the file changes nothing here."""
        return _hashed(self)

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> TaxesInForce:
        return cls(plain["country"], tuple(TaxRate(**row) for row in plain["rates"]))

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(rate.tax_class for rate in self.rates if rate.tax_class))


@lru_cache(maxsize=1024)
def _hashed(taxes: TaxesInForce) -> str:
    return hashlib.sha256(taxes.text.encode()).hexdigest()


def _row_on(rows: Iterable[TaxRow], on: date) -> TaxRow | None:
    return max((row for row in rows if row.from_ <= on), key=lambda row: row.from_, default=None)


def in_force(taxes: TaxFile, classes: Iterable[str], on: date) -> TaxesInForce:
    """The rates for `classes` on the day `on`: each class's levies, then its tax; flat levies last.

    Raises `NoTaxRate` where a class has none.
    """
    rates: list[TaxRate] = []
    for tax_class in classes:
        row = _row_on(taxes.premium_tax.get(tax_class, ()), on)
        if row is None:
            raise NoTaxRate(taxes.country, tax_class, on)
        for levy in taxes.levies:
            levied = _row_on(levy.rates, on) if levy.on == tax_class else None
            if levied is not None:
                rates.append(_rate(levy.name, "levy", tax_class, levied, levy.source))
        rates.append(_rate(tax_class, "premium_tax", tax_class, row, taxes.source))
    for levy in taxes.levies:
        flat = max((row for row in levy.per_contract if row.from_ <= on), key=lambda row: row.from_, default=None)
        if flat is not None and levy.once_per == "cover":
            rates.append(_flat(levy.name, flat, levy.source))
    return TaxesInForce(taxes.country, tuple(rates))


def _rate(name: str, kind: str, tax_class: str, row: TaxRow, source: str) -> TaxRate:
    return TaxRate(name, kind, tax_class, row.rate, row.on_share, 0, row.from_.isoformat(), source, row.verified)


def _flat(name: str, row: FlatRow, source: str) -> TaxRate:
    return TaxRate(
        name, "levy", "", 0, 0, row.amount.micros // MICRO_PER_CENT, row.from_.isoformat(), source, row.verified
    )


def next_change(taxes: TaxFile, classes: Iterable[str], after: date) -> date | None:
    """The first day after `after` on which one of the classes' rates changes; None when none is known."""
    wanted = set(classes)
    rows: list[TaxRow | FlatRow] = [row for name in wanted for row in taxes.premium_tax.get(name, ())]
    for levy in taxes.levies:
        rows += levy.per_contract if levy.once_per == "cover" else []
        rows += levy.rates if levy.on in wanted else []
    return min((row.from_ for row in rows if row.from_ > after), default=None)
