"""The journal as transfers: each moves an amount from one account to another, so the whole is zero by shape.

Nothing is edited: a transfer is corrected by another one, the other way round.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

from coverage.domain.premium import Premium, TaxLine, half_up


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


# The chart of accounts. What has a debit balance is owed to us or lies with us; premium, taxes and fees have credit
# balances: they are the insurer's, an authority's or whoever's the fee is.
RECEIVABLE: Final = {"invoice": "receivable/partner", "card": "receivable/card"}  # by how a cover is paid for
DISPUTED: Final = "receivable/disputed"  # card payments that the card's holder took back
CARD_BALANCE: Final = "clearing/card"  # what the card processor holds for us
BANK: Final = "bank"
REFUNDS: Final = "payable/refunds"  # what goes back to members' cards
COMMISSION: Final = "payable/commission"  # what the partner has earned
CLAIMS_DUE: Final = "payable/claims"  # what is on its way to those who claimed
CARD_COSTS: Final = "cost/card"  # what the processor takes for its service


def premium_account(product: str, section: str) -> str:
    """What a section's premium comes to."""
    return f"premium/{product}/{section}"


def commission_account(product: str, section: str) -> str:
    """What the partner's commission takes of a section's premium."""
    return f"commission/{product}/{section}"


def surcharge_account(product: str, name: str) -> str:
    """The account of a surcharge: one for each name, whatever sections it was taken on."""
    return f"surcharge/{product}/{name}"


def fee_account(name: str) -> str:
    """The account of whoever the fee is owed to."""
    return f"fee/{name}"


def tax_account(country: str, tax: TaxLine) -> str:
    """The account of a tax. A class abroad names its country: "DE:household_contents"."""
    return "tax/" + "/".join(taxed_where(country, tax))


def taxed_where(country: str, tax: TaxLine) -> tuple[str, str, str]:
    """Whose tax it is: its country, its class there ("contract" where it is owed once for the contract), its name."""
    abroad, _, tax_class = tax.tax_class.rpartition(":")
    return abroad or country, tax_class or "contract", tax.name


# What a claim costs: to make the loss good, or to look into it and defend it (experts, lawyers), which is outside the limit.
CostKind = Literal["indemnity", "fees"]
_COSTS: Final[dict[CostKind, str]] = {"indemnity": "claims", "fees": "claims_fees"}


def incurred_account(product: str, section: str, kind: CostKind = "indemnity") -> str:
    """What a section's claims cost, paid or not yet."""
    return f"{_COSTS[kind]}_incurred/{product}/{section}"


def outstanding_account(product: str, section: str, kind: CostKind = "indemnity") -> str:
    """What a section's claims are thought to cost still: their reserves."""
    return f"{_COSTS[kind]}_outstanding/{product}/{section}"


@dataclass(frozen=True, slots=True)
class CommissionLine:
    """What the partner earns on a section's net premium: its rate (a fraction × 10⁶), its amount in minor units."""

    section: str
    rate: int
    amount: int


def transfers_for_charge(
    premium: Premium, product: str, country: str, owed: str, commission: Iterable[CommissionLine] = ()
) -> tuple[Transfer, ...]:
    """The account `owed` is charged the gross: premium by section, each surcharge, each tax and levy to its authority,
    each fee to its owner. Commission is a part of the net premium that becomes the partner's.
    """
    lines: list[tuple[str, int]] = [(premium_account(product, line.name), line.net) for line in premium.sections]
    # A surcharge is premium of its own: one account for each name, whatever sections it was taken on.
    names = dict.fromkeys(surcharge.name for surcharge in premium.surcharges)
    lines += [(surcharge_account(product, name), premium.surcharged(name)) for name in names]
    # Two rates of one tax, as where a cover was extended after the rate had changed, are one authority's.
    taxes: dict[str, int] = {}
    for tax in premium.taxes:
        account = tax_account(country, tax)
        taxes[account] = taxes.get(account, 0) + tax.amount
    lines += taxes.items()
    lines += [(fee_account(fee.name), fee.amount) for fee in premium.fees]
    charged = [Transfer(owed, account, amount, premium.currency) for account, amount in lines if amount]
    earned = [
        Transfer(commission_account(product, line.section), COMMISSION, line.amount, premium.currency)
        for line in commission
        if line.amount
    ]
    return (*charged, *earned)


def transfer_for_reserve(
    product: str, section: str, change: int, currency: str, kind: CostKind = "indemnity"
) -> Transfer:  # fmt: skip
    """What a section's claim is thought to cost, set aside; less than nothing of it is released."""
    more = Transfer(
        incurred_account(product, section, kind), outstanding_account(product, section, kind), abs(change), currency
    )
    return more if change > 0 else more.reversed


def transfer_for_payout(product: str, section: str, amount: int, currency: str, kind: CostKind) -> Transfer:
    """What was set aside is on its way to who claimed."""
    return Transfer(outstanding_account(product, section, kind), CLAIMS_DUE, amount, currency)


def reversed_transfers(transfers: Iterable[Transfer]) -> tuple[Transfer, ...]:
    """Every transfer the other way round: a charge given back."""
    return tuple(transfer.reversed for transfer in transfers)


def commission_on(nets: Mapping[str, int], rates: Mapping[str, int]) -> tuple[CommissionLine, ...]:
    """What is earned on net premiums by section (minor units), half up, at rates (a fraction × 10⁶) by section."""
    return tuple(
        CommissionLine(section, rates[section], (net * rates[section] + 500_000) // 1_000_000)
        for section, net in nets.items()
        if rates.get(section)
    )


def commission_back(
    earned: Iterable[CommissionLine], paid: Mapping[str, int], back: Mapping[str, int]
) -> tuple[CommissionLine, ...]:
    """What is lost of the commission when `back` is given back of the `paid` nets: in proportion, and all of it with all."""
    return tuple(
        CommissionLine(line.section, line.rate, half_up(Fraction(line.amount * back[line.section], paid[line.section])))
        for line in earned
        if back.get(line.section) and paid.get(line.section)
    )


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
