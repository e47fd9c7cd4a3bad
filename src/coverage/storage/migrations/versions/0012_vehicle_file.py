"""The insured vehicles' file: what was told of which transaction, and when."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = (
    """
CREATE TABLE IF NOT EXISTS vehicle_rows (
    tenant_id text NOT NULL, id text NOT NULL, cover_id text NOT NULL, transaction_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('issued', 'changed', 'cancelled')), corrects text,
    starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL, told_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    -- Each transaction is told once, and each row corrected by one other at most.
    UNIQUE (tenant_id, transaction_id), UNIQUE (tenant_id, corrects),
    FOREIGN KEY (tenant_id, cover_id) REFERENCES covers,
    FOREIGN KEY (tenant_id, transaction_id) REFERENCES transactions,
    FOREIGN KEY (tenant_id, corrects) REFERENCES vehicle_rows,
    CHECK (starts_at <= ends_at), CHECK ((kind = 'issued') = (corrects IS NULL))
)
""",
    "CREATE INDEX IF NOT EXISTS ix_vehicle_rows_tenant_id_cover_id ON vehicle_rows (tenant_id, cover_id)",
    "CREATE INDEX IF NOT EXISTS ix_vehicle_rows_tenant_id_recorded_at ON vehicle_rows (tenant_id, recorded_at, id)",
)


def upgrade() -> None:
    """Makes the table; it can be run again."""
    for statement in TABLES:
        op.execute(statement)
    op.execute("ALTER TABLE vehicle_rows ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE vehicle_rows FORCE ROW LEVEL SECURITY")
    op.execute("DROP POLICY IF EXISTS of_tenant ON vehicle_rows")
    op.execute(
        "CREATE POLICY of_tenant ON vehicle_rows"
        " USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant())"
    )
    for role in ("sharecover_app", "sharecover_worker"):
        op.execute(f"GRANT SELECT, INSERT ON vehicle_rows TO {role}")
        # What was told stays as it was told.
        op.execute(f"GRANT UPDATE (told_at) ON vehicle_rows TO {role}")
