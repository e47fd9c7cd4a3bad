"""Money in whole minor units of one currency (ISO 4217), and nothing in between."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

# How many decimal places a currency's minor unit has (ISO 4217, list one). A currency is sold in
# once it stands here.
MINOR_DIGITS = {"EUR": 2, "GBP": 2, "CHF": 2, "SEK": 2, "DKK": 2, "NOK": 2, "PLN": 2, "USD": 2}


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in minor units (cents): `Money(3024, "EUR")` is €30.24."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount) is not int:
            raise TypeError(f"money counts whole minor units, found {self.amount!r}")
        if self.currency not in MINOR_DIGITS:
            raise ValueError(f"no such currency here: {self.currency!r}")

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other).amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other).amount, self.currency)

    def __str__(self) -> str:
        return f"{self.major} {self.currency}"

    @property
    def major(self) -> Decimal:
        """The amount in major units, exact: `Decimal("30.24")`."""
        return Decimal(self.amount).scaleb(-MINOR_DIGITS[self.currency])

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise ValueError(f"{other.currency} beside {self.currency}: convert before adding")
        return other


def total(amounts: Iterable[Money], currency: str) -> Money:
    """The sum of `amounts`; zero of `currency` when there are none."""
    result = Money(0, currency)
    for amount in amounts:
        result = result + amount
    return result
