"""What a partner's books must say, whatever happened: rows counted over all tables, and a journal that agrees with them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import text

from coverage.domain.tenant import Tenant
from coverage.storage.tenancy import Database


def counted(owner: Database, tenant: Tenant) -> Counter[str]:
    """How many rows each table has: of the tenant's, and of those that no tenant owns."""
    with owner.engine.connect() as connection:
        connection.execute(text("SELECT set_config('sharecover.tenant', :id, true)"), {"id": tenant.id})
        columns = "SELECT table_name, bool_or(column_name = 'tenant_id') FROM information_schema.columns"
        tables = connection.execute(text(f"{columns} WHERE table_schema = 'public' GROUP BY 1 ORDER BY 1")).all()
        counts = " UNION ALL ".join(
            f"SELECT '{table}', count(*) FROM {table}" + (" WHERE tenant_id = :id" if owned else "")  # noqa: S608
            for table, owned in tables
        )
        return Counter({row[0]: row[1] for row in connection.execute(text(counts), {"id": tenant.id})})


def more(before: Counter[str], after: Counter[str]) -> dict[str, int]:
    """By how many rows each table has changed."""
    return {table: after[table] - before[table] for table in sorted(after) if after[table] != before[table]}


@dataclass(frozen=True, slots=True)
class Books:
    """What is wrong in a partner's books, in words."""

    wrong: list[str]
    covers: int


FAULTS = {
    "covers of one quote": "SELECT quote_id FROM covers GROUP BY 1 HAVING count(*) > 1",
    "covers that aren't their quote's": (
        "SELECT q.id FROM quotes q LEFT JOIN covers c ON c.id = q.cover_id AND c.quote_id = q.id"
        " WHERE (q.state = 'bound') <> (c.id IS NOT NULL)"
    ),
    "covers that weren't charged once": (
        "SELECT c.id FROM covers c LEFT JOIN transactions t ON t.cover_id = c.id AND t.risk_type = 'New Business'"
        " GROUP BY c.id HAVING count(t.id) <> 1"
    ),
    "covers that weren't returned once when they were cancelled": (
        "SELECT c.id FROM covers c LEFT JOIN transactions t ON t.cover_id = c.id AND t.risk_type = 'Cancellation'"
        " GROUP BY c.id, c.state HAVING count(t.id) <> (CASE WHEN c.state = 'cancelled' THEN 1 ELSE 0 END)"
    ),
    "transactions that the journal doesn't agree with": (
        "SELECT t.id FROM transactions t LEFT JOIN transfers f ON f.transaction_id = t.id GROUP BY t.id, t.gross"
        " HAVING coalesce(sum(CASE WHEN f.debit = 'receivable/partner' THEN f.amount"
        " WHEN f.credit = 'receivable/partner' THEN -f.amount ELSE 0 END), 0) <> t.gross"
    ),
    "transfers that stand twice": (
        "SELECT transaction_id FROM transfers GROUP BY transaction_id, debit, credit HAVING count(*) > 1"
    ),
    "certificates that aren't asked for once, when a cover is issued and when it is cancelled": (
        "SELECT f.id FROM facts f LEFT JOIN outbox o ON o.fact_id = f.id AND o.kind = 'render_certificate'"
        " WHERE f.kind IN ('cover.issued', 'cover.cancelled') GROUP BY f.id HAVING count(o.id) <> 1"
    ),
    "covers with two certificates": (
        "SELECT cover_id FROM documents GROUP BY cover_id, transaction_id, language HAVING count(*) > 1"
    ),
    "facts that stand twice": "SELECT subject FROM facts GROUP BY subject, kind HAVING count(*) > 1",
}


def examined(owner: Database, tenant: Tenant) -> Books:
    """The partner's books, looked through."""
    with owner.engine.connect() as connection:
        connection.execute(text("SELECT set_config('sharecover.tenant', :id, true)"), {"id": tenant.id})
        found = {words: list(connection.scalars(text(query))) for words, query in FAULTS.items()}
        covers = connection.scalar(text("SELECT count(*) FROM covers")) or 0
    return Books([f"{words}: {ids}" for words, ids in found.items() if ids], covers)


def waiting(owner: Database, tenant: Tenant) -> int:
    """How many of the partner's jobs aren't done."""
    with owner.engine.connect() as connection:
        query = text("SELECT count(*) FROM outbox WHERE tenant_id = :id AND done_at IS NULL")
        return connection.scalar(query, {"id": tenant.id}) or 0
