"""Jobs that are set aside, what falls due by a tenant's clock, and what a worker may throw away in time."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Whoever waits for work hears of a new job at its commit. One word for all: what there is stands in the table.
HEARD_FUNCTION = """
CREATE OR REPLACE FUNCTION tell_of_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('sharecover_outbox', '');
    RETURN NULL;
END $$
"""
HEARD = """
CREATE OR REPLACE TRIGGER tell_of_jobs AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION tell_of_jobs()
"""

# It looks at each tenant in turn, under the policies that hold for whoever asks: no view over all of them is opened.
DUE = """
CREATE OR REPLACE FUNCTION tenants_with_work_due(wall timestamptz) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    tenant record;
    now_there timestamptz;
BEGIN
    FOR tenant IN SELECT id, clock_ahead_seconds FROM tenants ORDER BY id LOOP
        PERFORM set_config('sharecover.tenant', tenant.id, true);
        now_there := wall + make_interval(secs => tenant.clock_ahead_seconds);
        IF EXISTS (SELECT FROM quotes WHERE tenant_id = tenant.id AND next_due_at <= now_there)
            OR EXISTS (SELECT FROM covers WHERE tenant_id = tenant.id AND next_due_at <= now_there)
        THEN
            RETURN NEXT tenant.id;
        END IF;
    END LOOP;
    PERFORM set_config('sharecover.tenant', '', true);
END $$
"""
DUE_KEPT = "REVOKE ALL ON FUNCTION tenants_with_work_due(timestamptz) FROM PUBLIC"
DUE_GRANTED = "GRANT EXECUTE ON FUNCTION tenants_with_work_due(timestamptz) TO sharecover_worker"


def upgrade() -> None:
    """Adds columns, each at once: what takes long comes in the next revision, without holding anybody up.

    Each statement is a transaction of its own. In one together they would hold one table while they wait for another, and
    a bind that came to these in another order would wait for them in turn, for ever. Broken off, all of it can be run again.
    """
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE outbox ADD COLUMN IF NOT EXISTS set_aside_at timestamptz")
        op.execute("ALTER TABLE outbox ADD COLUMN IF NOT EXISTS taken_by text")
        # When something next happens to a row by its tenant's clock alone; null when nothing does any more.
        for table in ("quotes", "covers"):
            op.execute(f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS next_due_at timestamptz")
        # A worker looks at each tenant, so it has to know which there are. Their rows hold ids and a clock. The owner, who
        # has the worker's role too, isn't meant.
        op.execute("DROP POLICY IF EXISTS for_worker ON tenants")
        op.execute(
            "CREATE POLICY for_worker ON tenants FOR SELECT TO sharecover_worker"
            " USING (current_user = 'sharecover_worker')"
        )
        op.execute("GRANT DELETE ON outbox, idempotency_keys TO sharecover_worker")
        for statement in (HEARD_FUNCTION, HEARD, DUE, DUE_KEPT, DUE_GRANTED):
            op.execute(statement)
