"""When quotes and covers fall due, also where a service writes them that was made before anything fell due.

Such a service may go on beside a schema that is newer. It leaves open when what it makes falls due, and leaves standing when
what it ends would have. The newer one would take the first for over, and stumble over the second.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# No rule of its own: it says what whoever knows of falling due says anyway.
QUOTES_FUNCTION = """
CREATE OR REPLACE FUNCTION set_quote_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state NOT IN ('open', 'referred') THEN
        NEW.next_due_at := NULL;
    ELSIF TG_OP = 'INSERT' AND NEW.next_due_at IS NULL AND NEW.expires_at IS NOT NULL THEN
        NEW.next_due_at := coalesce(NEW.floats_until, NEW.expires_at);
    END IF;
    RETURN NEW;
END $$
"""
COVERS_FUNCTION = """
CREATE OR REPLACE FUNCTION set_cover_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state NOT IN ('awaiting_payment', 'issued', 'payment_disputed') THEN
        NEW.next_due_at := NULL;
    ELSIF TG_OP = 'INSERT' AND NEW.next_due_at IS NULL AND NEW.state = 'issued' THEN
        NEW.next_due_at := NEW.starts_at;
    END IF;
    RETURN NEW;
END $$
"""
QUOTES = """
CREATE OR REPLACE TRIGGER set_due BEFORE INSERT OR UPDATE OF state ON quotes FOR EACH ROW EXECUTE FUNCTION set_quote_due()
"""
COVERS = """
CREATE OR REPLACE TRIGGER set_due BEFORE INSERT OR UPDATE OF state ON covers FOR EACH ROW EXECUTE FUNCTION set_cover_due()
"""

# What was written so before the triggers stood. A fact shows that a row has none because what was due has happened.
MEND = """
CREATE OR REPLACE PROCEDURE mend_next_due() LANGUAGE plpgsql AS $$
DECLARE
    tenant text;
    done_to text;
BEGIN
    FOR tenant IN SELECT DISTINCT tenant_id FROM credentials LOOP
        PERFORM set_config('sharecover.tenant', tenant, false);
        done_to := '';
        LOOP
            WITH batch AS (SELECT id FROM quotes WHERE tenant_id = tenant AND id > done_to ORDER BY id LIMIT 500),
            over AS (UPDATE quotes SET next_due_at = NULL WHERE tenant_id = tenant AND id IN (SELECT id FROM batch)
                AND state NOT IN ('open', 'referred') AND next_due_at IS NOT NULL),
            due AS (UPDATE quotes q SET next_due_at = coalesce(floats_until, expires_at) WHERE tenant_id = tenant
                AND id IN (SELECT id FROM batch) AND state IN ('open', 'referred') AND expires_at IS NOT NULL
                AND next_due_at IS DISTINCT FROM coalesce(floats_until, expires_at) AND NOT EXISTS (SELECT FROM facts f
                    WHERE f.tenant_id = tenant AND f.subject = q.id AND f.kind = 'quote.expired'))
            SELECT max(id) INTO done_to FROM batch;
            COMMIT;
            EXIT WHEN done_to IS NULL;
        END LOOP;
        done_to := '';
        LOOP
            WITH batch AS (SELECT id FROM covers WHERE tenant_id = tenant AND id > done_to ORDER BY id LIMIT 500),
            over AS (UPDATE covers SET next_due_at = NULL WHERE tenant_id = tenant AND id IN (SELECT id FROM batch)
                AND state NOT IN ('awaiting_payment', 'issued', 'payment_disputed') AND next_due_at IS NOT NULL),
            due AS (UPDATE covers c SET next_due_at = starts_at WHERE tenant_id = tenant AND id IN (SELECT id FROM batch)
                AND state = 'issued' AND next_due_at IS NULL AND NOT EXISTS (SELECT FROM facts f WHERE f.tenant_id = tenant
                    AND f.subject = c.id AND f.kind IN ('cover.started', 'cover.ended')))
            SELECT max(id) INTO done_to FROM batch;
            COMMIT;
            EXIT WHEN done_to IS NULL;
        END LOOP;
    END LOOP;
    PERFORM set_config('sharecover.tenant', '', false);
END $$
"""


def upgrade() -> None:
    """Makes the triggers, each in a transaction of its own; then mends what was written without them, holding nobody up."""
    with op.get_context().autocommit_block():
        for statement in (QUOTES_FUNCTION, QUOTES, COVERS_FUNCTION, COVERS, MEND):
            op.execute(statement)
        op.execute("CALL mend_next_due()")
        op.execute("DROP PROCEDURE mend_next_due()")
