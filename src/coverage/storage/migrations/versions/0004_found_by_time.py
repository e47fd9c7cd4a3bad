"""Indexes over what falls due, waits or may be thrown away, built while the service runs; and when what is there falls due.

Nothing here runs in a transaction, so that nobody is held up. Broken off half-way it can be run again from its beginning.
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_quotes_next_due_at": "quotes (tenant_id, next_due_at) WHERE next_due_at IS NOT NULL",
    "ix_covers_next_due_at": "covers (tenant_id, next_due_at) WHERE next_due_at IS NOT NULL",
    "ix_idempotency_keys_created_at": "idempotency_keys (tenant_id, created_at)",
    "ix_outbox_waiting": "outbox (due_at, id) WHERE done_at IS NULL AND set_aside_at IS NULL",
    "ix_outbox_set_aside": "outbox (set_aside_at, id) WHERE set_aside_at IS NOT NULL",
    "ix_outbox_done_at": "outbox (done_at) WHERE done_at IS NOT NULL",
}

# A tenant at a time, since the owner is held to the policies too, and of its rows some at a time, so that nobody who changes
# one of them waits for long. A row that was written since has its time already.
FILL_IN = """
CREATE OR REPLACE PROCEDURE fill_in_next_due() LANGUAGE plpgsql AS $$
DECLARE
    tenant text;
    done_to text;
BEGIN
    FOR tenant IN SELECT DISTINCT tenant_id FROM credentials LOOP
        PERFORM set_config('sharecover.tenant', tenant, false);
        done_to := '';
        LOOP
            WITH batch AS (SELECT id FROM quotes WHERE tenant_id = tenant AND id > done_to ORDER BY id LIMIT 500),
            changed AS (UPDATE quotes SET next_due_at = expires_at WHERE tenant_id = tenant
                AND id IN (SELECT id FROM batch) AND state = 'open' AND next_due_at IS NULL)
            SELECT max(id) INTO done_to FROM batch;
            COMMIT;
            EXIT WHEN done_to IS NULL;
        END LOOP;
        done_to := '';
        LOOP
            WITH batch AS (SELECT id FROM covers WHERE tenant_id = tenant AND id > done_to ORDER BY id LIMIT 500),
            changed AS (UPDATE covers SET next_due_at = starts_at WHERE tenant_id = tenant
                AND id IN (SELECT id FROM batch) AND state = 'issued' AND next_due_at IS NULL)
            SELECT max(id) INTO done_to FROM batch;
            COMMIT;
            EXIT WHEN done_to IS NULL;
        END LOOP;
    END LOOP;
    PERFORM set_config('sharecover.tenant', '', false);
END $$
"""


def upgrade() -> None:
    """Builds the indexes, then fills in when each quote and cover next falls due."""
    with op.get_context().autocommit_block():
        # Behind an index that is built so nobody waits: it may wait for as long as others work.
        op.execute("SET lock_timeout = 0")
        for name, on in INDEXES.items():
            # Half of an index may be left where building it was broken off.
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {on}")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_outbox_due_at")
        op.execute(FILL_IN)
        op.execute("CALL fill_in_next_due()")
        op.execute("DROP PROCEDURE fill_in_next_due()")
