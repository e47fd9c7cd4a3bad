"""Where partners are told what happens, what each endpoint is told, and how every try went.

What goes over all tenants runs in the worker's role, which reads endpoints and deliveries, and changes them as the tenant
whose they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import LargeBinary, delete, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from coverage.domain.webhook import Due
from coverage.storage.identity import new_id
from coverage.storage.schema import Count, Instant, JsonList, Table, TenantRow
from coverage.storage.tenancy import turn_to

# One number for all who choose what is sent next: one at a time, so that nobody gets more than its share.
CHOOSING_LOCK: Final = 7_301_544_120


class WebhookEndpoint(TenantRow, Table):
    __tablename__ = "webhook_endpoints"
    url: Mapped[str]
    description: Mapped[str | None]
    events: Mapped[JsonList]  # filters: "*", "cover.*", "cover.issued"
    scopes: Mapped[JsonList]  # what the key could read that made it: it is told no more than that
    state: Mapped[str]
    disabled_because: Mapped[str | None]
    disabled_at: Mapped[Instant | None]
    failing_since: Mapped[Instant | None]  # since when it has taken nothing
    secret: Mapped[bytes] = mapped_column(LargeBinary)  # sealed, and so is the one before it
    earlier_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    earlier_until: Mapped[Instant | None]
    created_by: Mapped[str]
    created_at: Mapped[Instant]


class WebhookDelivery(TenantRow, Table):
    """An event on its way to an endpoint."""

    __tablename__ = "webhook_deliveries"
    endpoint_id: Mapped[str]
    event_id: Mapped[str]
    kind: Mapped[str]
    state: Mapped[str]  # waiting, delivered, failed
    due_at: Mapped[Instant]  # when it may be tried; while it is, when whoever does so is given up
    lease: Mapped[str | None]  # of whoever tries now
    failed: Mapped[Count]  # tries that failed, since it was last begun anew
    attempts: Mapped[Count]  # tries in all
    tried_since: Mapped[Instant | None]
    created_at: Mapped[Instant]
    settled_at: Mapped[Instant | None]


class WebhookAttempt(TenantRow, Table):
    """A try, with what was sent and answered, sealed."""

    __tablename__ = "webhook_attempts"
    delivery_id: Mapped[str]
    number: Mapped[Count]
    at: Mapped[Instant]
    milliseconds: Mapped[Count]
    status: Mapped[Count | None]
    error: Mapped[str | None]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


# ------------------------------------------------------------------------------------------ of a tenant


def endpoints(session: Session) -> list[WebhookEndpoint]:
    """The tenant's endpoints, the newest first: never more than there may be."""
    return list(session.scalars(select(WebhookEndpoint).order_by(WebhookEndpoint.id.desc())))


def endpoint(session: Session, tenant_id: str, endpoint_id: str, *, lock: bool = False) -> WebhookEndpoint | None:
    """The endpoint, locked for a change where that is asked for.

    Whoever has it locked leaves room for events to be put on their way to it: the sealer doesn't wait for anybody's change.
    """
    query = select(WebhookEndpoint).where(WebhookEndpoint.tenant_id == tenant_id, WebhookEndpoint.id == endpoint_id)
    return session.scalars(
        query.with_for_update(key_share=True) if lock else query, execution_options={"populate_existing": lock}
    ).one_or_none()


def one_at_a_time(session: Session, tenant_id: str) -> None:
    """Lets nobody else make an endpoint of the tenant's until the transaction ends."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:of, 0))"), {"of": f"endpoints/{tenant_id}"})


def delivery(
    session: Session, tenant_id: str, endpoint_id: str, delivery_id: str, *, lock: bool = False
) -> WebhookDelivery | None:
    """The delivery to that endpoint, locked for a change where that is asked for."""
    query = select(WebhookDelivery).where(
        WebhookDelivery.tenant_id == tenant_id,
        WebhookDelivery.endpoint_id == endpoint_id,
        WebhookDelivery.id == delivery_id,
    )
    return session.scalars(
        query.with_for_update() if lock else query, execution_options={"populate_existing": lock}
    ).one_or_none()


def delivery_of(session: Session, tenant_id: str, endpoint_id: str, event_id: str) -> WebhookDelivery:
    """The delivery of an event to an endpoint, which must be there."""
    query = select(WebhookDelivery).where(
        WebhookDelivery.tenant_id == tenant_id,
        WebhookDelivery.endpoint_id == endpoint_id,
        WebhookDelivery.event_id == event_id,
    )
    return session.scalars(query).one()


def attempts_of(session: Session, tenant_id: str, delivery_ids: Sequence[str]) -> list[WebhookAttempt]:
    """The tries of deliveries, each one's in their order."""
    query = select(WebhookAttempt).where(
        WebhookAttempt.tenant_id == tenant_id, WebhookAttempt.delivery_id.in_(delivery_ids)
    )
    return list(session.scalars(query.order_by(WebhookAttempt.delivery_id, WebhookAttempt.number)))


def remove(session: Session, found: WebhookEndpoint) -> None:
    """Takes an endpoint away, and with it what it was told."""
    session.execute(
        delete(WebhookEndpoint).where(WebhookEndpoint.tenant_id == found.tenant_id, WebhookEndpoint.id == found.id)
    )


def begin_anew(session: Session, found: WebhookEndpoint, at: datetime) -> None:
    """Lets all that waits for an endpoint be tried at once, as if for the first time."""
    waiting = (WebhookDelivery.tenant_id == found.tenant_id, WebhookDelivery.endpoint_id == found.id)
    session.execute(
        update(WebhookDelivery)
        .where(*waiting, WebhookDelivery.state == "waiting", WebhookDelivery.lease.is_(None))
        .values(failed=0, due_at=at, tried_since=None)
    )


# ------------------------------------------------------------------------------------------ over all tenants


def listening(session: Session, tenant_ids: Sequence[str]) -> dict[str, list[WebhookEndpoint]]:
    """The endpoints of those tenants that are told something, by tenant."""
    query = select(WebhookEndpoint).where(WebhookEndpoint.tenant_id.in_(tenant_ids), WebhookEndpoint.state == "enabled")
    found: dict[str, list[WebhookEndpoint]] = {}
    for one in session.scalars(query.order_by(WebhookEndpoint.id)):
        found.setdefault(one.tenant_id, []).append(one)
    return found


def await_delivery(
    session: Session, tenant_id: str, told: Iterable[tuple[str, str, str]], at: datetime, due_at: datetime
) -> None:
    """Keeps what endpoints are to be told: endpoint, event and kind of each. The transaction is the tenant's."""
    rows = [
        WebhookDelivery(
            tenant_id=tenant_id, id=new_id("webhook_delivery"), endpoint_id=endpoint_id, event_id=event_id, kind=kind,
            state="waiting", due_at=due_at, failed=0, attempts=0, created_at=at,
        )
        for endpoint_id, event_id, kind in told
    ]  # fmt: skip
    session.add_all(rows)
    session.flush()


def become_chooser(session: Session) -> bool:
    """Whether this transaction is the only one that chooses, until it ends."""
    return bool(session.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": CHOOSING_LOCK}))


# Of each endpoint the few that could be taken, whatever waits behind them.
_DUE: Final = text("""
    SELECT e.tenant_id, e.id, d.id, e.failing_since IS NOT NULL
    FROM webhook_endpoints e CROSS JOIN LATERAL (
        SELECT w.id, w.due_at FROM webhook_deliveries w
        WHERE w.tenant_id = e.tenant_id AND w.endpoint_id = e.id AND w.state = 'waiting' AND w.due_at <= :now
        ORDER BY w.due_at, w.id LIMIT :each
    ) d
    WHERE e.state = 'enabled' ORDER BY d.due_at, d.id
""")
_RUNNING: Final = text(
    "SELECT tenant_id, endpoint_id FROM webhook_deliveries WHERE lease IS NOT NULL AND due_at > :now"
)
_TAKE: Final = text("""
    UPDATE webhook_deliveries SET lease = :lease, due_at = :until, tried_since = coalesce(tried_since, :now)
    WHERE tenant_id = :tenant AND id IN (
        SELECT id FROM webhook_deliveries WHERE tenant_id = :tenant AND id = ANY(:ids) AND state = 'waiting' AND due_at <= :now
        FOR UPDATE SKIP LOCKED)
    RETURNING id
""")


def due(session: Session, now: datetime, each: int) -> list[Due]:
    """What may be tried now, what has waited longest first, and of each endpoint so much at most."""
    return [Due(*row) for row in session.execute(_DUE, {"now": now, "each": each})]


def running(session: Session, now: datetime) -> list[tuple[str, str]]:
    """The tenant and the endpoint of each that is being tried."""
    return [(row[0], row[1]) for row in session.execute(_RUNNING, {"now": now})]


def take(
    session: Session, tenant_id: str, ids: Sequence[str], *, lease: str, now: datetime, until: datetime
) -> set[str]:  # fmt: skip
    """Takes deliveries under a lease; which ones it got. The transaction is the tenant's from here on."""
    turn_to(session, tenant_id)
    values = {"tenant": tenant_id, "ids": list(ids), "lease": lease, "now": now, "until": until}
    return set(session.scalars(_TAKE, values))


@dataclass(frozen=True, slots=True)
class Gauged:
    """What is due to endpoints that take what they are sent, or to those that don't: so much, the oldest since when."""

    due: int = 0
    due_since: datetime | None = None


# What waits for the time of its next try isn't due, and what waits for an endpoint that is disabled is nobody's to send.
_GAUGE: Final = text("""
    SELECT e.failing_since IS NOT NULL, count(*), min(w.due_at) FROM webhook_endpoints e
    JOIN webhook_deliveries w ON w.tenant_id = e.tenant_id AND w.endpoint_id = e.id
    WHERE e.state = 'enabled' AND w.state = 'waiting' AND w.due_at <= :now GROUP BY 1
""")
_ENDPOINTS: Final = text("""
    SELECT count(*) FILTER (WHERE state = 'enabled' AND failing_since IS NULL),
           count(*) FILTER (WHERE state = 'enabled' AND failing_since IS NOT NULL),
           count(*) FILTER (WHERE state = 'disabled' AND disabled_at > :lately)
    FROM webhook_endpoints
""")


def gauge(session: Session, now: datetime) -> tuple[Gauged, Gauged]:
    """What is due now to endpoints that took what they were sent last, and to those that failed."""
    found = {row[0]: Gauged(row[1], row[2]) for row in session.execute(_GAUGE, {"now": now})}
    return found.get(False, Gauged()), found.get(True, Gauged())


def count_endpoints(session: Session, lately: datetime) -> tuple[int, int, int]:
    """How many endpoints take what they are sent, how many fail, and how many were disabled since an instant."""
    row = session.execute(_ENDPOINTS, {"lately": lately}).one()
    return row[0], row[1], row[2]


def prune(session: Session, before: datetime, limit: int) -> int:
    """Throws away deliveries of before an instant, `limit` at most; answers how many there were."""
    found = session.execute(
        select(WebhookDelivery.tenant_id, WebhookDelivery.id).where(WebhookDelivery.created_at < before).limit(limit)
    ).all()
    for tenant_id in sorted({row.tenant_id for row in found}):
        turn_to(session, tenant_id)
        ids = [row.id for row in found if row.tenant_id == tenant_id]
        session.execute(
            delete(WebhookDelivery).where(WebhookDelivery.tenant_id == tenant_id, WebhookDelivery.id.in_(ids))
        )
    return len(found)
