"""Balancing: that the journal agrees with what it is of; and the journal as accountants read it. It changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from coverage.domain.faults import Missing
from coverage.domain.journal import RECEIVABLE
from coverage.domain.period import day_begins
from coverage.domain.tenant import Mode, Tenant
from coverage.storage import books, partners
from coverage.storage.books import AccountTotal, Entry
from coverage.storage.tenancy import Database, turn_to

END: Final = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a tenant's books that doesn't agree. `subject` is an id, or an account."""

    kind: str
    tenant_id: str
    subject: str
    what: str
    expected: str
    found: str

    def __str__(self) -> str:
        return (
            f"{self.kind}: {self.subject}, {self.what}: expected {self.expected}, found {self.found} ({self.tenant_id})"
        )


@dataclass(frozen=True, slots=True)
class Checked:
    """How much was checked, and how many faults were found."""

    tenants: int
    transactions: int
    transfers: int
    faults: int


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A movement of a partner's account: `amount` > 0 where the partner owes more. `balance` is after it."""

    at: datetime
    cause: str
    text: str
    amount: int
    currency: str
    balance: int


@dataclass(frozen=True, slots=True)
class Statement:
    """A partner's account over some days, in one currency."""

    currency: str
    opening: int
    lines: tuple[StatementLine, ...]
    closing: int


@dataclass(frozen=True, slots=True)
class Account:
    """A T-account: what was debited and credited, in order."""

    name: str
    currency: str
    debits: tuple[Entry, ...]
    credits: tuple[Entry, ...]

    @property
    def debit_total(self) -> int:
        return sum(entry.amount for entry in self.debits)

    @property
    def credit_total(self) -> int:
        return sum(entry.amount for entry in self.credits)


def check_books(
    queue: Database,
    tell: Callable[[Fault], None],
    progress: Callable[[int, int], None],
    *,
    only: Sequence[str] | None = None,
) -> Checked:
    """Checks the books of every tenant, or of those alone whose ids are `only`; tells each fault. `queue` is the database in
    the worker's role.

    It may run while others write: each check is of one moment. `progress` is told how many of how many tenants are done.
    """
    with queue.outside() as session:
        tenants = partners.tenant_ids(session) if only is None else only
    transactions = transfers = faults = 0
    for done, tenant_id in enumerate(tenants, start=1):
        for check in books.CHECKS:
            with _of(queue, tenant_id) as session:
                found = books.faults(session, check)
            for one in found:
                faults += 1
                tell(Fault(check, tenant_id, one.subject, one.what, one.expected, one.found))
        with _of(queue, tenant_id) as session:
            counted = books.count(session)
        transactions, transfers = transactions + counted[0], transfers + counted[1]
        progress(done, len(tenants))
    return Checked(len(tenants), transactions, transfers, faults)


def trial_balance(queue: Database, mode: Mode, partner_id: str | None, at: date | None) -> list[AccountTotal]:
    """Every account with its debits and credits by currency, at the end of a day by each partner's own days.

    Of all partners in a mode, or of one; raises `Missing` where there is none of that id.
    """
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for tenant in _tenants(queue, mode, partner_id):
        with _of(queue, tenant.id) as session:
            timezone = partners.partner_of(session, tenant.partner_id).timezone
            for one in books.totals(session, _end_of(at, timezone)):
                debit, credit = sums.get((one.account, one.currency), (0, 0))
                sums[one.account, one.currency] = (debit + one.debit, credit + one.credit)
    return [AccountTotal(account, currency, *sides) for (account, currency), sides in sorted(sums.items())]


def statement(
    queue: Database, mode: Mode, partner_id: str, first: date | None, last: date | None
) -> tuple[str, list[Statement]]:  # fmt: skip
    """What a partner owes, movement by movement, from a day to a day of its own; its name, and one for each currency."""
    account = RECEIVABLE["invoice"]
    (tenant,) = _tenants(queue, mode, partner_id)
    with _of(queue, tenant.id) as session:
        partner = partners.partner_of(session, partner_id)
        entries = books.of_account(session, account)
        texts = books.described(session, [entry.cause for entry in entries])
    begins = day_begins(first, ZoneInfo(partner.timezone)) if first else datetime(1, 1, 1, tzinfo=UTC)
    ends = _end_of(last, partner.timezone)
    currencies = sorted({entry.currency for entry in entries}) or ["EUR"]
    return partner.name, [
        _statement(account, currency, [one for one in entries if one.currency == currency], texts, begins, ends)
        for currency in currencies
    ]


def books_of_cover(queue: Database, name: str) -> tuple[str, list[Account]]:
    """The number of a cover, named by its id or number, and the journal of its whole life as T-accounts.

    Raises `Missing` where there is no such cover.
    """
    with queue.outside() as session:
        for tenant_id in partners.tenant_ids(session):
            turn_to(session, tenant_id)
            found = books.cover_named(session, name)
            if found is not None:
                return found[1], accounts_of(books.of_cover(session, found[0]))
    raise Missing("unknown_cover", f"there is no cover {name}")


def accounts_of(entries: Iterable[Entry]) -> list[Account]:
    """Transfers as T-accounts, by currency and name; what one cause moved on one side of an account is one entry."""
    sides: dict[tuple[str, str], tuple[list[Entry], list[Entry]]] = {}
    for entry in entries:
        sides.setdefault((entry.currency, entry.debit), ([], []))[0].append(entry)
        sides.setdefault((entry.currency, entry.credit), ([], []))[1].append(entry)
    return [
        Account(name, currency, _together(debits), _together(credited))
        for (currency, name), (debits, credited) in sorted(sides.items())
    ]


def _together(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    found: dict[str, Entry] = {}
    for entry in entries:
        before = found.get(entry.cause)
        found[entry.cause] = entry if before is None else replace(before, amount=before.amount + entry.amount)
    return tuple(found.values())


# ------------------------------------------------------------------------------------------ inside


@contextmanager
def _of(queue: Database, tenant_id: str) -> Iterator[Session]:
    """A transaction in the worker's role that sees the tenant's rows."""
    with queue.outside() as session:
        turn_to(session, tenant_id)
        yield session


def _tenants(queue: Database, mode: Mode, partner_id: str | None) -> list[Tenant]:
    with queue.outside() as session:
        found = [tenant for one in partners.tenant_ids(session) if (tenant := Tenant.of(one)).mode == mode]
    if partner_id is None:
        return found
    wanted = [tenant for tenant in found if tenant.partner_id == partner_id]
    if not wanted:
        raise Missing("unknown_partner", f"there is no partner {partner_id} in {mode} mode")
    return wanted


def _end_of(day: date | None, timezone: str) -> datetime:
    return day_begins(day + timedelta(days=1), ZoneInfo(timezone)) if day else END


def _statement(
    account: str, currency: str, entries: list[Entry], texts: Mapping[str, str], begins: datetime, ends: datetime
) -> Statement:
    opening = balance = 0
    lines = []
    for entry in entries:
        amount = entry.amount if entry.debit == account else -entry.amount
        if entry.at >= ends:
            break
        balance += amount
        if entry.at < begins:
            opening = balance
        else:
            lines.append(
                StatementLine(entry.at, entry.cause, texts.get(entry.cause, entry.cause), amount, currency, balance)
            )
    return Statement(currency, opening, tuple(lines), balance)
