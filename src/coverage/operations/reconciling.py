"""Reconciling: the card processor's balance against the journal, movement by movement and in all.

Movements are kept once each, as they were read; what the processor took for its service and what it paid out are posted
from them. Both sides are looked at while money moves: what the journal had before the processor was asked must be there,
and what the processor tells must be in the journal afterwards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from coverage.domain.faults import Rejected
from coverage.domain.journal import BANK, CARD_BALANCE, CARD_COSTS, Transfer
from coverage.domain.money import MINOR_DIGITS, Money
from coverage.domain.payment import BalanceEntry
from coverage.domain.premium import spread_pro_rata
from coverage.domain.tenant import Caller, Mode, Tenant
from coverage.operations.house import House, Work
from coverage.operations.owing import post
from coverage.storage import books, partners, payments
from coverage.storage.books import Movement
from coverage.storage.identity import new_id
from coverage.storage.payments import BalanceEntryKept
from coverage.storage.tenancy import Database, turn_to

# Movements of the whole account, which are spread over all who have something there.
EVERYBODYS: Final = ("payout", "fee")
ACTOR: Final = "reconciling"
BEGINNING: Final = datetime(2020, 1, 1, tzinfo=UTC)
# So far back is read again each time: a movement may be told late.
AGAIN: Final = timedelta(days=35)

By = Mapping[Tenant, Sequence[Movement]]


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the journal and the processor's balance differ. `tenant_id` is "" where it can't be told whose it is.

    Kinds: unknown_movement, not_in_journal, not_at_processor, amount_differs, balance_differs.
    """

    kind: str
    tenant_id: str
    subject: str
    processor: str
    journal: str

    def __str__(self) -> str:
        whose = f" ({self.tenant_id})" if self.tenant_id else ""
        return f"{self.kind}: {self.subject}: the processor has {self.processor}, the journal {self.journal}{whose}"


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What was read and kept, and how many differences were found."""

    read: int
    kept: int
    differences: int


def reconcile(
    house: House, queue: Database, mode: Mode, since: datetime | None, tell: Callable[[Difference], None]
) -> Reconciled:
    """Reads the processor's balance of a mode from `since` on, or from a while before what was read last; tells each
    difference. `queue` is the same database in the worker's role.

    Raises `Rejected` ("card_unavailable") where the mode has no processor, `Unavailable` where it doesn't answer.
    """
    processor = house.payments.get(mode)
    if processor is None:
        raise Rejected("card_unavailable", f"no card processor is configured for {mode} mode")
    began = house.wall()
    before = _movements(queue, mode)
    told = list(processor.balance(since or _read_until(queue, list(before))))
    after = _movements(queue, mode)
    whose, differences = _attributed(queue, told, after), list[Difference]()
    kept = 0
    for tenant in after:
        kept += _keep(house, tenant, [entry for entry, owner in whose if owner == tenant])
    differences += [_unknown(entry) for entry, owner in whose if owner is None and entry.kind not in EVERYBODYS]
    for entry in told:
        if entry.kind in EVERYBODYS:
            spread = _spread(house, queue, list(after), entry)
            kept += spread or 0
            if spread is None:
                differences.append(_unknown(entry))
    for tenant in after:
        differences += _compared(queue, tenant, before.get(tenant, ()), after[tenant], began)
    for difference in differences:
        tell(difference)
    return Reconciled(len(told), kept, len(differences))


# ------------------------------------------------------------------------------------------ whose it is


def _movements(queue: Database, mode: Mode) -> dict[Tenant, list[Movement]]:
    with queue.outside() as session:
        tenants = [tenant for one in partners.tenant_ids(session) if (tenant := Tenant.of(one)).mode == mode]
        found = {}
        for tenant in tenants:
            turn_to(session, tenant.id)
            found[tenant] = books.movements(session)
        return found


def _read_until(queue: Database, tenants: Sequence[Tenant]) -> datetime:
    last = BEGINNING + AGAIN
    with queue.outside() as session:
        for tenant in tenants:
            turn_to(session, tenant.id)
            last = max([last, *(entry.happened_at for entry in payments.entries(session)[-1:])])
    return last - AGAIN


def _attributed(queue: Database, told: Sequence[BalanceEntry], after: By) -> list[tuple[BalanceEntry, Tenant | None]]:
    """Each movement with its tenant: as it says itself, or whose journal knows it. Payouts and the account's own fees are everybody's.

    What pays an invoice doesn't say so. It is taken for the one of that amount that was paid at the processor.
    """
    by_id = {tenant.id: tenant for tenant in after}
    by_source = {(one.kind, one.source): tenant for tenant, found in after.items() for one in found if one.source}
    invoices: dict[tuple[int, str], list[Tenant]] = {}
    known: dict[str, Tenant] = {}
    with queue.outside() as session:
        for tenant, found in after.items():
            turn_to(session, tenant.id)
            there = payments.entries(session)
            known |= {entry.processor_id: tenant for entry in there if entry.kind not in EVERYBODYS}
            unmatched = Counter((one.amount, one.currency) for one in found if one.source is None)
            sources = {one.source for one in found}
            unmatched -= Counter(
                (e.amount, e.currency) for e in there if e.kind == "charge" and e.source not in sources
            )
            for key, count in unmatched.items():
                invoices.setdefault(key, []).extend([tenant] * count)
    result: list[tuple[BalanceEntry, Tenant | None]] = []
    for entry in told:
        owner = known.get(entry.id) or by_id.get(entry.tenant_id) or by_source.get((entry.kind, entry.source))
        if owner is None and entry.kind == "charge" and (waiting := invoices.get((entry.amount, entry.currency))):
            owner = waiting.pop(0)
        result.append((entry, None if entry.kind in (*EVERYBODYS, "other") else owner))
    return result


# ------------------------------------------------------------------------------------------ kept and posted


def _keep(house: House, tenant: Tenant, found: Sequence[BalanceEntry]) -> int:
    """Keeps a tenant's movements and posts their fees; answers how many are new."""
    if not found:
        return 0
    with house.transaction(Caller(tenant, ACTOR)) as tx:
        return sum(_kept(tx, entry) for entry in found)


def _kept(tx: Work, entry: BalanceEntry) -> bool:
    row = BalanceEntryKept(
        tenant_id=tx.tenant_id, id=new_id("balance_entry"), processor_id=entry.id, kind=entry.kind, source=entry.source,
        amount=entry.amount, fee=entry.fee, currency=entry.currency, happened_at=entry.at, created_at=tx.now,
    )  # fmt: skip
    if not payments.keep_entry(tx.session, row):
        return False
    if taken := entry.fee - (entry.amount if entry.kind == "fee" else 0):
        cost = Transfer(CARD_COSTS, CARD_BALANCE, abs(taken), entry.currency)
        post(tx, row.id, cost if taken > 0 else cost.reversed)
    if entry.kind == "payout" and entry.amount:
        paid = Transfer(BANK, CARD_BALANCE, abs(entry.amount), entry.currency)
        post(tx, row.id, paid if entry.amount < 0 else paid.reversed)
    return True


def _spread(house: House, queue: Database, tenants: Sequence[Tenant], entry: BalanceEntry) -> int | None:
    """Spreads a payout, or a fee of the account's, over the tenants whose money it is, in proportion of what lies at the processor for each.

    Broken off half-way, the rest goes to those who have no part yet. None where something is left that is nobody's.
    """
    lying: dict[Tenant, int] = {}
    amount, fee = entry.amount, entry.fee
    with queue.outside() as session:
        for tenant in tenants:
            turn_to(session, tenant.id)
            mine = [one for one in payments.entries(session) if one.processor_id == entry.id]
            if mine:
                amount, fee = amount - mine[0].amount, fee - mine[0].fee
                continue
            there = sum(one[2] for one in books.cleared(session) if one[1] == entry.currency)
            if there > 0:
                lying[tenant] = there
    if not amount and not fee:
        return 0
    if not lying:
        return None
    owners, shares = list(lying), tuple(lying.values())
    sign = -1 if amount < 0 else 1
    amounts = [sign * part for part in spread_pro_rata(abs(amount), shares)]
    fees = [(-1 if fee < 0 else 1) * part for part in spread_pro_rata(abs(fee), shares)]
    made = 0
    for owner, part, cost in zip(owners, amounts, fees, strict=True):
        if part or cost:
            made += _keep(house, owner, [replace(entry, amount=part, fee=cost)])
    return made


# ------------------------------------------------------------------------------------------ compared


def _compared(
    queue: Database, tenant: Tenant, before: Sequence[Movement], after: Sequence[Movement], began: datetime
) -> list[Difference]:
    with queue.outside() as session:
        turn_to(session, tenant.id)
        there, cleared = payments.entries(session), books.cleared(session)
    moved = [one for one in there if one.kind not in EVERYBODYS]
    journal = {(one.kind, one.source): one for one in after if one.source}
    invoices = Counter((one.amount, one.currency) for one in after if one.source is None)
    found, matched = list[Difference](), set[tuple[str, str]]()
    for entry in moved:
        one = journal.get((entry.kind, entry.source))
        has, subject = _money(entry.amount, entry.currency), f"{entry.kind} {entry.source} ({entry.processor_id})"
        if one is not None:
            matched.add((one.cause, one.kind))
            if (one.amount, one.currency) != (entry.amount, entry.currency):
                words = f"{_money(one.amount, one.currency)} as {one.cause}"
                found.append(Difference("amount_differs", tenant.id, subject, has, words))
        elif entry.kind == "charge" and invoices[entry.amount, entry.currency] > 0:
            invoices[entry.amount, entry.currency] -= 1
        else:
            found.append(Difference("not_in_journal", tenant.id, subject, has, "nothing"))
    for one in before:
        missing = one.source is not None and (one.cause, one.kind) not in matched
        if one.source is None and invoices[one.amount, one.currency] > 0:
            invoices[one.amount, one.currency] -= 1
            missing = True
        if missing:
            subject = f"{one.kind} {one.source or ''} ({one.cause})".replace("  ", " ")
            words = _money(one.amount, one.currency)
            found.append(Difference("not_at_processor", tenant.id, subject, "nothing", words))
    return found + _balances(tenant, there, cleared, {cause for cause, _ in matched}, began)


def _balances(
    tenant: Tenant, there: Sequence[BalanceEntryKept], cleared: Sequence[tuple[str, str, int, datetime]],
    matched: set[str], began: datetime,
) -> list[Difference]:  # fmt: skip
    """The balance in all, by currency. What was posted since we asked and isn't among what was told isn't counted yet."""
    entries = {one.id for one in there}
    sums: dict[str, tuple[int, int]] = {}
    for one in there:
        told, posted = sums.get(one.currency, (0, 0))
        sums[one.currency] = (told + one.amount - one.fee, posted)
    for cause, currency, amount, at in cleared:
        if at < began or cause in matched or cause in entries:
            told, posted = sums.get(currency, (0, 0))
            sums[currency] = (told, posted + amount)
    return [
        Difference("balance_differs", tenant.id, CARD_BALANCE, _money(told, currency), _money(posted, currency))
        for currency, (told, posted) in sorted(sums.items())
        if told != posted
    ]


def _unknown(entry: BalanceEntry) -> Difference:
    subject = f"{entry.kind} {entry.source} ({entry.id})"
    return Difference("unknown_movement", entry.tenant_id, subject, _money(entry.net, entry.currency), "nothing")


def _money(amount: int, currency: str) -> str:
    # An account may be held in a currency that nothing is sold in.
    return str(Money(amount, currency)) if currency in MINOR_DIGITS else f"{amount} {currency}"
