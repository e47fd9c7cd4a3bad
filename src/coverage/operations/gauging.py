"""Gauging: what waits in the database is looked at now and then, for operators' metrics. Counts and times, nothing of anybody."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from coverage.domain.faults import Unavailable
from coverage.operations.house import House
from coverage.storage import outbox, seals, webhooks
from coverage.storage.tenancy import Database
from coverage.telemetry import metrics

EVERY_SECONDS: Final = 10.0
# Endpoints that were disabled so long ago are their partners' business: what is to be seen is many at once.
LATELY: Final = timedelta(days=1)


def gauge(house: House, queue: Database) -> None:
    """Looks at jobs, webhooks and unsealed facts, in the worker's role; raises `Unavailable` where the database is away.

    Every worker's gauges say the same, for they tell of the database: take one, or the highest.
    """
    now = house.wall()
    try:
        with queue.outside() as session:
            jobs = outbox.gauge(session, now)
            to_taking, to_failing = webhooks.gauge(session, now)
            taking, failing, disabled = webhooks.count_endpoints(session, now - LATELY)
            facts, since = seals.gauge(session)
    except Unavailable:
        metrics.Held.up.set(0)
        raise
    counts = {"waiting": jobs.waiting, "running": jobs.running, "set_aside": jobs.set_aside}
    metrics.outbox_seen(counts, _age(jobs.due_since, now))
    # Apart from each other: an endpoint that fails is sent one at a time, and what gathers for it is its partner's doing.
    metrics.webhooks_seen("taking", to_taking.due, _age(to_taking.due_since, now))
    metrics.webhooks_seen("failing", to_failing.due, _age(to_failing.due_since, now))
    metrics.endpoints_seen({"taking": taking, "failing": failing, "disabled_lately": disabled})
    metrics.Held.unsealed.set(facts)
    metrics.Held.seal_lag.set(_age(since, now))
    metrics.Held.up.set(1)
    metrics.Held.seen_at.set(now.timestamp())


def _age(since: datetime | None, now: datetime) -> float:
    """In seconds; zero of what isn't there."""
    return max((now - since).total_seconds(), 0) if since else 0.0
