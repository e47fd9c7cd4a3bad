"""A card processor for the tests of invoices and books: a fake behind the port `Payments`, of which these ask little."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import text

from coverage.domain.faults import Rejected, Unavailable
from coverage.domain.payment import BalanceEntry, Bill, BillSent
from coverage.domain.tenant import Tenant
from coverage.operations.house import House
from coverage.operations.ports import Payments
from coverage.storage.tenancy import Database


@dataclass
class Billing:
    """Sends bills and tells the balance's movements. `away`: it does what it is asked, and its answer is lost."""

    bills: dict[str, Bill] = field(default_factory=dict)
    states: dict[str, BillSent] = field(default_factory=dict)
    movements: list[BalanceEntry] = field(default_factory=list)
    away: bool = False
    before_balance: Callable[[], object] = lambda: None

    def send_bill(self, bill: Bill) -> BillSent:
        assert sum(line.amount for line in bill.lines) > 0
        found = f"in_{bill.invoice_id}"
        self.bills[found] = bill
        self.states.setdefault(found, BillSent(found, "open", f"https://pay.example/{found}"))
        if self.away:
            raise Unavailable("payments_unavailable", "the processor doesn't answer")
        return self.states[found]

    def look_at_bill(self, bill_id: str) -> BillSent:
        if bill_id not in self.states:
            raise Rejected("payments_refused", "there is no such invoice")
        return self.states[bill_id]

    def becomes(self, bill_id: str, state: Any) -> None:
        self.states[bill_id] = replace(self.states[bill_id], state=state)

    def balance(self, since: datetime) -> Iterator[BalanceEntry]:
        self.before_balance()
        return iter([one for one in self.movements if one.at >= since])


def billed_by(house: House, billing: Billing) -> House:
    """The house with that processor for its test mode."""
    return replace(house, payments={"test": cast("Payments", billing)})


def take_bills_at(owner: Database, tenant: Tenant, email: str) -> None:
    """Lets the partner take its invoices by email."""
    with owner.engine.begin() as connection:
        connection.execute(text("SELECT set_config('sharecover.tenant', :id, true)"), {"id": tenant.id})
        done = connection.execute(
            text("UPDATE partners SET billing_email = :email WHERE id = :id"),
            {"email": email, "id": tenant.partner_id},
        )
        assert done.rowcount == 1
