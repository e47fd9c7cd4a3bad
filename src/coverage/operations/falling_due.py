"""Falling due: what time alone changes is told as facts, in the order of the tenant's clock, each once.

A row carries the instant at which its tenant's clock next changes it. The fact and the next instant are written in one
transaction, so that whatever dies in between leaves the row due as it was.
"""

from __future__ import annotations

import logging
from datetime import datetime
from heapq import heapify, heappop, heappush
from typing import Final

from coverage.domain.cover import turn_at
from coverage.domain.facts import Fact, cover_turned, quote_expired
from coverage.domain.period import Period
from coverage.domain.tenant import Caller, Tenant
from coverage.operations.house import House, Work
from coverage.operations.taking_turns import for_each
from coverage.storage import covers, due, payments
from coverage.storage.covers import Cover
from coverage.storage.quotes import Quote
from coverage.storage.tenancy import Database

log = logging.getLogger("coverage.falling_due")

# Who acts when nobody does.
ACTOR: Final = "clock"
# Small enough that a bind or a cancellation of one of the rows waits for a moment only.
BATCH: Final = 200


def fire_all_due(house: House, queue: Database) -> int:
    """Fires a batch for each tenant of whom something is due; answers how many facts that were.

    `queue` is the same database in the worker's role. A tenant that fails doesn't hold up the others.
    """
    with queue.outside() as session:
        tenants = due.tenants_with_work_due(session, house.wall())
    return for_each(tenants, lambda tenant: fire_due(house, tenant), "what is due", log)


def fire_due(house: House, tenant: Tenant, batch: int = BATCH) -> int:
    """Fires what is due first for the tenant, in order, in one transaction; answers how many facts that were.

    0 when nothing is due, or while another worker has the tenant's turn.
    """
    with house.transaction(Caller(tenant, ACTOR)) as tx:
        if not due.take_turn(tx.session, tx.tenant_id):
            return 0
        rows, complete_until = due.rows_due(tx.session, tx.now, batch)
        waiting = [(row.next_due_at, row.id, row) for row in rows if row.next_due_at is not None]
        heapify(waiting)
        fired = 0
        # A row's next instant may lie before another row's first. Beyond `complete_until` there may be rows in between.
        while waiting and waiting[0][0] <= complete_until:
            at, _, row = heappop(waiting)
            tx.record(_turn(tx, row, at), at=at)
            fired += 1
            if row.next_due_at is not None:
                heappush(waiting, (row.next_due_at, row.id, row))
        return fired


def _turn(tx: Work, row: Quote | Cover, at: datetime) -> Fact:
    """What becomes of the row at an instant; sets when the clock changes it again."""
    if isinstance(row, Quote):
        # Whether it has expired follows from the clock. Told once, it is over for good.
        row.next_due_at = None
        return quote_expired(row.id)
    waiting = payments.pending_change_of(tx.session, row.id) if row.payment_method == "card" else None
    turn = turn_at(row.state, Period(row.starts_at, row.ends_at), at, waiting.hold_until if waiting else None)
    if turn.state != row.state:
        row.state = turn.state
        covers.let_go(tx.session, row.id, turn.state)
    row.next_due_at = turn.next_at
    overdue = turn.kind == "payment_overdue"
    # What is over with the cover itself has no instant of its own.
    settles = overdue or (waiting is not None and waiting.hold_until <= at)
    return cover_turned(row.id, turn.kind, waiting.change_id if waiting and overdue else None, settles=settles)
