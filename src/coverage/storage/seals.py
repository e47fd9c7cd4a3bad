"""Seals: each fact's place in one sequence, with a hash over it and all before it; and the facts that wait for theirs.

What goes over all tenants runs in the worker's role, in which a tenant's facts are read with that tenant set.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from sqlalchemy import BigInteger, Identity, LargeBinary, Select, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from coverage.domain.chain import Content, Link
from coverage.storage.outbox import FactKept
from coverage.storage.partners import TenantRecord
from coverage.storage.schema import Instant, Table
from coverage.storage.tenancy import turn_to

# One number for all who seal: one at a time.
SEALING_LOCK: Final = 7_301_544_119
FIRST: Final = -(2**63)  # before every position, also one that somebody made up


class Seal(Table):
    """A fact's seal. Append-only; a tenant sees its own, the sealer all."""

    __tablename__ = "seals"
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    tenant_id: Mapped[str]
    fact_id: Mapped[str]
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_at: Mapped[Instant]


class Unsealed(Table):
    """A fact that waits for its seal: put here by the database when it is recorded, taken away when it is sealed."""

    __tablename__ = "unsealed"
    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    tenant_id: Mapped[str]
    fact_id: Mapped[str]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A fact that waits. `sealed`: it has its seal already, as after facts were loaded from a backup by themselves."""

    number: int
    tenant_id: str
    fact_id: str
    sealed: bool


# Instants as text: unlike a datetime, that can say whatever a column can be made to hold.
def _instant(column: str) -> str:
    return f"(to_jsonb({column} AT TIME ZONE 'UTC') #>> '{{}}') || 'Z'"


_CONTENTS: Final = text(f"""
    SELECT tenant_id, id, kind, subject, actor, {_instant("happened_at")}, {_instant("recorded_at")}, data::text
    FROM facts WHERE tenant_id = :tenant AND id = ANY(:ids)
""")  # noqa: S608 — made of our own words
_LINKS: Final = text(f"""
    SELECT position, tenant_id, fact_id, hash, {_instant("sealed_at")} FROM seals
    WHERE position > :after ORDER BY position LIMIT :limit
""")  # noqa: S608
_WAITING: Final = text("""
    SELECT u.number, u.tenant_id, u.fact_id, s.position IS NOT NULL
    FROM unsealed u LEFT JOIN seals s ON s.tenant_id = u.tenant_id AND s.fact_id = u.fact_id
    WHERE u.number > :after ORDER BY u.number LIMIT :limit
""")
_KEEP: Final = text("""
    INSERT INTO seals (position, tenant_id, fact_id, hash, sealed_at)
    SELECT position, :tenant, fact_id, hash, :sealed_at
    FROM unnest(CAST(:positions AS bigint[]), CAST(:facts AS text[]), CAST(:hashes AS bytea[])) AS s (position, fact_id, hash)
""")
# Each in one statement, and so of one moment: a fact that is being sealed meanwhile has its seal, or waits.
_FACTS: Final = text("""
    SELECT f.id, s.position IS NOT NULL OR u.number IS NOT NULL
    FROM (SELECT id FROM facts WHERE tenant_id = :tenant AND id > :after ORDER BY id LIMIT :limit) f
    LEFT JOIN seals s ON s.tenant_id = :tenant AND s.fact_id = f.id
    LEFT JOIN unsealed u ON s.position IS NULL AND u.tenant_id = :tenant AND u.fact_id = f.id
    ORDER BY f.id
""")
_GONE: Final = text("""
    SELECT u.fact_id FROM unsealed u LEFT JOIN facts f ON f.tenant_id = :tenant AND f.id = u.fact_id
    WHERE u.tenant_id = :tenant AND f.id IS NULL ORDER BY u.number LIMIT :limit
""")


# --------------------------------------------------------------------------------------------- to seal


def become_sealer(session: Session) -> bool:
    """Whether this transaction is the only one that seals, until it ends."""
    return bool(session.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": SEALING_LOCK}))


def head(session: Session) -> tuple[int, bytes] | None:
    """The last seal's position and hash; None where there is none yet."""
    row = session.execute(select(Seal.position, Seal.hash).order_by(Seal.position.desc()).limit(1)).one_or_none()
    return (row.position, row.hash) if row else None


def waiting(session: Session, after: int, limit: int) -> list[Waiting]:
    """Facts that wait for their seals, in the order in which they were recorded, of those behind the number `after`."""
    return [Waiting(*row) for row in session.execute(_WAITING, {"after": after, "limit": limit})]


def contents(session: Session, tenant_id: str, fact_ids: Sequence[str]) -> dict[str, Content]:
    """A tenant's facts by id, as they are hashed. The transaction is the tenant's from here on."""
    turn_to(session, tenant_id)
    rows = session.execute(_CONTENTS, {"tenant": tenant_id, "ids": list(fact_ids)})
    return {row[1]: Content(*row) for row in rows}


def keep(session: Session, links: Sequence[Link], sealed_at: datetime) -> None:
    """Keeps seals of the tenant whose the transaction is now."""
    if links:
        values = {
            "tenant": links[0].tenant_id,
            "positions": [link.position for link in links],
            "facts": [link.fact_id for link in links],
            "hashes": [link.hash for link in links],
            "sealed_at": sealed_at,
        }
        session.execute(_KEEP, values)


def wait_no_more(session: Session, numbers: Sequence[int]) -> None:
    """Takes facts off those that wait."""
    session.execute(text("DELETE FROM unsealed WHERE number = ANY(:numbers)"), {"numbers": list(numbers)})


# ------------------------------------------------------------------------------------------- to verify


def links(session: Session, after: int, limit: int) -> list[Link]:
    """Seals behind the position `after`, each with its fact as it is kept now."""
    rows = session.execute(_LINKS, {"after": after, "limit": limit}).all()
    found: dict[tuple[str, str], Content] = {}
    by_tenant = sorted(rows, key=lambda row: str(row[1]))
    for tenant_id, group in groupby(by_tenant, key=lambda row: str(row[1])):
        kept = contents(session, tenant_id, [row[2] for row in group])
        found |= {(tenant_id, fact_id): content for fact_id, content in kept.items()}
    return [Link(row[0], row[1], row[2], row[3], row[4], found.get((row[1], row[2]))) for row in rows]


def tenant_ids(session: Session) -> list[str]:
    """All tenants there are."""
    return list(session.scalars(select(TenantRecord.id).order_by(TenantRecord.id)))


def facts_page(session: Session, tenant_id: str, after: str, limit: int) -> list[tuple[str, bool]]:
    """A tenant's facts behind the id `after`, and whether each has its seal or waits for it."""
    turn_to(session, tenant_id)
    rows = session.execute(_FACTS, {"tenant": tenant_id, "after": after, "limit": limit})
    return [(row[0], bool(row[1])) for row in rows]


def waiting_for_nothing(session: Session, tenant_id: str, limit: int) -> list[str]:
    """Ids that wait for a seal, and whose facts aren't there."""
    turn_to(session, tenant_id)
    return list(session.scalars(_GONE, {"tenant": tenant_id, "limit": limit}))


def count(session: Session) -> tuple[int, int]:
    """How many seals there are, and how many facts wait."""
    row = session.execute(text("SELECT (SELECT count(*) FROM seals), (SELECT count(*) FROM unsealed)")).one()
    return row[0], row[1]


def gauge(session: Session) -> tuple[int, datetime | None]:
    """How many facts wait for their seal, and since when the first does. The transaction is that one's tenant's then."""
    waiting = session.scalar(select(func.count()).select_from(Unsealed)) or 0
    first = session.execute(
        select(Unsealed.tenant_id, Unsealed.fact_id).order_by(Unsealed.number).limit(1)
    ).one_or_none()
    if first is None:
        return waiting, None
    turn_to(session, first.tenant_id)
    recorded = select(FactKept.recorded_at).where(FactKept.tenant_id == first.tenant_id, FactKept.id == first.fact_id)
    return waiting, session.scalar(recorded)


# --------------------------------------------------------------------------------------------- to tell


def events(tenant_id: str) -> Select[FactKept]:
    """The tenant's facts that are sealed, to be narrowed and put in order by `Seal.position`."""
    sealed_here = (Seal.tenant_id == FactKept.tenant_id) & (Seal.fact_id == FactKept.id)
    return select(FactKept).join(Seal, sealed_here).where(FactKept.tenant_id == tenant_id)


def position_of(session: Session, tenant_id: str, fact_id: str) -> int | None:
    """Where the tenant's fact stands in the sequence; None for one that isn't sealed, or isn't there."""
    query = select(Seal.position).where(Seal.tenant_id == tenant_id, Seal.fact_id == fact_id)
    return session.scalar(query)


_SEQUENCES: Final = text("""
    SELECT f.id, (
        SELECT count(*) FROM facts g JOIN seals t ON t.tenant_id = :tenant AND t.fact_id = g.id
        WHERE g.tenant_id = :tenant AND g.subject = f.subject AND t.position <= s.position)
    FROM facts f JOIN seals s ON s.tenant_id = :tenant AND s.fact_id = f.id
    WHERE f.tenant_id = :tenant AND f.id = ANY(:ids)
""")


def sequences(session: Session, tenant_id: str, fact_ids: Sequence[str]) -> dict[str, int]:
    """The place of each of the tenant's sealed facts among those about the same subject, from 1 on."""
    rows = session.execute(_SEQUENCES, {"tenant": tenant_id, "ids": list(fact_ids)})
    return {row[0]: row[1] for row in rows}


def by_tenant(found: Iterable[Waiting]) -> Iterator[tuple[str, list[Waiting]]]:
    """Those that wait, tenant by tenant, each tenant's in their order."""
    ordered = sorted(found, key=lambda one: (one.tenant_id, one.number))
    for tenant_id, group in groupby(ordered, key=lambda one: one.tenant_id):
        yield tenant_id, list(group)
