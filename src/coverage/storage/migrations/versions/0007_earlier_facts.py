"""Facts that were recorded before there were seals, gathered to be sealed while the service goes on recording others.

Nothing here runs in one transaction with the trigger that gathers new ones: that would lock the facts until all are
gathered. Broken off half-way it can be run again from its beginning.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# A tenant at a time: the owner is held to the policies too.
GATHER = """
CREATE OR REPLACE PROCEDURE gather_earlier_facts() LANGUAGE plpgsql AS $$
DECLARE
    tenant text;
BEGIN
    FOR tenant IN SELECT DISTINCT tenant_id FROM credentials LOOP
        PERFORM set_config('sharecover.tenant', tenant, false);
        INSERT INTO unsealed (tenant_id, fact_id)
            SELECT f.tenant_id, f.id FROM facts f WHERE f.tenant_id = tenant
                AND NOT EXISTS (SELECT FROM unsealed u WHERE u.tenant_id = tenant AND u.fact_id = f.id)
                AND NOT EXISTS (SELECT FROM seals s WHERE s.tenant_id = tenant AND s.fact_id = f.id)
            ORDER BY f.recorded_at, f.id;
        COMMIT;
    END LOOP;
    PERFORM set_config('sharecover.tenant', '', false);
END $$
"""


def upgrade() -> None:
    """Gathers them, each once. A fact that is recorded meanwhile is gathered by its trigger."""
    with op.get_context().autocommit_block():
        op.execute(GATHER)
        op.execute("CALL gather_earlier_facts()")
        op.execute("DROP PROCEDURE gather_earlier_facts()")
