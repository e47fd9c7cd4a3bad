"""Surcharges beside the premium that they are taken on, and what a section doesn't cover among its frozen terms."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Each table's check that its amounts add up, by the name that PostgreSQL gave it, and whether every row has them.
SUMS = {
    "quotes": ("quotes_check1", ""),
    "covers": ("covers_check1", "NOT NULL"),
    "transactions": ("transactions_check", "NOT NULL"),
}


def upgrade() -> None:
    """Adds the columns. What was kept before had no surcharge and no exclusion."""
    for table, (check, always) in SUMS.items():
        op.execute(f"ALTER TABLE {table} ADD COLUMN surcharges bigint {always} DEFAULT 0, DROP CONSTRAINT {check}")
        op.execute(f"ALTER TABLE {table} ALTER COLUMN surcharges DROP DEFAULT")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT adds_up CHECK (net + surcharges + tax + fees = gross)")
    op.execute("ALTER TABLE transaction_terms ADD COLUMN exclusions jsonb NOT NULL DEFAULT '[]'")
    op.execute("ALTER TABLE transaction_terms ALTER COLUMN exclusions DROP DEFAULT")
