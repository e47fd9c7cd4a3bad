"""The journal as transfers: each moves an amount from one account to another, so the whole is zero by shape.

Nothing is edited: a transfer is corrected by another one, the other way round.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from coverage.domain.premium import Premium, TaxLine


@dataclass(frozen=True, slots=True)
class Transfer:
    """`amount` > 0 minor units of `currency`: `debit` receives, `credit` gives."""

    debit: str
    credit: str
    amount: int
    currency: str

    def __post_init__(self) -> None:
        if self.amount <= 0:
            raise ValueError("a transfer moves something")
        if self.debit == self.credit:
            raise ValueError("a transfer joins two accounts")

    @property
    def reversed(self) -> Transfer:
        return Transfer(self.credit, self.debit, self.amount, self.currency)


def receivable() -> str:
    """What the partner owes and pays by invoice."""
    return "receivable/partner"


def transfers_for_issue(premium: Premium, product: str, country: str) -> tuple[Transfer, ...]:
    """The partner owes the gross: premium by section, each surcharge, each tax and levy to its authority, each fee to
    its owner.
    """
    owed = receivable()
    lines: list[tuple[str, int]] = [(f"premium/{product}/{section.name}", section.net) for section in premium.sections]
    # A surcharge is premium of its own: one account for each name, whatever sections it was taken on.
    names = dict.fromkeys(surcharge.name for surcharge in premium.surcharges)
    lines += [(f"surcharge/{product}/{name}", premium.surcharged(name)) for name in names]
    lines += [(_authority(country, tax), tax.amount) for tax in premium.taxes]
    lines += [(f"fee/{fee.name}", fee.amount) for fee in premium.fees]
    return tuple(Transfer(owed, account, amount, premium.currency) for account, amount in lines if amount)


def _authority(country: str, tax: TaxLine) -> str:
    """The account of a tax. A class abroad names its country: "DE:household_contents"."""
    abroad, _, tax_class = tax.tax_class.rpartition(":")
    return f"tax/{abroad or country}/{tax_class or 'contract'}/{tax.name}"


def transfers_for_return(issued: Iterable[Transfer]) -> tuple[Transfer, ...]:
    """A return of the whole premium: every transfer of the issue, the other way round."""
    return tuple(transfer.reversed for transfer in issued)


def balances(transfers: Iterable[Transfer]) -> dict[tuple[str, str], int]:
    """Debits less credits by (account, currency). Over all accounts of a currency they are zero."""
    found: dict[tuple[str, str], int] = {}
    for account, currency, amount in _entries(transfers):
        found[account, currency] = found.get((account, currency), 0) + amount
    return found


def _entries(transfers: Iterable[Transfer]) -> Iterator[tuple[str, str, int]]:
    for transfer in transfers:
        yield transfer.debit, transfer.currency, transfer.amount
        yield transfer.credit, transfer.currency, -transfer.amount
