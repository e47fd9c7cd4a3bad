"""Refunds that fail, also after they were sent, and what is transferred instead."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

REFUNDS = (
    "ALTER TABLE refunds ADD COLUMN IF NOT EXISTS failed_at timestamptz",
    "ALTER TABLE refunds ADD COLUMN IF NOT EXISTS bank_reference text",
    # Wider than the one before: no row can be against it while there is none.
    "ALTER TABLE refunds DROP CONSTRAINT IF EXISTS refunds_state_check",
    (
        "DO $$ BEGIN ALTER TABLE refunds ADD CONSTRAINT is_in_a_state"
        " CHECK (state IN ('pending', 'succeeded', 'failed', 'transferred')"
        " AND (state IN ('failed', 'transferred')) = (failed_at IS NOT NULL)"
        " AND (state IN ('failed', 'transferred') OR (state = 'succeeded') = (settled_at IS NOT NULL))"
        " AND (state = 'transferred') = (bank_reference IS NOT NULL)) NOT VALID;"
        " EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    ),
    "ALTER TABLE refunds VALIDATE CONSTRAINT is_in_a_state",
)


def upgrade() -> None:
    """Each statement is a transaction of its own, and all of it can be run again."""
    with op.get_context().autocommit_block():
        for statement in REFUNDS:
            op.execute(statement)
