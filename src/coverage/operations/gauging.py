"""Gauging: what waits in the database is looked at now and then, for operators' metrics. Counts and times, nothing of anybody."""

from __future__ import annotations

from typing import Final

from coverage.domain.faults import Unavailable
from coverage.operations.house import House
from coverage.storage import outbox, seals
from coverage.storage.tenancy import Database
from coverage.telemetry import metrics

EVERY_SECONDS: Final = 10.0


def gauge(house: House, queue: Database) -> None:
    """Looks at jobs and unsealed facts, in the worker's role; raises `Unavailable` where the database is away.

    Every worker's gauges say the same, for they tell of the database: take one, or the highest.
    """
    now = house.wall()
    try:
        with queue.outside() as session:
            jobs = outbox.gauge(session, now)
            facts, since = seals.gauge(session)
    except Unavailable:
        metrics.Held.up.set(0)
        raise
    lag = (now - jobs.due_since).total_seconds() if jobs.due_since else 0.0
    metrics.outbox_seen({"waiting": jobs.waiting, "running": jobs.running, "set_aside": jobs.set_aside}, max(lag, 0))
    metrics.Held.unsealed.set(facts)
    metrics.Held.seal_lag.set(max((now - since).total_seconds(), 0) if since else 0)
    metrics.Held.up.set(1)
    metrics.Held.seen_at.set(now.timestamp())
