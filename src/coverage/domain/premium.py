"""A price with its lines. That the lines add up is true from birth, and nothing changes a price afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeVar


@dataclass(frozen=True, slots=True)
class SectionPremium:
    """What a section costs before tax, in minor units."""

    name: str
    net: int


@dataclass(frozen=True, slots=True)
class TaxLine:
    """A tax or levy: its class, its rate (a fraction × 10⁶; 0 for a flat levy), what it was taken on, its amount."""

    name: str
    kind: str  # premium_tax or levy
    tax_class: str
    rate: int
    base: int
    amount: int


@dataclass(frozen=True, slots=True)
class SurchargeLine:
    """A compulsory surcharge on a section: its rate (a fraction × 10⁶), what it was taken on, its amount. It is itself
    premium, and taxed with the section.
    """

    name: str
    section: str
    rate: int
    base: int
    amount: int


@dataclass(frozen=True, slots=True)
class FeeLine:
    name: str
    amount: int


@dataclass(frozen=True, slots=True)
class Premium:
    """The whole price in minor units of `currency`: net + surcharges + taxes + fees = gross, by construction."""

    currency: str
    sections: tuple[SectionPremium, ...]
    taxes: tuple[TaxLine, ...]
    fees: tuple[FeeLine, ...]
    net: int
    gross: int
    surcharges: tuple[SurchargeLine, ...] = ()

    def __post_init__(self) -> None:
        if sum(section.net for section in self.sections) != self.net:
            raise ValueError("the sections don't add up to the net premium")
        if self.net + self.surcharge_total + self.tax_total + self.fee_total != self.gross:
            raise ValueError("net, surcharges, taxes and fees don't add up to the gross premium")
        if min([self.net, *_amounts(self.surcharges, self.taxes, self.fees)]) < 0:
            raise ValueError("a premium is never negative")

    @classmethod
    def of(
        cls,
        currency: str,
        sections: tuple[SectionPremium, ...],
        taxes: tuple[TaxLine, ...],
        fees: tuple[FeeLine, ...],
        surcharges: tuple[SurchargeLine, ...] = (),
    ) -> Premium:
        """The premium of these lines."""
        net = sum(section.net for section in sections)
        gross = net + sum(_amounts(surcharges, taxes, fees))
        return cls(currency, sections, taxes, fees, net, gross, surcharges)

    def plus(self, other: Premium) -> Premium:
        """Both together, like lines as one."""
        return self._joined(other, 1)

    def minus(self, other: Premium) -> Premium:
        """What is left when `other` is given back of this; raises ValueError where that is more than there is."""
        return self._joined(other, -1)

    def share(self, part: Fraction) -> Premium:
        """That part of every line, half up to the minor unit."""
        lines = self._each(lambda amount: half_up(amount * part))
        return Premium.of(self.currency, lines.sections, lines.taxes, lines.fees, lines.surcharges)

    @property
    def surcharge_total(self) -> int:
        return sum(surcharge.amount for surcharge in self.surcharges)

    def surcharged(self, name: str) -> int:
        """What a surcharge comes to on all sections."""
        return sum(surcharge.amount for surcharge in self.surcharges if surcharge.name == name)

    @property
    def tax_total(self) -> int:
        return sum(tax.amount for tax in self.taxes)

    @property
    def fee_total(self) -> int:
        return sum(fee.amount for fee in self.fees)

    def _joined(self, other: Premium, sign: int) -> Premium:
        if other.currency != self.currency:
            raise ValueError(f"{other.currency} beside {self.currency}: convert before adding")
        theirs = other._each(lambda amount: sign * amount)
        sections = {line.name: 0 for line in (*self.sections, *theirs.sections)}
        for line in (*self.sections, *theirs.sections):
            sections[line.name] += line.net
        return Premium.of(
            self.currency,
            tuple(SectionPremium(name, net) for name, net in sections.items()),
            _merged((*self.taxes, *theirs.taxes)),
            _merged_fees((*self.fees, *theirs.fees)),
            _merged((*self.surcharges, *theirs.surcharges)),
        )

    def _each(self, turned: Callable[[int], int]) -> _Lines:
        return _Lines(
            tuple(replace(line, net=turned(line.net)) for line in self.sections),
            tuple(replace(line, base=turned(line.base), amount=turned(line.amount)) for line in self.taxes),
            tuple(replace(line, amount=turned(line.amount)) for line in self.fees),
            tuple(replace(line, base=turned(line.base), amount=turned(line.amount)) for line in self.surcharges),
        )


@dataclass(frozen=True, slots=True)
class _Lines:
    """The lines of a premium, or of what comes off one."""

    sections: tuple[SectionPremium, ...]
    taxes: tuple[TaxLine, ...]
    fees: tuple[FeeLine, ...]
    surcharges: tuple[SurchargeLine, ...]


def half_up(amount: Fraction) -> int:
    """To the nearest whole unit, a half up."""
    return int((amount + Fraction(1, 2)) // 1)


Line = TypeVar("Line", TaxLine, SurchargeLine)


def _merged(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Like lines as one: equal but for what they were taken on and come to. What came to nothing is left out."""
    found: dict[Line, Line] = {}
    for line in lines:
        like = replace(line, amount=0, base=0)
        before = found.get(like, like)
        found[like] = replace(before, amount=before.amount + line.amount, base=before.base + line.base)
    return tuple(line for line in found.values() if line.amount or line.base)


def _merged_fees(lines: Iterable[FeeLine]) -> tuple[FeeLine, ...]:
    found: dict[str, int] = {}
    for line in lines:
        found[line.name] = found.get(line.name, 0) + line.amount
    return tuple(FeeLine(name, amount) for name, amount in found.items() if amount)


def _amounts(*lines: tuple[SurchargeLine | TaxLine | FeeLine, ...]) -> Iterator[int]:
    return (line.amount for kind in lines for line in kind)


def spread_pro_rata(total: int, shares: tuple[int, ...]) -> tuple[int, ...]:
    """`total` minor units over `shares` in their proportion, to the last unit.

    Each gets the whole units of its part; the units left over go one each to the largest remainders, ties in order.
    Shares that are all nothing are taken as equal.
    """
    weights = shares if any(shares) else tuple(1 for _ in shares)
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    left = total - sum(parts)
    for index in sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))[:left]:
        parts[index] += 1
    return tuple(parts)
