"""Books that were lived in: a partner in a database of its own, whose covers were bought, changed, disputed and invoiced."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from coverage.domain.tenant import Caller
from coverage.operations.balancing import Checked, Fault, check_books
from coverage.operations.house import House
from coverage.operations.invoicing import close_early, pay_invoice, send_invoice
from coverage.operations.reconciling import Difference, Reconciled, reconcile
from coverage.storage.tenancy import Database
from tests.builders import Platform, a_payout
from tests.operations.billing import take_bills_at
from tests.operations.card import EVENTS, Till, a_till
from tests.paying import stand_in


@dataclass
class LivedIn:
    """The partner with its till, its database as owner, and what stands in it."""

    till: Till
    owner: Database
    covers: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def platform(self) -> Platform:
        return self.till.platform

    def check(self) -> tuple[Checked, list[Fault]]:
        found: list[Fault] = []
        checked = check_books(self.till.queue, found.append, lambda *_: None)
        assert checked.faults == len(found)
        return checked, found

    def reconcile(self, house: House | None = None) -> tuple[Reconciled, list[Difference]]:
        found: list[Difference] = []
        done = reconcile(house or self.till.house, self.till.queue, "test", None, found.append)
        assert done.differences == len(found)
        return done, found

    def seed(self, sql: str, **values: Any) -> None:
        """Writes as the owner may who turned the triggers off: nothing of it goes through the service."""
        tables = ("transfers", "transactions", "invoice_lines", "balance_entries")
        with self.owner.engine.begin() as connection:
            connection.execute(
                text("SELECT set_config('sharecover.tenant', :id, true)"), {"id": self.platform.tenant.id}
            )
            for table in tables:
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
            done = connection.execute(text(sql), values)
            for table in tables:
                connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
        assert done.rowcount > 0, sql

    def asked(self, sql: str, **values: Any) -> Any:
        """The first column of the first row."""
        with self.owner.transaction(self.platform.tenant) as session:
            return session.scalar(text(sql), values)

    def intent(self, cover: dict[str, Any]) -> str:
        return str(self.asked("SELECT intent_id FROM payments WHERE cover_id = :id", id=cover["id"]))

    def told_by_processor(self, do: Any) -> None:
        """Does something at the processor, and takes the events in that it sends of it."""
        before = len(self.till.stand_in.webhooks.told)
        with self.till.stand_in.account() as account:
            do(account)
        for body in self.till.stand_in.webhooks.told[before:]:
            headers = {"Stripe-Signature": self.till.stand_in.webhooks.signature(body)}
            answer = self.platform.client.post(EVENTS, content=body, headers=headers)
            assert answer.status_code == 204, answer.text


@contextmanager
def an_empty_book(url: str, house: House) -> Iterator[LivedIn]:
    """A partner at a till of its own, in the database at `url`."""
    with (
        stand_in() as (processor, there),
        closing(Database.connect(url, pool_size=2)) as owner,
        closing(Database.connect(url, pool_size=8)) as database,
        closing(Database.connect(url, "sharecover_worker", pool_size=3)) as queue,
    ):
        own = replace(house, database=database, payments={"test": processor.payments})
        with a_till(owner, own, processor, there, queue) as till:
            yield LivedIn(till, owner)


def live(book: LivedIn) -> None:
    """Covers on invoice and by card, some cancelled, one disputed and lost, one claimed on and paid out; two invoices, one
    paid by transfer.
    """
    till, platform = book.till, book.platform
    on_invoice = [platform.cover() for _ in range(3)]
    platform.post(f"/v1/covers/{on_invoice[0]['id']}/cancel", {})
    caller = Caller(platform.tenant, "operator")
    with till.house.transaction(caller) as tx:
        close_early(tx)
    (first,) = platform.get("/v1/invoices").json()["data"]
    with till.house.transaction(caller) as tx:
        pay_invoice(tx, first["number"], first["total"]["amount"], "VIR 1")
    take_bills_at(book.owner, platform.tenant, "accounts@example.org")
    book.covers = {
        "invoiced": on_invoice[1],
        "paid": till.issued(),
        "cancelled": till.issued(),
        "disputed": till.issued(),
    }
    platform.post(f"/v1/covers/{book.covers['cancelled']['id']}/cancel", {})
    book.told_by_processor(lambda account: account.dispute(book.intent(book.covers["disputed"])))
    dispute = book.asked("SELECT processor_id FROM disputes")
    book.told_by_processor(lambda account: account.close_dispute(dispute, status="lost"))
    till.work()
    platform.cover()
    _settle(platform, book.covers["invoiced"])
    now = platform.get("/v1/test_clock").json()["now"]

    platform.advance((datetime.fromisoformat(now) + timedelta(days=40)).isoformat())
    with till.house.transaction(caller) as tx:
        close_early(tx)
    second = platform.get("/v1/invoices").json()["data"][0]
    send_invoice(till.house, caller, second["id"])


def _settle(platform: Platform, cover: dict[str, Any]) -> None:
    """A loss before the cover begins, for which something is given as goodwill, half of it transferred."""
    exposure = platform.claim(cover, loss_at=platform.get("/v1/test_clock").json()["now"])["exposures"][0]["id"]
    goodwill = {"decision": "goodwill", "goodwill": {"amount": 8_000, "currency": "EUR"}, "because": "they were early"}
    assert platform.post(f"/v1/exposures/{exposure}/decision", goodwill).status_code == 200
    payouts = [platform.post(f"/v1/exposures/{exposure}/payouts", a_payout(4_000)).json() for _ in range(2)]
    assert (
        platform.post(
            f"/v1/payouts/{payouts[0]['id']}/settle", {"outcome": "paid", "bank_reference": "SCT-1"}
        ).status_code
        == 200
    )
