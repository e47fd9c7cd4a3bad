"""What a certificate is known by to whoever looks whether it counts, and how a partner looks."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# A certificate is known by its link (`proof`), by what is typed (`typed`), and as a file (`file`), each as a hash alone. It
# may be set in several languages at once, which have the same link: the first that comes registers it.
VOUCHING = (
    "ALTER TABLE credentials DROP CONSTRAINT IF EXISTS credentials_kind_check",
    "ALTER TABLE credentials DROP CONSTRAINT IF EXISTS is_of_a_kind",
    (
        "ALTER TABLE credentials ADD CONSTRAINT is_of_a_kind"
        " CHECK (kind IN ('api_key', 'member_link', 'proof', 'typed', 'file')) NOT VALID"
    ),
    "ALTER TABLE credentials VALIDATE CONSTRAINT is_of_a_kind",
    """
CREATE OR REPLACE FUNCTION register_proof(hash bytea, id text, kind text, subject text, created_at timestamptz)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF current_tenant() IS NULL OR $3 NOT IN ('proof', 'typed', 'file') THEN
        RAISE EXCEPTION 'a proof belongs to a tenant, and opens no more than a proof does' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO credentials VALUES ($1, $2, $3, current_tenant(), $4, '{}', '', $5, NULL, NULL) ON CONFLICT DO NOTHING;
END $$""",
    "REVOKE ALL ON FUNCTION register_proof(bytea, text, text, text, timestamptz) FROM PUBLIC",
    *(
        f"GRANT EXECUTE ON FUNCTION register_proof(bytea, text, text, text, timestamptz) TO {role}"
        for role in ("sharecover_app", "sharecover_worker")
    ),
    "ALTER TABLE partners ADD COLUMN IF NOT EXISTS colour text",
    "ALTER TABLE partners ADD COLUMN IF NOT EXISTS logo bytea",
)


def upgrade() -> None:
    """Each statement is a transaction of its own, and all of it can be run again."""
    with op.get_context().autocommit_block():
        for statement in VOUCHING:
            op.execute(statement)
