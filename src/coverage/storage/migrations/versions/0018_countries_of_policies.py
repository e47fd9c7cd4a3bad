"""In which countries a master policy holds."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """A policy from before, or of a service that doesn't know the column yet, holds wherever its products are sold."""
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE master_policies ADD COLUMN IF NOT EXISTS countries jsonb")
