"""Which months are closed, whose turn it is to close one, and the documents of invoices."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = (
    # A month is closed once, with invoices or without: who closes it a second time is refused its row.
    """
CREATE TABLE IF NOT EXISTS closed_months (
    tenant_id text NOT NULL REFERENCES tenants, month date NOT NULL CHECK (extract(day FROM month) = 1),
    closed_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, month)
)
""",
    """
CREATE TABLE IF NOT EXISTS invoice_documents (
    tenant_id text NOT NULL, id text NOT NULL, invoice_id text NOT NULL, language text NOT NULL, sha256 text NOT NULL,
    size bigint NOT NULL, blob text NOT NULL, created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, invoice_id, language),
    FOREIGN KEY (tenant_id, invoice_id) REFERENCES invoices
)
""",
)
ALL = ("closed_months", "invoice_documents")

# It looks at each tenant in turn, under the policies that hold for whoever asks: no view over all of them is opened.
DUE = """
CREATE OR REPLACE FUNCTION tenants_to_invoice(wall timestamptz) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    tenant record;
    month_there timestamp;
BEGIN
    FOR tenant IN SELECT id, partner_id, clock_ahead_seconds FROM tenants ORDER BY id LOOP
        PERFORM set_config('sharecover.tenant', tenant.id, true);
        SELECT date_trunc('month', (wall + make_interval(secs => tenant.clock_ahead_seconds)) AT TIME ZONE p.timezone)
            INTO month_there FROM partners p WHERE p.id = tenant.partner_id;
        IF NOT EXISTS (SELECT FROM closed_months c WHERE c.tenant_id = tenant.id
            AND c.month = (month_there - interval '1 month')::date)
        THEN
            RETURN NEXT tenant.id;
        END IF;
    END LOOP;
    PERFORM set_config('sharecover.tenant', '', true);
END $$
"""
DUE_KEPT = "REVOKE ALL ON FUNCTION tenants_to_invoice(timestamptz) FROM PUBLIC"
DUE_GRANTED = "GRANT EXECUTE ON FUNCTION tenants_to_invoice(timestamptz) TO sharecover_worker"

INDEXES = {"uq_invoices_tenant_id_month_currency": ("UNIQUE", "invoices (tenant_id, month, currency)")}


def upgrade() -> None:
    """Each statement is a transaction of its own, and all of it can be run again."""
    with op.get_context().autocommit_block():
        for statement in TABLES:
            op.execute(statement)
        for table in ALL:
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
            op.execute(f"DROP POLICY IF EXISTS of_tenant ON {table}")
            op.execute(
                f"CREATE POLICY of_tenant ON {table}"
                " USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant())"
            )
            for role in ("sharecover_app", "sharecover_worker"):
                op.execute(f"GRANT SELECT, INSERT ON {table} TO {role}")
            op.execute(
                f"CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
            op.execute(
                f"CREATE OR REPLACE TRIGGER no_truncate BEFORE TRUNCATE ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
        for statement in (DUE, DUE_KEPT, DUE_GRANTED):
            op.execute(statement)
        op.execute("SET lock_timeout = 0")
        for name, (unique, on) in INDEXES.items():
            # What a broken-off build leaves is no index.
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE {unique} INDEX CONCURRENTLY {name} ON {on}")
