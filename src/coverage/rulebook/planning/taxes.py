"""Which premium taxes and levies are in force on a day. A date without a rate is refused, never taken for zero."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from math import gcd
from typing import Any

from coverage.domain.faults import Rejected
from coverage.rulebook.format import FlatRow, TaxFile, TaxRow
from coverage.rulebook.language.notation import MICRO_PER_CENT, RATE_ONE
from coverage.rulebook.language.reading import canonical_json
from coverage.rulebook.planning.plan import Plan
from coverage.rulebook.planning.taxing import EXEMPT, split_name


class NoTaxRate(Rejected):
    """A class that the country's tax file has no rate for on that day."""

    def __init__(self, country: str, tax_class: str, on: date) -> None:
        super().__init__("no_tax_rate", f"{country} has no tax rate for {tax_class} on {on.isoformat()}")


@dataclass(frozen=True, slots=True)
class TaxRate:
    """One line of tax in force. `rate` and `on_share` are × 10⁶; a flat levy has `flat_cents` and no class."""

    name: str
    kind: str  # premium_tax, levy, or surcharge
    tax_class: str  # of a surcharge the kind of premium that bears it; of another country "DE:household_contents"
    rate: int
    on_share: int
    flat_cents: int
    since: str
    source: str
    verified: bool

    @property
    def charged(self) -> int:
        """The rate on the whole premium, × 10⁶: of a rate on a share of it that share of the rate."""
        return self.rate * self.on_share // RATE_ONE

    @property
    def numerator(self) -> int:
        """With `denominator` the fraction of the premium that is due, in lowest terms: what is multiplied fits 64 bits."""
        return self.rate * self.on_share // self._common

    @property
    def denominator(self) -> int:
        return RATE_ONE * RATE_ONE // self._common

    @property
    def _common(self) -> int:
        return gcd(self.rate * self.on_share, RATE_ONE * RATE_ONE)


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
        found = [rate.tax_class for rate in self.rates if rate.tax_class and rate.kind != "surcharge"]
        return tuple(dict.fromkeys(found))


@lru_cache(maxsize=1024)
def _hashed(taxes: TaxesInForce) -> str:
    return hashlib.sha256(taxes.text.encode()).hexdigest()


def _row_on(rows: Iterable[TaxRow], on: date) -> TaxRow | None:
    return max((row for row in rows if row.from_ <= on), key=lambda row: row.from_, default=None)


def in_force(files: Mapping[str, TaxFile], plan: Plan, on: date) -> TaxesInForce:
    """The rates that a plan can meet on the day `on`: surcharges, then each class's levies and tax, flat levies last.

    `files` are the countries' taxes. Raises `NoTaxRate` where a class or a surcharge has none.
    """
    rates = [_surcharge(files, plan.country, name, kind, on) for name, kind in plan.surcharges]
    for tax_class in plan.tax_classes:
        if tax_class == EXEMPT and plan.exempt:
            rates.append(TaxRate(EXEMPT, "premium_tax", EXEMPT, 0, RATE_ONE, 0, "", plan.exempt, True))
        else:
            rates += class_rates(files, plan.country, tax_class, on)
    for levy in files[plan.country].levies if plan.country in files else ():
        flat = max((row for row in levy.per_contract if row.from_ <= on), key=lambda row: row.from_, default=None)
        if flat is not None and levy.once_per == "cover":
            rates.append(_flat(levy.name, flat, levy.source))
    return TaxesInForce(plan.country, tuple(rates))


def class_rates(files: Mapping[str, TaxFile], home: str, tax_class: str, on: date) -> Iterator[TaxRate]:
    """A class's levies and its tax on the day `on`, the class named as an edition of `home` does; raises `NoTaxRate`."""
    country, name = split_name(tax_class, home)
    file = files.get(country)
    row = _row_on(file.premium_tax.get(name, ()), on) if file else None
    if file is None or row is None:
        raise NoTaxRate(country, name, on)
    for levy in file.levies:
        levied = _row_on(levy.rates, on) if levy.on == name else None
        if levied is not None:
            yield _rate(levy.name, "levy", tax_class, levied, levy.source)
    yield _rate(name, "premium_tax", tax_class, row, file.source)


def _surcharge(files: Mapping[str, TaxFile], home: str, name: str, kind: str, on: date) -> TaxRate:
    country, own_kind = split_name(kind, home)
    for surcharge in files[country].surcharges if country in files else ():
        row = _row_on(surcharge.on.get(own_kind, ()), on) if surcharge.name == name else None
        if row is not None:
            return _rate(name, "surcharge", kind, row, surcharge.source)
    raise NoTaxRate(country, f"{name} on {own_kind}", on)


def _rate(name: str, kind: str, tax_class: str, row: TaxRow, source: str) -> TaxRate:
    return TaxRate(name, kind, tax_class, row.rate, row.on_share, 0, row.from_.isoformat(), source, row.verified)


def _flat(name: str, row: FlatRow, source: str) -> TaxRate:
    return TaxRate(
        name, "levy", "", 0, 0, row.amount.micros // MICRO_PER_CENT, row.from_.isoformat(), source, row.verified
    )


def next_change(files: Mapping[str, TaxFile], plan: Plan, after: date) -> date | None:
    """The first day after `after` on which a rate that the plan can meet changes; None when none is known."""
    rows: list[TaxRow | FlatRow] = []
    for tax_class in plan.tax_classes:
        country, name = split_name(tax_class, plan.country)
        if country in files:
            rows += files[country].premium_tax.get(name, ())
            rows += [row for levy in files[country].levies if levy.on == name for row in levy.rates]
    for name, kind in plan.surcharges:
        country, own_kind = split_name(kind, plan.country)
        for surcharge in files[country].surcharges if country in files else ():
            rows += surcharge.on.get(own_kind, ()) if surcharge.name == name else ()
    for levy in files[plan.country].levies if plan.country in files else ():
        rows += levy.per_contract if levy.once_per == "cover" else []
    return min((row.from_ for row in rows if row.from_ > after), default=None)
