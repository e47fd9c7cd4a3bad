"""API keys that a partner can have revoked."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# The one way to end a key: of the tenant that the transaction is in, and no other. Every request looks its key up, so
# that one that is revoked opens nothing more, whichever process is asked.
REVOKING = """
CREATE FUNCTION revoke_key(credential_id text, at timestamptz) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE credentials SET revoked_at = coalesce(revoked_at, at)
    WHERE id = credential_id AND tenant_id = current_tenant() AND kind = 'api_key'
    RETURNING true
$$;
REVOKE ALL ON FUNCTION revoke_key(text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION revoke_key(text, timestamptz) TO sharecover_app;
"""


def upgrade() -> None:
    """Makes the function."""
    op.execute(REVOKING)
