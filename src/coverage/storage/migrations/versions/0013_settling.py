"""Settling claims: what was decided of an exposure, what is set aside for it and what is paid out of that."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

GRANTS = {"decisions": "SELECT, INSERT", "reserve_changes": "SELECT, INSERT", "payouts": "SELECT, INSERT, UPDATE"}
APPEND_ONLY = ("decisions", "reserve_changes")

TABLES = {
    "decisions": (
        """
CREATE TABLE IF NOT EXISTS decisions (
    tenant_id text NOT NULL, id text NOT NULL, exposure_id text NOT NULL, sequence bigint NOT NULL CHECK (sequence > 0),
    decision text NOT NULL CHECK (decision IN ('approved', 'repudiated', 'goodwill')), parts jsonb NOT NULL,
    premium_due bigint CHECK (premium_due > 0), indemnity bigint NOT NULL CHECK (indemnity >= 0),
    -- What is owed at most bounds what is approved; goodwill stands beside it.
    approved bigint NOT NULL CHECK (approved BETWEEN 0 AND indemnity), goodwill bigint NOT NULL CHECK (goodwill >= 0),
    currency text NOT NULL, sealed bytea NOT NULL, decided_by text NOT NULL, decided_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, exposure_id, sequence),
    FOREIGN KEY (tenant_id, exposure_id) REFERENCES exposures,
    CHECK (CASE decision WHEN 'approved' THEN true WHEN 'goodwill' THEN approved = 0 AND goodwill > 0
        ELSE approved = 0 AND goodwill = 0 END)
)
""",
    ),
    "reserve_changes": (
        """
CREATE TABLE IF NOT EXISTS reserve_changes (
    tenant_id text NOT NULL, id text NOT NULL, exposure_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('indemnity', 'fees')), change bigint NOT NULL CHECK (change <> 0),
    because text NOT NULL CHECK (because IN ('assessed', 'decided', 'paid', 'closed')),
    sealed bytea, changed_by text NOT NULL, changed_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, exposure_id) REFERENCES exposures
)
""",
        "CREATE INDEX IF NOT EXISTS ix_reserve_changes_tenant_id_exposure_id ON reserve_changes (tenant_id, exposure_id)",
    ),
    "payouts": (
        """
CREATE TABLE IF NOT EXISTS payouts (
    tenant_id text NOT NULL, id text NOT NULL, claim_id text NOT NULL, exposure_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('indemnity', 'fees')), amount bigint NOT NULL CHECK (amount > 0),
    currency text NOT NULL, state text NOT NULL CHECK (state IN ('pending', 'paid', 'failed')), sealed bytea NOT NULL,
    bank_reference text, ordered_by text NOT NULL, ordered_at timestamptz NOT NULL, paid_at timestamptz,
    failed_at timestamptz, created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, claim_id) REFERENCES claims,
    FOREIGN KEY (tenant_id, exposure_id) REFERENCES exposures,
    CHECK (state <> 'paid' OR (paid_at IS NOT NULL AND bank_reference IS NOT NULL)), CHECK ((state = 'failed') = (failed_at IS NOT NULL)),
    CHECK (state <> 'pending' OR paid_at IS NULL)
)
""",
        "CREATE INDEX IF NOT EXISTS ix_payouts_tenant_id_claim_id ON payouts (tenant_id, claim_id)",
        "CREATE INDEX IF NOT EXISTS ix_payouts_tenant_id_exposure_id ON payouts (tenant_id, exposure_id)",
    ),
}

# What may be paid out of an exposure, and what is of it: never more, whoever asks at one time.
EXPOSURES = (
    "ALTER TABLE exposures ADD COLUMN IF NOT EXISTS opened_at timestamptz",
    "ALTER TABLE exposures ADD COLUMN IF NOT EXISTS payable bigint NOT NULL DEFAULT 0",
    "ALTER TABLE exposures ADD COLUMN IF NOT EXISTS paid_out bigint NOT NULL DEFAULT 0",
    (
        "DO $$ BEGIN ALTER TABLE exposures ADD CONSTRAINT pays_what_was_decided"
        " CHECK (paid_out BETWEEN 0 AND payable) NOT VALID;"
        " EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    ),
    "ALTER TABLE exposures VALIDATE CONSTRAINT pays_what_was_decided",
)

# What was declared before there was a journal of claims is set aside too: from here on the first reserve of every exposure
# is its estimate. An exposure's own id makes its transfer's, so that a repeat finds it there.
FIRST_RESERVES = """
DO $$
DECLARE
    tenant record;
BEGIN
    -- Who migrates sees none of the tenants; every one has a credential, which stands outside them.
    FOR tenant IN SELECT DISTINCT tenant_id AS id FROM credentials ORDER BY 1 LOOP
        PERFORM set_config('sharecover.tenant', tenant.id, true);
        INSERT INTO transfers (tenant_id, id, transaction_id, cause, debit, credit, amount, currency, posted_at, booked_at)
            SELECT e.tenant_id, 'tfr_' || substr(e.id, 5), NULL, e.id, 'claims_incurred/' || c.product || '/' || e.section,
                'claims_outstanding/' || c.product || '/' || e.section, e.estimate, e.currency,
                coalesce((SELECT min(f.recorded_at) FROM facts f WHERE f.tenant_id = m.tenant_id AND f.subject = m.id), m.created_at),
                m.reported_at
            FROM exposures e JOIN claims m ON m.tenant_id = e.tenant_id AND m.id = e.claim_id
            JOIN covers c ON c.tenant_id = m.tenant_id AND c.id = m.cover_id
            WHERE e.tenant_id = tenant.id AND e.estimate > 0
                AND NOT EXISTS (SELECT FROM transfers t WHERE t.tenant_id = e.tenant_id AND t.cause = e.id)
            ON CONFLICT DO NOTHING;
    END LOOP;
    PERFORM set_config('sharecover.tenant', '', true);
END $$
"""


def upgrade() -> None:
    """Each statement is a transaction of its own, and all of it can be run again."""
    with op.get_context().autocommit_block():
        for table, statements in TABLES.items():
            op.execute("; ".join(["BEGIN", *statements, *_guarded(table), "COMMIT"]))
        for statement in (*EXPOSURES, FIRST_RESERVES):
            op.execute(statement)


def _guarded(table: str) -> list[str]:
    """Row-level security, what the application may do, and that what is append-only stays so."""
    found = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"DROP POLICY IF EXISTS of_tenant ON {table}",
        f"CREATE POLICY of_tenant ON {table} USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant())",
        *(f"GRANT {GRANTS[table]} ON {table} TO {role}" for role in ("sharecover_app", "sharecover_worker")),
    ]
    if table in APPEND_ONLY:
        found += [
            (
                f"CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            ),
            (
                f"CREATE OR REPLACE TRIGGER no_truncate BEFORE TRUNCATE ON {table}"
                " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            ),
        ]
    return found
