"""Money: card payments with their refunds and disputes, changes of covers, invoices, and transfers of all of these."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# What each table lets the application do. Money that moved is never removed; what became of it is noted.
GRANTS = {
    "payments": "SELECT, INSERT, UPDATE",
    "refunds": "SELECT, INSERT, UPDATE",
    "disputes": "SELECT, INSERT, UPDATE",
    "changes": "SELECT, INSERT, UPDATE",
    "invoices": "SELECT, INSERT, UPDATE",
    "invoice_lines": "SELECT, INSERT",
    "balance_entries": "SELECT, INSERT",
}
APPEND_ONLY = ("invoice_lines", "balance_entries")

TABLES = {
    "changes": (
        """
CREATE TABLE IF NOT EXISTS changes (
    tenant_id text NOT NULL, id text NOT NULL, cover_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('extend', 'raise', 'return_early')),
    state text NOT NULL CHECK (state IN ('open', 'referred', 'declined', 'awaiting_payment', 'confirmed', 'abandoned')),
    asked_at timestamptz NOT NULL, expires_at timestamptz, after_sequence bigint NOT NULL,
    starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL, facts jsonb NOT NULL, given jsonb NOT NULL, reasons jsonb NOT NULL,
    currency text NOT NULL, price jsonb, gross bigint NOT NULL, transaction_id text, no_known_loss_at timestamptz,
    confirmed_at timestamptz, metadata jsonb NOT NULL, created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, cover_id) REFERENCES covers,
    FOREIGN KEY (tenant_id, transaction_id) REFERENCES transactions,
    CHECK (starts_at < ends_at), CHECK ((state = 'confirmed') = (transaction_id IS NOT NULL)),
    CHECK ((state = 'declined') = (price IS NULL))
)
""",
        "CREATE INDEX IF NOT EXISTS ix_changes_tenant_id_cover_id ON changes (tenant_id, cover_id)",
        "CREATE INDEX IF NOT EXISTS ix_changes_tenant_id_transaction_id ON changes (tenant_id, transaction_id)",
    ),
    "payments": (
        """
CREATE TABLE IF NOT EXISTS payments (
    tenant_id text NOT NULL, id text NOT NULL, cover_id text NOT NULL, change_id text,
    amount bigint NOT NULL CHECK (amount > 0), currency text NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'succeeded', 'cancelled')),
    refunded bigint NOT NULL CHECK (refunded BETWEEN 0 AND amount),
    hold_until timestamptz NOT NULL, intent_id text, checkout_id text, charge_id text, declined text,
    created_at timestamptz NOT NULL, settled_at timestamptz,
    PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, intent_id),
    FOREIGN KEY (tenant_id, cover_id) REFERENCES covers,
    FOREIGN KEY (tenant_id, change_id) REFERENCES changes,
    -- What was never paid can't be given back.
    CHECK (refunded = 0 OR state = 'succeeded'), CHECK ((state = 'pending') = (settled_at IS NULL))
)
""",
        "CREATE INDEX IF NOT EXISTS ix_payments_tenant_id_cover_id ON payments (tenant_id, cover_id)",
        "CREATE INDEX IF NOT EXISTS ix_payments_tenant_id_change_id ON payments (tenant_id, change_id)",
        "CREATE INDEX IF NOT EXISTS ix_payments_tenant_id_charge_id ON payments (tenant_id, charge_id)",
    ),
    "refunds": (
        """
CREATE TABLE IF NOT EXISTS refunds (
    tenant_id text NOT NULL, id text NOT NULL, payment_id text NOT NULL, cover_id text NOT NULL, transaction_id text,
    amount bigint NOT NULL CHECK (amount > 0), currency text NOT NULL,
    reason text NOT NULL CHECK (reason IN ('cancellation', 'withdrawal', 'return_early', 'late_payment')),
    state text NOT NULL CHECK (state IN ('pending', 'succeeded', 'failed')), processor_id text,
    created_at timestamptz NOT NULL, settled_at timestamptz,
    PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, processor_id), UNIQUE (tenant_id, payment_id, transaction_id),
    FOREIGN KEY (tenant_id, payment_id) REFERENCES payments,
    FOREIGN KEY (tenant_id, cover_id) REFERENCES covers,
    FOREIGN KEY (tenant_id, transaction_id) REFERENCES transactions
)
""",
        "CREATE INDEX IF NOT EXISTS ix_refunds_tenant_id_cover_id ON refunds (tenant_id, cover_id)",
        "CREATE INDEX IF NOT EXISTS ix_refunds_tenant_id_transaction_id ON refunds (tenant_id, transaction_id)",
    ),
    "disputes": (
        """
CREATE TABLE IF NOT EXISTS disputes (
    tenant_id text NOT NULL, id text NOT NULL, payment_id text NOT NULL, processor_id text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0), currency text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'won', 'lost')),
    created_at timestamptz NOT NULL, settled_at timestamptz,
    PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, processor_id),
    FOREIGN KEY (tenant_id, payment_id) REFERENCES payments
)
""",
        "CREATE INDEX IF NOT EXISTS ix_disputes_tenant_id_payment_id ON disputes (tenant_id, payment_id)",
    ),
    "invoices": (
        """
CREATE TABLE IF NOT EXISTS invoices (
    tenant_id text NOT NULL REFERENCES tenants, id text NOT NULL, number text NOT NULL, month date NOT NULL,
    currency text NOT NULL, total bigint NOT NULL, state text NOT NULL CHECK (state IN ('open', 'paid', 'void')),
    processor_id text, processor_url text, due_at timestamptz NOT NULL, paid_at timestamptz, paid_by text,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, number), CHECK (extract(day FROM month) = 1),
    CHECK ((state = 'paid') = (paid_at IS NOT NULL))
)
""",
        "CREATE INDEX IF NOT EXISTS ix_invoices_tenant_id_state ON invoices (tenant_id, state)",
    ),
    "invoice_lines": (
        """
CREATE TABLE IF NOT EXISTS invoice_lines (
    tenant_id text NOT NULL, id text NOT NULL, invoice_id text NOT NULL, position bigint NOT NULL,
    transaction_id text NOT NULL, amount bigint NOT NULL,
    PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, invoice_id, position),
    -- A transaction is invoiced once.
    UNIQUE (tenant_id, transaction_id),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoices,
    FOREIGN KEY (tenant_id, transaction_id) REFERENCES transactions
)
""",
    ),
    "balance_entries": (
        """
CREATE TABLE IF NOT EXISTS balance_entries (
    tenant_id text NOT NULL REFERENCES tenants, id text NOT NULL, processor_id text NOT NULL, kind text NOT NULL,
    source text NOT NULL, amount bigint NOT NULL, fee bigint NOT NULL, currency text NOT NULL,
    happened_at timestamptz NOT NULL, created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, processor_id)
)
""",
        "CREATE INDEX IF NOT EXISTS ix_balance_entries_tenant_id_source ON balance_entries (tenant_id, source)",
    ),
}

# A transfer is caused by a transaction, or by what `cause` names: a payment, a refund, a dispute, an invoice, a claim.
TRANSFERS = (
    "ALTER TABLE transfers ADD COLUMN IF NOT EXISTS cause text",
    # By the tenant's clock; those from before have the wall's time alone.
    "ALTER TABLE transfers ADD COLUMN IF NOT EXISTS booked_at timestamptz",
    "ALTER TABLE transfers ALTER COLUMN transaction_id DROP NOT NULL",
    (
        "DO $$ BEGIN ALTER TABLE transfers ADD CONSTRAINT has_one_cause CHECK (num_nonnulls(transaction_id, cause) = 1) NOT VALID;"
        " EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    ),
    "ALTER TABLE transfers VALIDATE CONSTRAINT has_one_cause",
    "ALTER TABLE covers ADD COLUMN IF NOT EXISTS hold_until timestamptz",
    # The month of an invoice is a month of the partner's own days.
    "ALTER TABLE partners ADD COLUMN IF NOT EXISTS timezone text NOT NULL DEFAULT 'Europe/Paris'",
    "ALTER TABLE partners ADD COLUMN IF NOT EXISTS billing_email text",
)
INDEXES = {
    # What happened once is posted once.
    "uq_transfers_tenant_id_cause": ("UNIQUE", "transfers (tenant_id, cause, debit, credit) WHERE cause IS NOT NULL"),
    "ix_transactions_tenant_id_booked_at": ("", "transactions (tenant_id, booked_at)"),
    "ix_claims_tenant_id_reported_at": ("", "claims (tenant_id, reported_at)"),
}


def upgrade() -> None:
    """A table with its indexes and policy is a transaction of its own; so that none of what is in use is held while another
    is waited for. All of it can be run again.
    """
    with op.get_context().autocommit_block():
        for table, statements in TABLES.items():
            op.execute("; ".join(["BEGIN", *statements, *_guarded(table), "COMMIT"]))
        for statement in TRANSFERS:
            op.execute(statement)
        op.execute("SET lock_timeout = 0")
        for name, (unique, on) in INDEXES.items():
            # What a broken-off build leaves is no index.
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE {unique} INDEX CONCURRENTLY {name} ON {on}")


def _guarded(table: str) -> list[str]:
    """Row-level security, what the application may do, and that what is append-only stays so."""
    found = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"DROP POLICY IF EXISTS of_tenant ON {table}",
        f"CREATE POLICY of_tenant ON {table} USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant())",
        *(f"GRANT {GRANTS[table]} ON {table} TO {role}" for role in ("sharecover_app", "sharecover_worker")),
    ]
    if table in APPEND_ONLY:
        found += [
            (
                f"CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            ),
            (
                f"CREATE OR REPLACE TRIGGER no_truncate BEFORE TRUNCATE ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            ),
        ]
    return found
