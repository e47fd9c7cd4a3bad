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


# Payments that came in time and bought what they were for: what came too late goes back under that name.
_BOUGHT = (
    "SELECT id, cover_id, change_id FROM payments one WHERE state = 'succeeded'"
    " AND NOT EXISTS (SELECT FROM refunds WHERE payment_id = one.id AND reason = 'late_payment')"
)


def _uneven(account: str, expected: str) -> str:
    """Covers whose balance on an account, debits less credits, isn't what is expected of cover `c`."""
    return (
        "WITH causes AS (SELECT id, cover_id FROM transactions UNION ALL SELECT id, cover_id FROM payments"  # noqa: S608
        " UNION ALL SELECT id, cover_id FROM refunds"
        " UNION ALL SELECT d.id, p.cover_id FROM disputes d JOIN payments p ON p.id = d.payment_id)"
        " SELECT c.id FROM covers c LEFT JOIN (SELECT causes.cover_id, sum("
        f"CASE WHEN f.debit = '{account}' THEN f.amount WHEN f.credit = '{account}' THEN -f.amount ELSE 0 END) AS amount"
        " FROM causes JOIN transfers f ON coalesce(f.transaction_id, f.cause) = causes.id GROUP BY 1) held"
        f" ON held.cover_id = c.id WHERE c.payment_method = 'card' AND coalesce(held.amount, 0) <> {expected}"
    )


FAULTS = {
    "covers of one quote": "SELECT quote_id FROM covers GROUP BY 1 HAVING count(*) > 1",
    "covers that aren't their quote's": (
        "SELECT q.id FROM quotes q LEFT JOIN covers c ON c.id = q.cover_id AND c.quote_id = q.id"
        " WHERE (q.state = 'bound') <> (c.id IS NOT NULL)"
    ),
    "covers that weren't charged once, or before they were paid": (
        "SELECT c.id FROM covers c LEFT JOIN transactions t ON t.cover_id = c.id AND t.risk_type = 'New Business'"
        " GROUP BY c.id, c.state HAVING count(t.id) <> (CASE WHEN c.state IN ('awaiting_payment', 'lapsed') THEN 0 ELSE 1 END)"
    ),
    "covers whose price isn't what their transactions come to": (
        "SELECT c.id FROM covers c JOIN transactions t ON t.cover_id = c.id WHERE c.state IN ('issued', 'payment_disputed')"
        " GROUP BY c.id, c.gross HAVING sum(t.gross) <> c.gross"
    ),
    "covers that weren't returned once when they were cancelled": (
        "SELECT c.id FROM covers c LEFT JOIN transactions t ON t.cover_id = c.id AND t.risk_type = 'Cancellation'"
        " GROUP BY c.id, c.state HAVING count(t.id) <> (CASE WHEN c.state = 'cancelled' THEN 1 ELSE 0 END)"
    ),
    "transactions that the journal doesn't agree with": (
        "SELECT t.id FROM transactions t LEFT JOIN transfers f ON f.transaction_id = t.id GROUP BY t.id, t.gross"
        " HAVING coalesce(sum(CASE WHEN f.debit IN ('receivable/partner', 'receivable/card') THEN f.amount"
        " WHEN f.credit IN ('receivable/partner', 'receivable/card') THEN -f.amount ELSE 0 END), 0) <> t.gross"
    ),
    "transfers that stand twice": (
        "SELECT coalesce(transaction_id, cause) FROM transfers GROUP BY 1, debit, credit HAVING count(*) > 1"
    ),
    "certificates that aren't asked for once, when a cover is issued and when it is cancelled": (
        "SELECT f.id FROM facts f LEFT JOIN outbox o ON o.fact_id = f.id AND o.kind = 'render_certificate'"
        " WHERE f.kind IN ('cover.issued', 'cover.cancelled') GROUP BY f.id HAVING count(o.id) <> 1"
    ),
    "covers with two documents of a kind": (
        "SELECT cover_id FROM documents GROUP BY cover_id, transaction_id, kind, language HAVING count(*) > 1"
    ),
    "facts that stand twice": (
        # A card may be declined as often as it is tried.
        "SELECT subject FROM facts WHERE kind <> 'cover.payment_failed' GROUP BY subject, kind, data::text HAVING count(*) > 1"
    ),
    "covers whose member owes something, or is owed, that isn't on its way": _uneven("receivable/card", "0"),
    "covers of which the processor should hold something else": _uneven(
        "clearing/card",
        "(SELECT coalesce(sum(amount), 0) FROM payments WHERE cover_id = c.id AND state = 'succeeded')"
        " - (SELECT coalesce(sum(amount), 0) FROM refunds WHERE cover_id = c.id AND state = 'succeeded')"
        " - (SELECT coalesce(sum(d.amount), 0) FROM disputes d JOIN payments p ON p.id = d.payment_id"
        " WHERE p.cover_id = c.id AND d.state <> 'won')",
    ),
    "covers of which something else should be on its way back": _uneven(
        "payable/refunds",
        "(SELECT -coalesce(sum(amount), 0) FROM refunds WHERE cover_id = c.id AND state IN ('pending', 'failed'))",
    ),
    "payments of which more goes back than was paid, or not what is noted": (
        "SELECT p.id FROM payments p LEFT JOIN refunds r ON r.payment_id = p.id AND r.failed_at IS NULL"
        " GROUP BY p.tenant_id, p.id, p.amount, p.refunded, p.state HAVING coalesce(sum(r.amount), 0) <> p.refunded"
        " OR p.refunded > (CASE WHEN p.state = 'succeeded' THEN p.amount ELSE 0 END)"
    ),
    "card covers that weren't paid for once": (
        f"SELECT c.id FROM covers c LEFT JOIN ({_BOUGHT}) p ON p.cover_id = c.id AND p.change_id IS NULL"  # noqa: S608
        " WHERE c.payment_method = 'card' GROUP BY c.id, c.state"
        " HAVING count(p.id) <> (CASE WHEN c.state IN ('awaiting_payment', 'lapsed') THEN 0 ELSE 1 END)"
    ),
    "changes that weren't paid for once": (
        f"SELECT x.id FROM changes x JOIN covers c ON c.id = x.cover_id LEFT JOIN ({_BOUGHT}) p ON p.change_id = x.id"  # noqa: S608
        " WHERE c.payment_method = 'card' AND x.gross > 0 GROUP BY x.id, x.state"
        " HAVING count(p.id) <> (CASE WHEN x.state = 'confirmed' THEN 1 ELSE 0 END)"
    ),
    "exposures of which more is paid out than was decided, or not what is noted": (
        "SELECT e.id FROM exposures e LEFT JOIN payouts p ON p.exposure_id = e.id AND p.kind = 'indemnity' AND p.state <> 'failed'"
        " GROUP BY e.tenant_id, e.id, e.paid_out, e.payable"
        " HAVING coalesce(sum(p.amount), 0) <> e.paid_out OR e.paid_out > e.payable"
    ),
    "payouts that aren't in the journal as they stand": (
        "SELECT p.id FROM payouts p LEFT JOIN transfers f ON f.cause = p.id GROUP BY p.tenant_id, p.id, p.amount, p.state"
        " HAVING coalesce(sum(CASE WHEN f.credit = 'payable/claims' THEN f.amount WHEN f.debit = 'payable/claims' THEN -f.amount END), 0)"
        " <> (CASE p.state WHEN 'pending' THEN p.amount ELSE 0 END)"
        " OR coalesce(sum(CASE WHEN f.credit = 'bank' THEN f.amount WHEN f.debit = 'bank' THEN -f.amount END), 0)"
        " <> (CASE p.state WHEN 'paid' THEN p.amount ELSE 0 END)"
    ),
    "claims of what was never covered": (
        "SELECT m.id FROM claims m LEFT JOIN covers c ON c.id = m.cover_id AND c.issued_at IS NOT NULL WHERE c.id IS NULL"
    ),
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
