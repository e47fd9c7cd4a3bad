"""Seals over the facts: a place in one sequence, and a hash over all that came before."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SEALS = """
CREATE TABLE seals (
    position bigint PRIMARY KEY CHECK (position > 0), tenant_id text NOT NULL, fact_id text NOT NULL,
    hash bytea NOT NULL CHECK (length(hash) = 32), sealed_at timestamptz NOT NULL,
    UNIQUE (tenant_id, fact_id), FOREIGN KEY (tenant_id, fact_id) REFERENCES facts
);
CREATE INDEX ix_seals_tenant_id_position ON seals (tenant_id, position);
ALTER TABLE seals ENABLE ROW LEVEL SECURITY;
ALTER TABLE seals FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON seals USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
-- Whoever seals goes on from the last seal, whosesoever it is. A seal holds ids and a hash.
CREATE POLICY for_worker ON seals FOR SELECT TO sharecover_worker USING (current_user = 'sharecover_worker');
GRANT SELECT ON seals TO sharecover_app;
GRANT SELECT, INSERT ON seals TO sharecover_worker;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON seals FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON seals FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

# Which facts wait for their seal. Filled by the fact itself, so that none can be recorded past it: a transaction that
# commits late is found late, and never skipped.
UNSEALED = """
CREATE TABLE unsealed (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant_id text NOT NULL, fact_id text NOT NULL
);
GRANT SELECT, DELETE ON unsealed TO sharecover_worker;
CREATE FUNCTION await_seal() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO unsealed (tenant_id, fact_id) VALUES (NEW.tenant_id, NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER await_seal AFTER INSERT ON facts FOR EACH ROW EXECUTE FUNCTION await_seal();
"""


def upgrade() -> None:
    """Makes the tables. Facts from before the trigger are gathered by the next revision, which holds nobody up."""
    for statements in (SEALS, UNSEALED):
        op.execute(statements)
