"""A log of facts of several tenants in a database of its own, sealed and anchored, for tests that look at all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from coverage.domain.chain import Fault
from coverage.domain.facts import Fact
from coverage.domain.tenant import Caller, Tenant
from coverage.gateways.anchors import FileAnchors
from coverage.gateways.keyring import MasterKeyring
from coverage.operations.demonstrating import demo_enrolment
from coverage.operations.enrolling import enrol
from coverage.operations.house import House
from coverage.operations.sealing import BATCH, Sealer, seal_batch
from coverage.operations.verifying import Open, Read, Verdict, verify_events
from coverage.storage.identity import new_id
from coverage.storage.tenancy import Database


class Ticking:
    """A wall clock that moves on by some milliseconds each time it is read."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=123_457)
        return self.now


@dataclass(frozen=True, slots=True)
class Log:
    """The house, its database as owner and as worker, tenants, and the anchor's file."""

    house: House
    owner: Database
    queue: Database
    tenants: list[Tenant]
    anchor: Path

    def record(self, tenant: Tenant, data: dict[str, Any] | None = None) -> None:
        """One fact, committed; with `data` one that holds just that, whatever facts of its kind hold."""
        fact = Fact("cover.issued", new_id("cover"), {"quote": new_id("quote"), "transaction": new_id("transaction")})
        if data is not None:
            # A chain of seals bears whatever is kept.
            object.__setattr__(fact, "data", data)
        with self.house.transaction(Caller(tenant, new_id("credential"))) as tx:
            tx.record(fact)

    def sealer(self, **options: Any) -> Sealer:
        """A sealer that anchors each time."""
        return Sealer(FileAnchors(self.anchor), **({"anchor_seconds": 0} | options))

    def seal(self, limit: int = BATCH) -> None:
        """Seals all that waits, in batches of `limit`, and anchors it."""
        sealer = self.sealer(limit=limit)
        while sealer.once(self.house, self.queue):
            pass

    def verify(
        self, opened: Open | None = None, *, read: Read | None = None, first_anchor_within: float = 0
    ) -> tuple[Verdict, list[Fault]]:
        """What `verify events` finds. A first anchor that isn't there is waited for so many seconds."""
        faults: list[Fault] = []
        verdict = verify_events(
            opened or self.queue.outside, read or FileAnchors(self.anchor).read, faults.append, lambda *_: None,
            first_anchor_within=first_anchor_within,
        )  # fmt: skip
        assert verdict.faults == len(faults)
        return verdict, faults


def seal_all(owner: Database, house: House) -> None:
    """Seals all that waits in a database that tests share, without an anchor."""
    queue, after = replace(owner, role="sharecover_worker"), 0
    while (batch := seal_batch(queue, house.wall(), after=after)) is not None and (after := batch.after):
        pass


@contextmanager
def a_log(url: str, folder: Path, tenants: int = 3, wall: Callable[[], datetime] | None = None) -> Iterator[Log]:
    """An empty log in the database at `url`, with so many tenants."""
    with ExitStack() as closed_at_the_end:
        owner, app, queue = (
            closed_at_the_end.enter_context(closing(database))
            for database in (
                Database.connect(url, pool_size=2),
                Database.connect(url, pool_size=8),
                Database.connect(url, "sharecover_worker", pool_size=8),
            )
        )
        # Nothing is quoted or rendered here.
        house = House(app, cast(Any, None), MasterKeyring(bytes(range(32))), cast(Any, None), cast(Any, None))
        house = replace(house, wall=wall or Ticking())
        now = house.wall()
        enrolment = demo_enrolment("Log Test", ["off_duty_vehicle"], now.date())
        made = [enrol(owner, enrolment, "test", now).tenant for _ in range(tenants)]
        yield Log(house, owner, queue, made, folder / "events.anchor")
