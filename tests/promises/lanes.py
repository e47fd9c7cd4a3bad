"""Lanes: several services beside each other, each with a database, a clock and a card processor that nobody else uses.

So what goes wrong in one goes wrong in that one alone, and time passes in it as it likes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from coverage.gateways.stripe_payments import StripePayments
from coverage.gateways.stripe_stand_in import DEMO_KEY, Fault
from coverage.gateways.stripe_stand_in import Faults as FaultsToCome
from coverage.operations.falling_due import fire_all_due
from coverage.operations.house import House
from coverage.operations.redriving import retry_jobs
from coverage.rulebook.editions import Library
from coverage.storage.tenancy import Database
from coverage.worker import Worker
from tests.builders import Platform, enrol_named
from tests.conftest import a_database
from tests.lending import Wall
from tests.operations.card import Till, a_till
from tests.paying import SECRET, stand_in
from tests.promises.nursery import Typesetter

# Nobody waits longer for a processor that says nothing: every answer here comes from this machine.
TIMEOUT_SECONDS = 0.3
MOST_ROUNDS = 200


class Mishaps(FaultsToCome):
    """Faults of the processor's, counted as they happen."""

    def __init__(self) -> None:
        super().__init__()
        self.met: Counter[str] = Counter()

    def take(self, call: str) -> Fault | None:
        """What goes wrong with this call."""
        fault = super().take(call)
        if fault is not None:
            self.met[fault] += 1
        return fault


@dataclass(slots=True)
class Lane:
    """One of them: its till, and its database as the owner has it."""

    till: Till
    owner: Database
    wall: Wall
    met: Counter[str] = field(default_factory=Counter)

    def mishaps(self, *faults: Fault, at: str) -> None:
        """These go wrong from now on, and nothing that was to go wrong before."""
        self.note_mishaps()
        mishaps = Mishaps()
        mishaps.next(*faults, at=at)
        self.till.stand_in.faults = mishaps

    def note_mishaps(self) -> None:
        """Counts those that have happened, and lets no more happen."""
        if isinstance(self.till.stand_in.faults, Mishaps):
            self.met.update(self.till.stand_in.faults.met)
        self.till.stand_in.faults = Mishaps()

    def let_time_pass(self, **by: float) -> None:
        """Moves the clock, and fires what is due then."""
        self.wall.now += timedelta(**by)
        while fire_all_due(self.till.house, self.till.queue):
            pass

    def work_off(self) -> None:
        """Lets the worker do all there is to do, however often it comes back, as an operator sees to what is set aside."""
        worker = Worker(self.till.house, self.till.queue)
        for _ in range(MOST_ROUNDS):
            while worker.work_once():
                pass
            with self.owner.engine.connect() as connection:
                query = text(
                    "SELECT min(due_at) FILTER (WHERE set_aside_at IS NULL), count(*) FROM outbox WHERE done_at IS NULL"
                )
                next_at, left = connection.execute(query).one()
            if not left:
                return
            if next_at is None:
                self.met["seen to by an operator"] += 1
                self.wall.now += timedelta(hours=1)
                retry_jobs(self.till.queue, self.wall(), None)
            else:
                self.wall.now = max(self.wall.now, next_at)
        raise AssertionError("the worker never gets done")

    def kept(self) -> dict[str, int]:
        """What the processor has of each of the partner's covers and hasn't given back, in cents. Two payments for one show."""
        found: Counter[str] = Counter()
        tenant = self.till.platform.tenant.id
        with self.till.stand_in.account() as account:
            ours = [one for one in account.all_of("payment_intent") if one["metadata"]["tenant"] == tenant]
            covers = {one["id"]: one["metadata"]["cover"] for one in ours}
            for charge in account.all_of("charge"):
                if charge["payment_intent"] in covers and charge["paid"]:
                    found[covers[charge["payment_intent"]]] += charge["amount"]
            for refund in account.all_of("refund"):
                if refund["payment_intent"] in covers:
                    found[covers[refund["payment_intent"]]] -= refund["amount"]
        return {cover: amount for cover, amount in found.items() if amount}

    def sold(self) -> dict[str, int]:
        """What the partner's covers cost that were bought by card and not given back, in cents."""
        query = text(
            "SELECT c.id, sum(t.gross) FROM transactions t JOIN covers c ON c.id = t.cover_id"
            " WHERE c.payment_method = 'card' GROUP BY 1 HAVING sum(t.gross) <> 0"
        )
        with self.owner.transaction(self.till.platform.tenant) as session:
            return {cover: int(amount) for cover, amount in session.execute(query)}


@contextmanager
def a_lane(house: House, library: Library | None = None) -> Iterator[Lane]:
    """A lane, with the rules of `house` or those of a library, until the block ends."""
    wall = Wall(datetime.now(UTC))
    with ExitStack() as stack:
        url = stack.enter_context(a_database())
        there, owner, queue = (
            stack.enter_context(closing(Database.connect(url, *role, pool_size=size)))
            for role, size in (((), 22), ((), 2), (("sharecover_worker",), 5))
        )
        processor, standing_in = stack.enter_context(stand_in(clock=lambda: wall.now.timestamp()))
        payments = StripePayments(DEMO_KEY, SECRET, api_base=processor.url, timeout_seconds=TIMEOUT_SECONDS, retries=0)
        rooms = replace(
            house, database=there, documents=Typesetter(), signatures=None, wall=wall, payments={"test": payments}
        )
        if library is not None:
            rooms = replace(rooms, rules=lambda: library)
        till = stack.enter_context(a_till(owner, rooms, processor, standing_in, queue))
        if library is not None:
            made = enrol_named(owner, rooms, products=library.products())
            till = replace(till, platform=Platform(made.tenant, made.key, till.platform.client))
        yield Lane(till, owner, wall)
