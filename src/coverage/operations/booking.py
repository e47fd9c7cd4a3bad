"""Booking: a transaction of a cover with its journal, in the terms of the trade, and what all of them come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

from coverage.domain.cover import SectionTerms
from coverage.domain.journal import (
    RECEIVABLE,
    CommissionLine,
    commission_back,
    commission_on,
    reversed_transfers,
    transfers_for_charge,
)
from coverage.domain.premium import Premium
from coverage.operations.house import Work
from coverage.operations.quoting import premium_of
from coverage.storage import covers, journal
from coverage.storage.covers import Cover, Transaction, TransactionTerms
from coverage.storage.identity import new_id
from coverage.storage.partners import MasterPolicy

MILLIONTHS = 1_000_000


@dataclass(frozen=True, slots=True)
class Paid:
    """What a cover's transactions come to in all: charged less given back."""

    premium: Premium
    commission: tuple[CommissionLine, ...]

    @property
    def nets(self) -> dict[str, int]:
        """Net premium by section, in minor units."""
        return {section.name: section.net for section in self.premium.sections}


def charge(
    tx: Work, cover: Cover, premium: Premium, *, risk_type: str, premium_type: str, effective_at: datetime
) -> Transaction:
    """Books that the cover costs `premium`, or so much more."""
    commission = commission_on({line.name: line.net for line in premium.sections}, _rates(tx, cover))
    return _book(tx, cover, premium, commission, 1, risk_type, premium_type, effective_at)


def give_back(
    tx: Work, cover: Cover, premium: Premium, paid: Paid, *, risk_type: str, effective_at: datetime
) -> Transaction:
    """Books that `premium` of what was `paid` goes back."""
    back = {line.name: line.net for line in premium.sections}
    commission = commission_back(paid.commission, paid.nets, back)
    return _book(tx, cover, premium, commission, -1, risk_type, "Return Premium", effective_at)


def keep_terms(tx: Work, transaction: Transaction, terms: Sequence[SectionTerms]) -> None:
    """Freezes the cover's terms as they stand from the transaction on. A claim reads those at its loss."""
    tx.session.add_all(
        TransactionTerms(
            tenant_id=tx.tenant_id, id=new_id("terms"), transaction_id=transaction.id, cover_id=transaction.cover_id,
            section=one.section, position=position, starts_at=one.period.start, ends_at=one.period.end, layer=one.layer,
            per=one.per, limits=one.limits, sublimits=one.sublimits, deductible=one.deductible, average=one.average,
            net=one.net, currency=transaction.currency, exclusions=list(one.exclusions),
        )
        for position, one in enumerate(terms)
    )  # fmt: skip


def paid_so_far(tx: Work, cover: Cover) -> Paid:
    """What the cover's transactions come to until now."""
    return sum_of(covers.transactions_of(tx.session, [cover.id]))


def sum_of(transactions: Sequence[Transaction]) -> Paid:
    """What a cover's transactions come to, from the first on; raises ValueError for none."""
    total, earned = None, dict[tuple[str, int], int]()
    by_id = {one.id: one for one in transactions}
    for one in transactions:
        premium, sign = difference_of(one, by_id), sign_of(one)
        total = premium if total is None else total.plus(premium) if sign > 0 else total.minus(premium)
        for line in commission_of(one):
            earned[line.section, line.rate] = earned.get((line.section, line.rate), 0) + sign * line.amount
    if total is None:
        raise ValueError("a cover that costs something has a transaction")
    return Paid(total, tuple(CommissionLine(*key, amount) for key, amount in earned.items() if amount))


def sign_of(transaction: Transaction) -> int:
    """1 where a transaction charges, -1 where it gives back."""
    return 1 if transaction.gross >= 0 and transaction.premium_type != "Return Premium" else -1


def difference_of(transaction: Transaction, others: Mapping[str, Transaction]) -> Premium:
    """A transaction's premium line by line; positive also where it is given back. The first returns that were ever
    booked name the transaction that they undo.
    """
    undone = transaction.price.get("returns")
    return premium_of(others[undone].price if undone else transaction.price)


def commission_of(transaction: Transaction) -> tuple[CommissionLine, ...]:
    """The commission that a transaction earns, or loses where it gives back."""
    return tuple(CommissionLine(**line) for line in transaction.price.get("commission", ()))


def _rates(tx: Work, cover: Cover) -> dict[str, int]:
    """The cover's commission rates by section, as fractions × 10⁶, from its master policy."""
    policy = tx.session.get_one(MasterPolicy, (tx.tenant_id, cover.master_policy_id))
    found = policy.commission.get(cover.product, {})
    return {section: int(Decimal(rate) * MILLIONTHS) for section, rate in found.items()}


def _book(
    tx: Work, cover: Cover, premium: Premium, commission: tuple[CommissionLine, ...], sign: int,
    risk_type: str, premium_type: str, effective_at: datetime,
) -> Transaction:  # fmt: skip
    before = covers.transactions_of(tx.session, [cover.id])
    transaction = Transaction(
        tenant_id=tx.tenant_id, id=new_id("transaction"), cover_id=cover.id, sequence=len(before) + 1,
        risk_type=risk_type, premium_type=premium_type, effective_at=effective_at, booked_at=tx.now,
        currency=cover.currency, net=sign * premium.net, surcharges=sign * premium.surcharge_total,
        tax=sign * premium.tax_total, fees=sign * premium.fee_total, gross=sign * premium.gross,
        price=asdict(premium) | {"commission": [asdict(line) for line in commission]},
    )  # fmt: skip
    tx.session.add(transaction)
    tx.session.flush()
    owed = RECEIVABLE[cover.payment_method]
    transfers = transfers_for_charge(premium, cover.product, cover.country, owed, commission)
    if sign < 0:
        transfers = reversed_transfers(transfers)
    journal.append(tx.session, tx.tenant_id, transaction.id, transfers, now=tx.now, wall=tx.wall)
    return transaction
