"""The books of one tenant, read whole: the journal against what it is of, account by account. It writes nothing.

Each check is one statement, and so of one moment: what is committed meanwhile is seen whole or not at all. Run in the
worker's role with the tenant set (`storage/tenancy.turn_to`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Entry:
    """A transfer as it stands in the journal."""

    id: str
    cause: str  # a transaction's id, or of what else moved money
    debit: str
    credit: str
    amount: int
    currency: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """Something that isn't as it should be: of what, and both sides where there are two."""

    subject: str
    what: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class AccountTotal:
    """What was debited and credited to an account, in minor units of the currency."""

    account: str
    currency: str
    debit: int
    credit: int


# What each kind of account must have been moved by in a transaction's transfers. A transfer between any others is a stray.
_TRANSACTIONS: Final = text("""
    WITH moved AS (
        SELECT f.transaction_id AS id,
            sum(CASE WHEN f.credit LIKE 'premium/%' THEN f.amount WHEN f.debit LIKE 'premium/%' THEN -f.amount END) AS net,
            sum(CASE WHEN f.credit LIKE 'surcharge/%' THEN f.amount WHEN f.debit LIKE 'surcharge/%' THEN -f.amount END) AS surcharges,
            sum(CASE WHEN f.credit LIKE 'tax/%' THEN f.amount WHEN f.debit LIKE 'tax/%' THEN -f.amount END) AS tax,
            sum(CASE WHEN f.credit LIKE 'fee/%' THEN f.amount WHEN f.debit LIKE 'fee/%' THEN -f.amount END) AS fees,
            sum(CASE WHEN f.debit = 'receivable/partner' THEN f.amount WHEN f.credit = 'receivable/partner' THEN -f.amount END) AS partner,
            sum(CASE WHEN f.debit = 'receivable/card' THEN f.amount WHEN f.credit = 'receivable/card' THEN -f.amount END) AS card,
            sum(CASE WHEN f.debit LIKE 'commission/%' AND f.credit = 'payable/commission' THEN f.amount
                WHEN f.credit LIKE 'commission/%' AND f.debit = 'payable/commission' THEN -f.amount END) AS commission,
            count(*) FILTER (WHERE NOT (
                (f.debit LIKE 'receivable/%' AND f.credit ~ '^(premium|surcharge|tax|fee)/')
                OR (f.credit LIKE 'receivable/%' AND f.debit ~ '^(premium|surcharge|tax|fee)/')
                OR (f.debit LIKE 'commission/%' AND f.credit = 'payable/commission')
                OR (f.credit LIKE 'commission/%' AND f.debit = 'payable/commission'))) AS strays,
            count(*) FILTER (WHERE f.currency <> t.currency) AS foreign_currency
        FROM transfers f JOIN transactions t ON t.tenant_id = f.tenant_id AND t.id = f.transaction_id
        WHERE f.tenant_id = current_tenant() GROUP BY 1
    ), owed AS (
        SELECT t.id, t.cover_id, c.payment_method, t.net, t.surcharges, t.tax, t.fees, t.gross,
            (CASE WHEN t.premium_type = 'Return Premium' THEN -1 ELSE 1 END) * coalesce((SELECT sum((line ->> 'amount')::bigint)
                FROM jsonb_array_elements(t.price -> 'commission') line), 0) AS commission
        FROM transactions t JOIN covers c ON c.tenant_id = t.tenant_id AND c.id = t.cover_id
        WHERE t.tenant_id = current_tenant()
    )
    SELECT o.id, kind.what, kind.expected::text, kind.found::text
    FROM owed o LEFT JOIN moved m ON m.id = o.id CROSS JOIN LATERAL (VALUES
        ('net premium', o.net, coalesce(m.net, 0)), ('surcharges', o.surcharges, coalesce(m.surcharges, 0)),
        ('taxes', o.tax, coalesce(m.tax, 0)), ('fees', o.fees, coalesce(m.fees, 0)),
        ('receivable/partner', CASE WHEN o.payment_method = 'invoice' THEN o.gross ELSE 0 END, coalesce(m.partner, 0)),
        ('receivable/card', CASE WHEN o.payment_method = 'card' THEN o.gross ELSE 0 END, coalesce(m.card, 0)),
        ('commission', o.commission, coalesce(m.commission, 0)),
        ('transfers between other accounts', 0, coalesce(m.strays, 0)),
        ('transfers in another currency', 0, coalesce(m.foreign_currency, 0))
    ) kind (what, expected, found)
    WHERE kind.expected <> kind.found ORDER BY 1, 2
""")

# A cover's sums are what it costs while it runs: a cancellation gives back of them and leaves them as they were.
_COVERS: Final = text("""
    SELECT c.id, kind.what, kind.expected::text, kind.found::text
    FROM covers c LEFT JOIN (
        SELECT cover_id, count(*) AS transactions, min(sequence) AS first, max(sequence) AS last,
            coalesce(sum(net) FILTER (WHERE risk_type <> 'Cancellation'), 0) AS net,
            coalesce(sum(surcharges) FILTER (WHERE risk_type <> 'Cancellation'), 0) AS surcharges,
            coalesce(sum(tax) FILTER (WHERE risk_type <> 'Cancellation'), 0) AS tax,
            coalesce(sum(fees) FILTER (WHERE risk_type <> 'Cancellation'), 0) AS fees,
            coalesce(sum(gross) FILTER (WHERE risk_type <> 'Cancellation'), 0) AS gross
        FROM transactions WHERE tenant_id = current_tenant() GROUP BY 1
    ) t ON t.cover_id = c.id CROSS JOIN LATERAL (VALUES
        ('net premium', t.net, c.net), ('surcharges', t.surcharges, c.surcharges), ('taxes', t.tax, c.tax),
        ('fees', t.fees, c.fees), ('gross premium', t.gross, c.gross), ('last transaction', t.transactions, t.last)
    ) kind (what, expected, found)
    WHERE c.tenant_id = current_tenant() AND kind.expected <> kind.found
    UNION ALL
    SELECT c.id, 'transactions of a cover that is ' || c.state, wanted.expected, wanted.found
    FROM covers c CROSS JOIN LATERAL (
        SELECT CASE WHEN c.state IN ('awaiting_payment', 'lapsed', 'not_taken_up') THEN 'none' ELSE 'some' END AS expected,
            CASE WHEN EXISTS (SELECT FROM transactions t WHERE t.tenant_id = c.tenant_id AND t.cover_id = c.id)
                THEN 'some' ELSE 'none' END AS found
    ) wanted WHERE c.tenant_id = current_tenant() AND wanted.expected <> wanted.found
    ORDER BY 1, 2
""")

# What must have been posted for whatever isn't a transaction, and to which accounts.
_EXPECTED: Final = """
    SELECT id AS cause, 'clearing/card' AS debit, 'receivable/card' AS credit, amount, currency FROM payments
        WHERE tenant_id = current_tenant() AND state = 'succeeded'
    UNION ALL SELECT id, 'receivable/card', 'payable/refunds', amount, currency FROM refunds WHERE tenant_id = current_tenant()
    UNION ALL SELECT id, 'payable/refunds', 'clearing/card', amount, currency FROM refunds
        WHERE tenant_id = current_tenant() AND settled_at IS NOT NULL
    UNION ALL SELECT id, 'clearing/card', 'payable/refunds', amount, currency FROM refunds
        WHERE tenant_id = current_tenant() AND settled_at IS NOT NULL AND failed_at IS NOT NULL
    UNION ALL SELECT id, 'payable/refunds', 'bank', amount, currency FROM refunds
        WHERE tenant_id = current_tenant() AND state = 'transferred'
    UNION ALL SELECT id, 'receivable/disputed', 'clearing/card', amount, currency FROM disputes WHERE tenant_id = current_tenant()
    UNION ALL SELECT id, 'clearing/card', 'receivable/disputed', amount, currency FROM disputes
        WHERE tenant_id = current_tenant() AND state = 'won'
    UNION ALL SELECT id, CASE WHEN total < 0 THEN 'receivable/partner' WHEN paid_by = processor_id THEN 'clearing/card' ELSE 'bank' END,
        CASE WHEN total < 0 THEN 'bank' ELSE 'receivable/partner' END, abs(total), currency FROM invoices
        WHERE tenant_id = current_tenant() AND state = 'paid' AND total <> 0
    UNION ALL SELECT b.id, CASE WHEN k.taken > 0 THEN 'cost/card' ELSE 'clearing/card' END,
        CASE WHEN k.taken > 0 THEN 'clearing/card' ELSE 'cost/card' END, abs(k.taken), b.currency FROM balance_entries b
        CROSS JOIN LATERAL (SELECT b.fee - CASE b.kind WHEN 'fee' THEN b.amount ELSE 0 END) k (taken)
        WHERE b.tenant_id = current_tenant() AND k.taken <> 0
    UNION ALL SELECT id, CASE WHEN amount < 0 THEN 'bank' ELSE 'clearing/card' END,
        CASE WHEN amount < 0 THEN 'clearing/card' ELSE 'bank' END, abs(amount), currency FROM balance_entries
        WHERE tenant_id = current_tenant() AND kind = 'payout' AND amount <> 0
    UNION ALL SELECT * FROM (
        WITH claimed AS (
            SELECT e.id, e.estimate, e.currency, c.product || '/' || e.section AS line
            FROM exposures e JOIN claims m ON m.tenant_id = e.tenant_id AND m.id = e.claim_id
            JOIN covers c ON c.tenant_id = m.tenant_id AND c.id = m.cover_id WHERE e.tenant_id = current_tenant()
        ), paid AS (
            SELECT p.*, CASE p.kind WHEN 'fees' THEN 'claims_fees_outstanding/' ELSE 'claims_outstanding/' END || e.line AS reserve
            FROM payouts p JOIN claimed e ON e.id = p.exposure_id WHERE p.tenant_id = current_tenant()
        )
        SELECT id, 'claims_incurred/' || line, 'claims_outstanding/' || line, estimate, currency FROM claimed WHERE estimate > 0
        UNION ALL SELECT r.id, k.name || CASE WHEN r.change > 0 THEN '_incurred/' ELSE '_outstanding/' END || e.line,
            k.name || CASE WHEN r.change > 0 THEN '_outstanding/' ELSE '_incurred/' END || e.line, abs(r.change), e.currency
            FROM reserve_changes r JOIN claimed e ON e.id = r.exposure_id
            CROSS JOIN LATERAL (SELECT CASE r.kind WHEN 'fees' THEN 'claims_fees' ELSE 'claims' END) k (name)
            WHERE r.tenant_id = current_tenant()
        UNION ALL SELECT id, reserve, 'payable/claims', amount, currency FROM paid
        UNION ALL SELECT id, 'payable/claims', 'bank', amount, currency FROM paid WHERE paid_at IS NOT NULL
        UNION ALL SELECT id, 'bank', 'payable/claims', amount, currency FROM paid WHERE paid_at IS NOT NULL AND state = 'failed'
        UNION ALL SELECT id, 'payable/claims', reserve, amount, currency FROM paid WHERE state = 'failed'
    ) claims
"""

_CAUSES: Final = text(f"""
    WITH expected AS ({_EXPECTED}), posted AS (
        SELECT cause, debit, credit, amount, currency FROM transfers
        WHERE tenant_id = current_tenant() AND cause ~ '^(pay|ref|dsp|inv|bal|exp|rsv|pyo)_'
    )
    SELECT coalesce(e.cause, p.cause), coalesce(e.debit, p.debit) || ' from ' || coalesce(e.credit, p.credit),
        coalesce(e.amount || ' ' || e.currency, 'nothing'), coalesce(p.amount || ' ' || p.currency, 'nothing')
    FROM expected e FULL JOIN posted p ON p.cause = e.cause AND p.debit = e.debit AND p.credit = e.credit
    WHERE e.amount IS DISTINCT FROM p.amount OR e.currency IS DISTINCT FROM p.currency ORDER BY 1, 2
""")  # noqa: S608, made of our own words

# Whatever touches these accounts is one of what is known to: so each comes to what is known, in each currency.
_ACCOUNTS: Final = text(f"""
    WITH expected AS ({_EXPECTED}), owed AS (
        SELECT CASE c.payment_method WHEN 'card' THEN 'receivable/card' ELSE 'receivable/partner' END AS account,
            t.currency, sum(t.gross) AS amount
        FROM transactions t JOIN covers c ON c.tenant_id = t.tenant_id AND c.id = t.cover_id
        WHERE t.tenant_id = current_tenant() GROUP BY 1, 2
    ), wanted AS (
        SELECT account, currency, sum(amount) AS amount FROM (
            SELECT account, currency, amount FROM owed
            UNION ALL SELECT debit, currency, amount FROM expected
            UNION ALL SELECT credit, currency, -amount FROM expected
        ) every GROUP BY 1, 2
    ), there AS (
        SELECT account, currency, sum(amount) AS amount FROM (
            SELECT debit AS account, currency, amount FROM transfers WHERE tenant_id = current_tenant()
            UNION ALL SELECT credit, currency, -amount FROM transfers WHERE tenant_id = current_tenant()
        ) every GROUP BY 1, 2
    )
    SELECT account, 'balance in ' || currency, coalesce(w.amount, 0)::text, coalesce(h.amount, 0)::text
    FROM wanted w FULL JOIN there h USING (account, currency)
    WHERE (account IN ('receivable/partner', 'receivable/card', 'receivable/disputed', 'payable/refunds', 'payable/claims',
            'clearing/card', 'cost/card') OR account LIKE 'claims%')
        AND coalesce(w.amount, 0) <> coalesce(h.amount, 0) ORDER BY 1, 2
""")  # noqa: S608, made of our own words

# Once a cover is issued it was paid for: what it costs, what came by card and what goes back come to nothing.
_RECEIVABLE: Final = text("""
    SELECT cover_id, 'receivable/card', '0', sum(amount)::text FROM (
        SELECT t.cover_id, t.gross AS amount FROM transactions t JOIN covers c ON c.tenant_id = t.tenant_id AND c.id = t.cover_id
            WHERE t.tenant_id = current_tenant() AND c.payment_method = 'card'
        UNION ALL SELECT cover_id, -amount FROM payments WHERE tenant_id = current_tenant() AND state = 'succeeded'
        UNION ALL SELECT cover_id, amount FROM refunds WHERE tenant_id = current_tenant()
    ) every GROUP BY 1 HAVING sum(amount) <> 0
    UNION ALL
    SELECT p.id, 'refunded', coalesce(sum(r.amount) FILTER (WHERE r.failed_at IS NULL), 0)::text, p.refunded::text
    FROM payments p LEFT JOIN refunds r ON r.tenant_id = p.tenant_id AND r.payment_id = p.id
    WHERE p.tenant_id = current_tenant() GROUP BY p.id, p.refunded
    HAVING p.refunded <> coalesce(sum(r.amount) FILTER (WHERE r.failed_at IS NULL), 0)
    ORDER BY 1, 2
""")

# What may be paid of an exposure is what was decided last, what is paid of it what is ordered and hasn't failed.
# What is closed is settled.
_CLAIMS: Final = text("""
    WITH held AS (
        SELECT DISTINCT ON (d.exposure_id) d.exposure_id, d.decision, d.approved, d.goodwill
        FROM decisions d WHERE d.tenant_id = current_tenant() ORDER BY d.exposure_id, d.sequence DESC
    )
    SELECT e.id, kind.what, kind.expected, kind.found
    FROM exposures e LEFT JOIN held h ON h.exposure_id = e.id CROSS JOIN LATERAL (VALUES
        ('decision', coalesce(h.decision, 'pending'), e.decision),
        ('payable', coalesce(h.approved + h.goodwill, 0)::text, e.payable::text),
        ('paid out', (SELECT coalesce(sum(p.amount), 0)::text FROM payouts p WHERE p.tenant_id = e.tenant_id
            AND p.exposure_id = e.id AND p.kind = 'indemnity' AND p.state <> 'failed'), e.paid_out::text)
    ) kind (what, expected, found)
    WHERE e.tenant_id = current_tenant() AND kind.expected IS DISTINCT FROM kind.found
    UNION ALL
    SELECT m.id, 'closed', 'all decided and paid', 'not yet'
    FROM claims m WHERE m.tenant_id = current_tenant() AND m.state = 'closed' AND EXISTS (
        SELECT FROM exposures e WHERE e.tenant_id = m.tenant_id AND e.claim_id = m.id
            AND (e.decision = 'pending' OR e.paid_out < e.payable))
    ORDER BY 1, 2
""")

# A transaction that was booked before the last month but one ended had two closings to stand on.
_INVOICES: Final = text("""
    SELECT i.id, 'total', coalesce(sum(l.amount), 0)::text, i.total::text
    FROM invoices i LEFT JOIN invoice_lines l ON l.tenant_id = i.tenant_id AND l.invoice_id = i.id
    WHERE i.tenant_id = current_tenant() GROUP BY i.id, i.total HAVING i.total <> coalesce(sum(l.amount), 0)
    UNION ALL
    SELECT l.id, 'amount of ' || t.id, t.gross::text, l.amount::text
    FROM invoice_lines l JOIN transactions t ON t.tenant_id = l.tenant_id AND t.id = l.transaction_id
    JOIN covers c ON c.tenant_id = t.tenant_id AND c.id = t.cover_id
    WHERE l.tenant_id = current_tenant() AND (t.gross <> l.amount OR c.payment_method <> 'invoice')
    UNION ALL
    SELECT t.id, 'invoiced', 'on an invoice', 'on none'
    FROM transactions t JOIN covers c ON c.tenant_id = t.tenant_id AND c.id = t.cover_id
    JOIN partners p ON p.id = split_part(t.tenant_id, ':', 1)
    LEFT JOIN invoice_lines l ON l.tenant_id = t.tenant_id AND l.transaction_id = t.id
    WHERE t.tenant_id = current_tenant() AND c.payment_method = 'invoice' AND l.id IS NULL
        AND t.booked_at < ((SELECT max(month) FROM closed_months WHERE tenant_id = current_tenant())::timestamp AT TIME ZONE p.timezone)
    UNION ALL
    SELECT max(i.id), 'number ' || split_part(i.number, '-', 1) || '-' || split_part(i.number, '-', 2),
        count(*)::text, max(split_part(i.number, '-', 3)::int)::text
    FROM invoices i WHERE i.tenant_id = current_tenant()
    GROUP BY 2 HAVING count(*) <> max(split_part(i.number, '-', 3)::int)
    ORDER BY 1, 2
""")

# Each line of a price on the account that is its own. What came back before prices were kept line by line names the
# transaction that it undoes, and no lines.
_LINES: Final = text("""
    WITH t AS (
        SELECT t.id, t.price, c.product, c.country, CASE WHEN t.premium_type = 'Return Premium' THEN -1 ELSE 1 END AS sign
        FROM transactions t JOIN covers c ON c.tenant_id = t.tenant_id AND c.id = t.cover_id
        WHERE t.tenant_id = current_tenant() AND t.price ? 'sections'
    ), expected AS (
        SELECT id, account, sum(amount) AS amount FROM (
            SELECT t.id, 'premium/' || t.product || '/' || (l ->> 'name') AS account, t.sign * (l ->> 'net')::bigint AS amount
                FROM t CROSS JOIN LATERAL jsonb_array_elements(t.price -> 'sections') l
            UNION ALL SELECT t.id, 'surcharge/' || t.product || '/' || (l ->> 'name'), t.sign * (l ->> 'amount')::bigint
                FROM t CROSS JOIN LATERAL jsonb_array_elements(coalesce(t.price -> 'surcharges', '[]')) l
            UNION ALL SELECT t.id, 'tax/' || CASE WHEN l ->> 'tax_class' LIKE '%:%' THEN split_part(l ->> 'tax_class', ':', 1)
                    ELSE t.country END || '/'
                || coalesce(nullif(regexp_replace(l ->> 'tax_class', '^.*:', ''), ''), 'contract') || '/' || (l ->> 'name'),
                t.sign * (l ->> 'amount')::bigint
                FROM t CROSS JOIN LATERAL jsonb_array_elements(t.price -> 'taxes') l
            UNION ALL SELECT t.id, 'fee/' || (l ->> 'name'), t.sign * (l ->> 'amount')::bigint
                FROM t CROSS JOIN LATERAL jsonb_array_elements(t.price -> 'fees') l
            UNION ALL SELECT t.id, 'commission/' || t.product || '/' || (l ->> 'section'), -t.sign * (l ->> 'amount')::bigint
                FROM t CROSS JOIN LATERAL jsonb_array_elements(coalesce(t.price -> 'commission', '[]')) l
        ) every GROUP BY 1, 2
    ), found AS (
        SELECT id, account, sum(amount) AS amount FROM (
            SELECT f.transaction_id AS id, f.credit AS account, f.amount FROM transfers f JOIN t ON t.id = f.transaction_id
                WHERE f.tenant_id = current_tenant()
            UNION ALL SELECT f.transaction_id, f.debit, -f.amount FROM transfers f JOIN t ON t.id = f.transaction_id
                WHERE f.tenant_id = current_tenant()
        ) every WHERE account !~ '^(receivable/|payable/)' GROUP BY 1, 2
    )
    SELECT coalesce(e.id, f.id), coalesce(e.account, f.account), coalesce(e.amount, 0)::text, coalesce(f.amount, 0)::text
    FROM expected e FULL JOIN found f ON f.id = e.id AND f.account = e.account
    WHERE coalesce(e.amount, 0) <> coalesce(f.amount, 0) ORDER BY 1, 2
""")

CHECKS: Final[dict[str, TextClause]] = {
    "transaction_differs": _TRANSACTIONS,
    "line_differs": _LINES,
    "cover_differs": _COVERS,
    "posting_differs": _CAUSES,
    "account_differs": _ACCOUNTS,
    "receivable_open": _RECEIVABLE,
    "invoice_differs": _INVOICES,
    "claim_differs": _CLAIMS,
}

_COUNT: Final = text("""
    SELECT (SELECT count(*) FROM transactions WHERE tenant_id = current_tenant()),
        (SELECT count(*) FROM transfers WHERE tenant_id = current_tenant())
""")
_TOTALS: Final = text("""
    SELECT account, currency, sum(debit)::bigint, sum(credit)::bigint FROM (
        SELECT debit AS account, currency, amount AS debit, 0 AS credit FROM transfers
            WHERE tenant_id = current_tenant() AND coalesce(booked_at, posted_at) < :before
        UNION ALL SELECT credit, currency, 0, amount FROM transfers
            WHERE tenant_id = current_tenant() AND coalesce(booked_at, posted_at) < :before
    ) every GROUP BY 1, 2 ORDER BY 1, 2
""")
_ENTRY: Final = (
    "SELECT f.id, coalesce(f.transaction_id, f.cause), f.debit, f.credit, f.amount, f.currency,"
    " coalesce(f.booked_at, f.posted_at) AS at FROM transfers f WHERE f.tenant_id = current_tenant()"
)
_OF_ACCOUNT: Final = text(f"{_ENTRY} AND (f.debit = :account OR f.credit = :account) ORDER BY at, f.id")
# Whatever the cover's claims cause carries the claim's id, or that of something of the claim's.
_OF_COVER: Final = text(f"""
    {_ENTRY} AND (f.transaction_id IN (SELECT id FROM transactions WHERE tenant_id = current_tenant() AND cover_id = :cover)
        OR f.cause = ANY(CAST(:causes AS text[]))) ORDER BY at, f.id
""")  # noqa: S608, made of our own words
_CAUSES_OF_COVER: Final = text("""
    SELECT id FROM payments WHERE tenant_id = current_tenant() AND cover_id = :cover
    UNION ALL SELECT id FROM refunds WHERE tenant_id = current_tenant() AND cover_id = :cover
    UNION ALL SELECT d.id FROM disputes d JOIN payments p ON p.tenant_id = d.tenant_id AND p.id = d.payment_id
        WHERE d.tenant_id = current_tenant() AND p.cover_id = :cover
    UNION ALL SELECT id FROM claims WHERE tenant_id = current_tenant() AND cover_id = :cover
    UNION ALL SELECT e.id FROM exposures e JOIN claims c ON c.tenant_id = e.tenant_id AND c.id = e.claim_id
        WHERE e.tenant_id = current_tenant() AND c.cover_id = :cover
    UNION ALL SELECT r.id FROM reserve_changes r JOIN exposures e ON e.tenant_id = r.tenant_id AND e.id = r.exposure_id
        JOIN claims c ON c.tenant_id = e.tenant_id AND c.id = e.claim_id
        WHERE r.tenant_id = current_tenant() AND c.cover_id = :cover
    UNION ALL SELECT p.id FROM payouts p JOIN claims c ON c.tenant_id = p.tenant_id AND c.id = p.claim_id
        WHERE p.tenant_id = current_tenant() AND c.cover_id = :cover
""")
_COVER: Final = text(
    "SELECT id, number FROM covers WHERE tenant_id = current_tenant() AND (id = :name OR number = :name)"
)
_NAMED: Final = text("""
    SELECT t.id, c.number || ', ' || t.premium_type FROM transactions t
        JOIN covers c ON c.tenant_id = t.tenant_id AND c.id = t.cover_id
        WHERE t.tenant_id = current_tenant() AND t.id = ANY(CAST(:ids AS text[]))
    UNION ALL SELECT id, number FROM invoices WHERE tenant_id = current_tenant() AND id = ANY(CAST(:ids AS text[]))
""")


def faults(session: Session, check: str) -> list[Found]:
    """What one of `CHECKS` finds."""
    return [Found(*row) for row in session.execute(CHECKS[check])]


def count(session: Session) -> tuple[int, int]:
    """How many transactions and transfers the tenant has."""
    transactions, transfers = session.execute(_COUNT).one()
    return int(transactions), int(transfers)


def totals(session: Session, before: datetime) -> list[AccountTotal]:
    """What was debited and credited to each account before an instant of the tenant's clock."""
    return [AccountTotal(*row) for row in session.execute(_TOTALS, {"before": before})]


def of_account(session: Session, account: str) -> list[Entry]:
    """The transfers of an account, in the order of the tenant's clock."""
    return [_entry(row) for row in session.execute(_OF_ACCOUNT, {"account": account})]


def of_cover(session: Session, cover_id: str) -> list[Entry]:
    """The transfers that a cover's whole life caused, in the order of the tenant's clock."""
    causes = list(session.scalars(_CAUSES_OF_COVER, {"cover": cover_id}))
    return [_entry(row) for row in session.execute(_OF_COVER, {"cover": cover_id, "causes": causes})]


def cover_named(session: Session, name: str) -> tuple[str, str] | None:
    """The id and number of the cover of that id or number."""
    row = session.execute(_COVER, {"name": name}).one_or_none()
    return (str(row[0]), str(row[1])) if row else None


def described(session: Session, causes: Sequence[str]) -> dict[str, str]:
    """Causes in people's words, of those that have any: a cover's number with the kind of transaction, an invoice's number."""
    return {str(row[0]): str(row[1]) for row in session.execute(_NAMED, {"ids": list(causes)})}


def _entry(row: Any) -> Entry:
    return Entry(*row)


# ------------------------------------------------------------------------------ against the card processor's balance


@dataclass(frozen=True, slots=True)
class Movement:
    """What the journal has of a movement of the processor's balance. `source` is the processor's id, where it is known."""

    cause: str
    kind: str
    source: str | None
    amount: int
    currency: str


_MOVEMENTS: Final = text("""
    SELECT id, 'charge', charge_id, amount, currency FROM payments WHERE tenant_id = current_tenant() AND state = 'succeeded'
    UNION ALL SELECT id, 'refund', processor_id, -amount, currency FROM refunds
        WHERE tenant_id = current_tenant() AND settled_at IS NOT NULL
    UNION ALL SELECT id, 'refund_failure', processor_id, amount, currency FROM refunds
        WHERE tenant_id = current_tenant() AND settled_at IS NOT NULL AND failed_at IS NOT NULL
    UNION ALL SELECT id, 'dispute', processor_id, -amount, currency FROM disputes WHERE tenant_id = current_tenant()
    UNION ALL SELECT id, 'dispute_reversal', processor_id, amount, currency FROM disputes
        WHERE tenant_id = current_tenant() AND state = 'won'
    UNION ALL SELECT id, 'charge', NULL, total, currency FROM invoices
        WHERE tenant_id = current_tenant() AND state = 'paid' AND paid_by = processor_id AND total > 0
    ORDER BY 1, 2
""")
_CLEARED: Final = text("""
    SELECT cause, currency, sum(amount)::bigint, min(posted_at) FROM (
        SELECT coalesce(transaction_id, cause) AS cause, currency, amount, posted_at FROM transfers
            WHERE tenant_id = current_tenant() AND debit = 'clearing/card'
        UNION ALL SELECT coalesce(transaction_id, cause), currency, -amount, posted_at FROM transfers
            WHERE tenant_id = current_tenant() AND credit = 'clearing/card'
    ) every GROUP BY 1, 2
""")


def movements(session: Session) -> list[Movement]:
    """What the journal has moved at the card processor, but for fees and payouts."""
    return [Movement(*row) for row in session.execute(_MOVEMENTS)]


def cleared(session: Session) -> list[tuple[str, str, int, datetime]]:
    """What each cause moved on the account of the processor's balance: its id, the currency, the amount, when it was posted."""
    return [(str(row[0]), str(row[1]), int(row[2]), row[3]) for row in session.execute(_CLEARED)]
