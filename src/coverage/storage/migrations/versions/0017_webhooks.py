"""Webhooks: where partners want to be told what happens, what is told to each, and how that went."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# A partner takes its endpoints away, and a worker what is old; what hangs on either goes with it.
GRANTS = {
    "webhook_endpoints": ("SELECT, INSERT, UPDATE, DELETE", "SELECT"),
    "webhook_deliveries": ("SELECT, INSERT, UPDATE", "SELECT, INSERT, UPDATE, DELETE"),
    "webhook_attempts": ("SELECT, INSERT", "SELECT"),
}
# The worker finds what is due of all tenants, and then changes it as the tenant whose it is.
READ_BY_WORKER = ("webhook_endpoints", "webhook_deliveries")

TABLES = {
    "webhook_endpoints": (
        """
CREATE TABLE IF NOT EXISTS webhook_endpoints (
    tenant_id text NOT NULL REFERENCES tenants, id text NOT NULL, url text NOT NULL, description text,
    events jsonb NOT NULL, scopes jsonb NOT NULL, state text NOT NULL CHECK (state IN ('enabled', 'disabled')),
    disabled_because text CHECK (disabled_because IN ('failing', 'gone')), disabled_at timestamptz,
    failing_since timestamptz, secret bytea NOT NULL, earlier_secret bytea, earlier_until timestamptz,
    created_by text NOT NULL, created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id), CHECK ((state = 'disabled') = (disabled_at IS NOT NULL)),
    CHECK ((earlier_secret IS NULL) = (earlier_until IS NULL))
)
""",
    ),
    "webhook_deliveries": (
        """
CREATE TABLE IF NOT EXISTS webhook_deliveries (
    tenant_id text NOT NULL, id text NOT NULL, endpoint_id text NOT NULL, event_id text NOT NULL, kind text NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'delivered', 'failed')),
    -- When it may be tried; while it is, when whoever does so is given up.
    due_at timestamptz NOT NULL, lease text, failed bigint NOT NULL CHECK (failed >= 0), attempts bigint NOT NULL CHECK (attempts >= 0),
    tried_since timestamptz, created_at timestamptz NOT NULL, settled_at timestamptz,
    PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, endpoint_id, event_id),
    FOREIGN KEY (tenant_id, endpoint_id) REFERENCES webhook_endpoints ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, event_id) REFERENCES facts,
    CHECK ((state = 'waiting') = (settled_at IS NULL)), CHECK (state = 'waiting' OR lease IS NULL)
)
""",
        (
            "CREATE INDEX IF NOT EXISTS ix_webhook_deliveries_waiting"
            " ON webhook_deliveries (tenant_id, endpoint_id, due_at, id) WHERE state = 'waiting'"
        ),
        "CREATE INDEX IF NOT EXISTS ix_webhook_deliveries_running ON webhook_deliveries (due_at) WHERE lease IS NOT NULL",
        "CREATE INDEX IF NOT EXISTS ix_webhook_deliveries_list ON webhook_deliveries (tenant_id, endpoint_id, id)",
        "CREATE INDEX IF NOT EXISTS ix_webhook_deliveries_event_id ON webhook_deliveries (tenant_id, event_id)",
        "CREATE INDEX IF NOT EXISTS ix_webhook_deliveries_created_at ON webhook_deliveries (created_at)",
    ),
    "webhook_attempts": (
        """
CREATE TABLE IF NOT EXISTS webhook_attempts (
    tenant_id text NOT NULL, id text NOT NULL, delivery_id text NOT NULL, number bigint NOT NULL CHECK (number > 0),
    at timestamptz NOT NULL, milliseconds bigint NOT NULL, status bigint, error text, sealed bytea NOT NULL,
    PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, delivery_id, number),
    FOREIGN KEY (tenant_id, delivery_id) REFERENCES webhook_deliveries ON DELETE CASCADE
)
""",
    ),
}


def upgrade() -> None:
    """Each statement is a transaction of its own, and all of it can be run again."""
    with op.get_context().autocommit_block():
        for table, statements in TABLES.items():
            op.execute("; ".join(["BEGIN", *statements, *_guarded(table), "COMMIT"]))


def _guarded(table: str) -> list[str]:
    """Row-level security, and what the application may do."""
    found = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"DROP POLICY IF EXISTS of_tenant ON {table}",
        f"CREATE POLICY of_tenant ON {table} USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant())",
        f"GRANT {GRANTS[table][0]} ON {table} TO sharecover_app",
        f"GRANT {GRANTS[table][1]} ON {table} TO sharecover_worker",
    ]
    if table in READ_BY_WORKER:
        found += [
            f"DROP POLICY IF EXISTS for_worker ON {table}",
            f"CREATE POLICY for_worker ON {table} FOR SELECT TO sharecover_worker USING (current_user = 'sharecover_worker')",
        ]
    return found
