"""Screening: the list of those whose assets are frozen, and what was found when people were looked up in it."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# The same for all partners, and loaded by the owner alone.
LISTS = """
CREATE TABLE sanctions_lists (
    id text PRIMARY KEY, number bigint GENERATED ALWAYS AS IDENTITY UNIQUE, source text NOT NULL,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'), entries bigint NOT NULL CHECK (entries > 0),
    loaded_at timestamptz NOT NULL
);
CREATE TABLE sanctions_entries (
    list_id text NOT NULL REFERENCES sanctions_lists, position bigint NOT NULL, reference text NOT NULL,
    names jsonb NOT NULL CHECK (jsonb_array_length(names) > 0), born jsonb NOT NULL,
    kind text NOT NULL CHECK (kind IN ('person', 'entity')), programme text NOT NULL,
    PRIMARY KEY (list_id, position), UNIQUE (list_id, reference)
);
GRANT SELECT ON sanctions_lists, sanctions_entries TO sharecover_app, sharecover_worker;
"""

SCREENINGS = """
CREATE TABLE screenings (
    tenant_id text NOT NULL REFERENCES tenants, id text NOT NULL, member_id text NOT NULL,
    purpose text NOT NULL CHECK (purpose IN ('bind', 'payout')), list_id text NOT NULL REFERENCES sanctions_lists,
    person bytea NOT NULL CHECK (length(person) = 32), entries bytea NOT NULL CHECK (length(entries) = 32),
    matches jsonb NOT NULL CHECK (jsonb_array_length(matches) > 0), sealed bytea NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'cleared', 'confirmed')),
    decided_by text, because text, decided_at timestamptz, earlier jsonb NOT NULL, created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, member_id) REFERENCES members,
    -- What was decided about a person of this name and about these entries is asked once.
    UNIQUE (tenant_id, member_id, person, entries),
    CHECK ((state = 'open') = (decided_at IS NULL)), CHECK ((decided_at IS NULL) = (decided_by IS NULL)),
    CHECK ((decided_at IS NULL) = (because IS NULL))
);
CREATE INDEX ix_screenings_state_created_at ON screenings (state, created_at);
ALTER TABLE screenings ENABLE ROW LEVEL SECURITY;
ALTER TABLE screenings FORCE ROW LEVEL SECURITY;
CREATE POLICY of_tenant ON screenings USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
-- Whoever decides looks over all partners. A row holds ids, scores and the list's own words; the name is sealed.
CREATE POLICY for_worker ON screenings FOR SELECT TO sharecover_worker USING (current_user = 'sharecover_worker');
GRANT SELECT, INSERT ON screenings TO sharecover_app;
GRANT SELECT ON screenings TO sharecover_worker;
-- The service never decides by itself.
GRANT UPDATE (state, decided_by, because, decided_at, earlier) ON screenings TO sharecover_worker;
"""


def upgrade() -> None:
    """Makes the tables."""
    for statements in (LISTS, SCREENINGS):
        op.execute(statements)
