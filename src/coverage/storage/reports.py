"""What reports read of a tenant: its rows page by page, and what the journal comes to. Nothing here writes.

A span is told as instants by time zone: (zone, from, until) for each zone that the tenant's covers have.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, text, tuple_
from sqlalchemy.orm import Session

from coverage.storage.claims import Claim
from coverage.storage.covers import Cover, Transaction
from coverage.storage.quotes import Quote


class Zoned(NamedTuple):
    """A span in one time zone, from its first instant until just before `until`."""

    zone: str
    since: datetime
    until: datetime


# A transfer belongs to the cover of its transaction, whose days are its own; any other to the partner's days.
_POSTED: Final = text(
    """
SELECT entry.account, m.currency, sum(entry.amount)::bigint
FROM (
    SELECT t.debit, t.credit, t.currency, t.amount
    FROM transfers t
    LEFT JOIN transactions x ON x.tenant_id = t.tenant_id AND x.id = t.transaction_id
    LEFT JOIN covers c ON c.tenant_id = x.tenant_id AND c.id = x.cover_id
    JOIN unnest(CAST(:zones AS text[]), CAST(:since AS timestamptz[]), CAST(:until AS timestamptz[]))
        AS span(zone, since, until) ON span.zone = coalesce(c.timezone, :own_zone)
    WHERE coalesce(t.booked_at, x.booked_at, t.posted_at) >= span.since
        AND coalesce(t.booked_at, x.booked_at, t.posted_at) < span.until
        AND (:causes OR t.transaction_id IS NOT NULL)
) m
CROSS JOIN LATERAL (VALUES (m.credit, m.amount), (m.debit, -m.amount)) AS entry(account, amount)
WHERE split_part(entry.account, '/', 1) = ANY(:kinds) OR entry.account = ANY(:kinds)
GROUP BY 1, 2
"""
)


def zones(session: Session) -> list[str]:
    """The time zones of the tenant's covers."""
    return sorted(session.scalars(select(Cover.timezone).distinct()))


def posted(
    session: Session, spans: Sequence[Zoned], own_zone: str, kinds: Sequence[str], *, causes: bool = True
) -> dict[tuple[str, str], int]:
    """What the journal says that accounts received as credit in a span, by account and currency, where that isn't 0.

    `kinds` are accounts, or their first words ("premium" for all of them); without `causes` only what transactions posted.
    """
    # Rare and heavy: planned anew each time. A plan that was kept from when there were few rows would take minutes.
    session.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
    values = {
        "zones": [span.zone for span in spans], "since": [span.since for span in spans],
        "until": [span.until for span in spans], "own_zone": own_zone, "kinds": list(kinds), "causes": causes,
    }  # fmt: skip
    return {(account, currency): amount for account, currency, amount in session.execute(_POSTED, values) if amount}


def transactions(session: Session, spans: Sequence[Zoned], limit: int) -> Iterator[list[tuple[Transaction, Cover]]]:
    """The transactions that were booked in a span, with their covers, in that order, `limit` at a time."""
    query = (
        select(Transaction, Cover)
        .join(Cover, (Cover.tenant_id == Transaction.tenant_id) & (Cover.id == Transaction.cover_id))
        .where(_booked_in(spans))
        .order_by(Transaction.booked_at, Transaction.id)
        .limit(limit)
    )
    after: ColumnElement[bool] | None = None
    while True:
        page = [(row[0], row[1]) for row in session.execute(query if after is None else query.where(after))]
        if page:
            yield page
        if len(page) < limit:
            return
        last = page[-1][0]
        after = tuple_(Transaction.booked_at, Transaction.id) > (last.booked_at, last.id)
        session.expunge_all()


def covers_earning(session: Session, spans: Sequence[Zoned], limit: int) -> Iterator[list[Cover]]:
    """The covers that earn something in a span, or of which something was booked in it, by id, `limit` at a time.

    A change may since have moved a cover's end, but never to before it was booked: none that earned is left out.
    """
    booked = exists().where(
        Transaction.tenant_id == Cover.tenant_id, Transaction.cover_id == Cover.id,
        or_(*(and_(Cover.timezone == span.zone, Transaction.booked_at >= span.since, Transaction.booked_at < span.until) for span in spans)),
    )  # fmt: skip
    runs = or_(false(), *(and_(Cover.timezone == span.zone, Cover.ends_at > span.since) for span in spans))
    query = select(Cover).where(or_(runs, booked)).order_by(Cover.id).limit(limit)
    yield from _by_id(session, query, Cover, limit)


def claims_reported(session: Session, until: datetime, limit: int) -> Iterator[list[Claim]]:
    """The claims that were reported before an instant, by id, `limit` at a time."""
    yield from _by_id(
        session, select(Claim).where(Claim.reported_at < until).order_by(Claim.id).limit(limit), Claim, limit
    )


def covers_booked_since(session: Session, since: datetime, until: datetime, limit: int) -> Iterator[list[Cover]]:
    """The covers of which something was booked between two instants, by id, `limit` at a time."""
    booked = exists().where(
        Transaction.tenant_id == Cover.tenant_id, Transaction.cover_id == Cover.id,
        Transaction.booked_at >= since, Transaction.booked_at < until,
    )  # fmt: skip
    yield from _by_id(session, select(Cover).where(booked).order_by(Cover.id).limit(limit), Cover, limit)


def named(session: Session, kind: type[Any], ids: Sequence[str]) -> dict[str, Any]:
    """The tenant's rows of a kind, by id."""
    return {row.id: row for row in session.scalars(select(kind).where(kind.id.in_(set(ids))))}


def quotes_of(session: Session, found: Sequence[Cover]) -> dict[str, Quote]:
    """The covers' quotes, by id."""
    return named(session, Quote, [cover.quote_id for cover in found])


def _booked_in(spans: Sequence[Zoned]) -> ColumnElement[bool]:
    each = (
        and_(Cover.timezone == span.zone, Transaction.booked_at >= span.since, Transaction.booked_at < span.until)
        for span in spans
    )
    return or_(false(), *each)


def _by_id(session: Session, query: Any, kind: type[Any], limit: int) -> Iterator[list[Any]]:
    last = ""
    while True:
        page = list(session.scalars(query.where(kind.id > last)))
        if page:
            yield page
        if len(page) < limit:
            return
        last = page[-1].id
        session.expunge_all()
