"""API keys with names, whose last use is noted, and which are rotated: old and new are both valid for a time."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

FUNCTIONS = {
    # As find_credential, for keys alone, with when it was last used.
    "find_key(bytea, timestamptz)": """
CREATE OR REPLACE FUNCTION find_key(wanted bytea, at timestamptz)
RETURNS TABLE (id text, tenant_id text, scopes text[], last_used_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT c.id, c.tenant_id, c.scopes, c.last_used_at FROM credentials c
    WHERE c.hash = wanted AND c.kind = 'api_key' AND c.revoked_at IS NULL AND (c.expires_at IS NULL OR c.expires_at > at)
$$""",
    # Of those who use a key at one moment, one notes it, and nobody waits for that one.
    "note_key_used(bytea, timestamptz, timestamptz)": """
CREATE OR REPLACE FUNCTION note_key_used(wanted bytea, at timestamptz, unless_since timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE credentials SET last_used_at = at WHERE hash = (
        SELECT c.hash FROM credentials c WHERE c.hash = wanted AND c.kind = 'api_key'
            AND (c.last_used_at IS NULL OR c.last_used_at <= unless_since)
        FOR UPDATE SKIP LOCKED)
$$""",
    "see_keys(text, text, timestamptz, timestamptz, integer)": """
CREATE OR REPLACE FUNCTION see_keys(wanted text, before text, made_from timestamptz, made_to timestamptz, how_many integer)
RETURNS TABLE (id text, name text, scopes text[], hint text, created_by text, created_at timestamptz, expires_at timestamptz,
    revoked_at timestamptz, last_used_at timestamptz, replaced_by text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT c.id, c.name, c.scopes, c.hint, c.created_by, c.created_at, c.expires_at, c.revoked_at, c.last_used_at, c.replaced_by
    FROM credentials c
    WHERE c.tenant_id = current_tenant() AND c.subject = split_part(current_tenant(), ':', 1) AND c.kind = 'api_key'
        AND (wanted IS NULL OR c.id = wanted) AND (before IS NULL OR c.id < before)
        AND (made_from IS NULL OR c.created_at >= made_from) AND (made_to IS NULL OR c.created_at <= made_to)
    ORDER BY c.id DESC LIMIT how_many
$$""",
    "name_key(text, text, text)": """
CREATE OR REPLACE FUNCTION name_key(wanted text, its_name text, by text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE credentials SET name = its_name, created_by = by
    WHERE id = wanted AND tenant_id = current_tenant() AND kind = 'api_key' AND created_by IS NULL
$$""",
    # Whether the key was there to be replaced: of two that rotate one key at a time, the second finds it replaced.
    "replace_key(text, text, timestamptz, timestamptz)": """
CREATE OR REPLACE FUNCTION replace_key(wanted text, successor text, at timestamptz, until timestamptz) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE credentials SET replaced_by = successor, expires_at = least(expires_at, until)
    WHERE id = wanted AND tenant_id = current_tenant() AND kind = 'api_key' AND replaced_by IS NULL AND revoked_at IS NULL
        AND (expires_at IS NULL OR expires_at > at)
    RETURNING true
$$""",
}

COLUMNS = ("name text", "created_by text", "last_used_at timestamptz", "replaced_by text")


def upgrade() -> None:
    """Each statement is a transaction of its own, and all of it can be run again."""
    with op.get_context().autocommit_block():
        for column in COLUMNS:
            op.execute(f"ALTER TABLE credentials ADD COLUMN IF NOT EXISTS {column}")
        for name, statement in FUNCTIONS.items():
            op.execute(statement)
            op.execute(f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
            for role in ("sharecover_app", "sharecover_worker"):
                op.execute(f"GRANT EXECUTE ON FUNCTION {name} TO {role}")
