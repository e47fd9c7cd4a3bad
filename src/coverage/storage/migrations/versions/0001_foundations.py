"""The foundations: partners, rules kept, quotes, covers, claims, the journal, facts, idempotency; tenancy over all."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ROLES = ("sharecover_app", "sharecover_worker")

# Tables of a tenant, each with what the application may do on it. What is append-only allows no change.
TENANT_TABLES = {
    "master_policies": "SELECT, INSERT",
    "members": "SELECT, INSERT, UPDATE",
    "data_keys": "SELECT, INSERT, UPDATE",
    "quotes": "SELECT, INSERT, UPDATE",
    "covers": "SELECT, INSERT, UPDATE",
    "cover_parties": "SELECT, INSERT",
    "objects_held": "SELECT, INSERT, UPDATE",
    "amounts_held": "SELECT, INSERT, UPDATE",
    "transactions": "SELECT, INSERT",
    "transaction_terms": "SELECT, INSERT",
    "documents": "SELECT, INSERT",
    "claims": "SELECT, INSERT, UPDATE",
    "exposures": "SELECT, INSERT, UPDATE",
    "transfers": "SELECT, INSERT",
    "facts": "SELECT, INSERT",
    "idempotency_keys": "SELECT, INSERT",
}
APPEND_ONLY = (
    "transactions",
    "transaction_terms",
    "transfers",
    "facts",
    "documents",
    "editions",
    "tax_rows",
    "product_texts",
)

RULES = """
CREATE TABLE partners (
    id text PRIMARY KEY, name text NOT NULL,
    status text NOT NULL CHECK (status IN ('registered_intermediary', 'exempt_ancillary')),
    created_at timestamptz NOT NULL
);
CREATE TABLE tenants (
    id text PRIMARY KEY, partner_id text NOT NULL REFERENCES partners, mode text NOT NULL CHECK (mode IN ('test', 'live')),
    clock_ahead_seconds integer NOT NULL DEFAULT 0 CHECK (clock_ahead_seconds >= 0),
    created_at timestamptz NOT NULL,
    CHECK (id = partner_id || ':' || mode), CHECK (mode = 'test' OR clock_ahead_seconds = 0)
);
CREATE TABLE insurers (
    id text PRIMARY KEY, name text NOT NULL, registration text NOT NULL, supervisor text NOT NULL, address text NOT NULL,
    claims_contact jsonb NOT NULL, assistance_contact jsonb, created_at timestamptz NOT NULL
);
CREATE TABLE credentials (
    hash bytea PRIMARY KEY CHECK (length(hash) = 32), id text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('api_key', 'member_link')),
    tenant_id text NOT NULL REFERENCES tenants, subject text NOT NULL, scopes text[] NOT NULL, hint text NOT NULL,
    created_at timestamptz NOT NULL, expires_at timestamptz, revoked_at timestamptz
);
CREATE INDEX ix_credentials_tenant_id_subject ON credentials (tenant_id, subject);
CREATE TABLE editions (
    hash text PRIMARY KEY, product text NOT NULL, country text NOT NULL, name text NOT NULL, text text NOT NULL,
    kept_at timestamptz NOT NULL, UNIQUE (product, country, name)
);
CREATE TABLE tax_rows (hash text PRIMARY KEY, content jsonb NOT NULL, kept_at timestamptz NOT NULL);
CREATE TABLE product_texts (hash text PRIMARY KEY, content jsonb NOT NULL, kept_at timestamptz NOT NULL);
CREATE TABLE master_policies (
    tenant_id text NOT NULL REFERENCES tenants, id text NOT NULL, insurer_id text NOT NULL REFERENCES insurers,
    number text NOT NULL, umr text NOT NULL, starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL,
    currency text NOT NULL, products jsonb NOT NULL, commission jsonb NOT NULL, created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, number), CHECK (starts_at < ends_at)
);
"""

PEOPLE = """
CREATE TABLE members (
    tenant_id text NOT NULL REFERENCES tenants, id text NOT NULL, reference text NOT NULL, locale text NOT NULL,
    sealed bytea, created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, reference)
);
CREATE TABLE data_keys (
    tenant_id text NOT NULL REFERENCES tenants, subject text NOT NULL, wrapped bytea, created_at timestamptz NOT NULL,
    erased_at timestamptz, PRIMARY KEY (tenant_id, subject), CHECK ((wrapped IS NULL) = (erased_at IS NOT NULL))
);
"""

COVERS = """
CREATE TABLE quotes (
    tenant_id text NOT NULL REFERENCES tenants, id text NOT NULL, product text NOT NULL, country text NOT NULL,
    edition text NOT NULL, edition_hash text NOT NULL REFERENCES editions, tax_hash text NOT NULL REFERENCES tax_rows,
    texts_hash text NOT NULL REFERENCES product_texts,
    state text NOT NULL CHECK (state IN ('open', 'bound', 'referred', 'declined')),
    language text NOT NULL, timezone text NOT NULL, asked_at timestamptz NOT NULL, expires_at timestamptz,
    floats_until timestamptz, starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL,
    currency text NOT NULL, net bigint, tax bigint, fees bigint, gross bigint, price jsonb, reasons jsonb NOT NULL,
    facts jsonb NOT NULL, given jsonb NOT NULL, sealed bytea, sealed_for text NOT NULL, object_key bytea,
    member_id text, cover_id text, metadata jsonb NOT NULL, created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, member_id) REFERENCES members,
    CHECK (starts_at < ends_at), CHECK (net + tax + fees = gross), CHECK ((state = 'declined') = (gross IS NULL)),
    CHECK ((state = 'bound') = (cover_id IS NOT NULL))
);
CREATE INDEX ix_quotes_tenant_id_member_id ON quotes (tenant_id, member_id);
CREATE TABLE covers (
    tenant_id text NOT NULL, id text NOT NULL, number text NOT NULL, quote_id text NOT NULL, master_policy_id text NOT NULL,
    product text NOT NULL, country text NOT NULL,
    state text NOT NULL CHECK (state IN
        ('awaiting_payment', 'issued', 'cancelled', 'lapsed', 'not_taken_up', 'payment_disputed')),
    starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL, timezone text NOT NULL, language text NOT NULL,
    currency text NOT NULL, net bigint NOT NULL, tax bigint NOT NULL, fees bigint NOT NULL, gross bigint NOT NULL,
    policyholder_id text NOT NULL, object_key bytea, sealed bytea, payment_method text NOT NULL, disclosures jsonb NOT NULL,
    metadata jsonb NOT NULL, issued_at timestamptz, cancelled_at timestamptz, created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, number),
    UNIQUE (tenant_id, quote_id),
    FOREIGN KEY (tenant_id, quote_id) REFERENCES quotes,
    FOREIGN KEY (tenant_id, master_policy_id) REFERENCES master_policies,
    FOREIGN KEY (tenant_id, policyholder_id) REFERENCES members,
    CHECK (starts_at < ends_at), CHECK (net + tax + fees = gross)
);
ALTER TABLE quotes ADD FOREIGN KEY (tenant_id, cover_id) REFERENCES covers DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX ix_covers_tenant_id_state_starts_at ON covers (tenant_id, state, starts_at);
CREATE INDEX ix_covers_tenant_id_policyholder_id ON covers (tenant_id, policyholder_id);
CREATE TABLE cover_parties (
    tenant_id text NOT NULL, id text NOT NULL, cover_id text NOT NULL, position integer NOT NULL,
    role text NOT NULL, member_id text,
    PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, cover_id) REFERENCES covers,
    FOREIGN KEY (tenant_id, member_id) REFERENCES members
);
CREATE INDEX ix_cover_parties_tenant_id_cover_id ON cover_parties (tenant_id, cover_id);
CREATE INDEX ix_cover_parties_tenant_id_member_id ON cover_parties (tenant_id, member_id);
CREATE TABLE objects_held (
    tenant_id text NOT NULL, id text NOT NULL, cover_id text NOT NULL, section text NOT NULL, object_key bytea NOT NULL,
    period tstzrange NOT NULL CHECK (NOT isempty(period)), state text NOT NULL,
    PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, cover_id) REFERENCES covers,
    -- One object, one section, one partner: never two covers at one time.
    CONSTRAINT object_held_once EXCLUDE USING gist
        (tenant_id WITH =, object_key WITH =, section WITH =, period WITH &&)
        WHERE (state IN ('awaiting_payment', 'issued', 'payment_disputed'))
);
CREATE INDEX ix_objects_held_tenant_id_cover_id ON objects_held (tenant_id, cover_id);
CREATE TABLE amounts_held (
    tenant_id text NOT NULL, id text NOT NULL, cover_id text NOT NULL, member_id text NOT NULL, product text NOT NULL,
    section text NOT NULL, amount bigint NOT NULL CHECK (amount >= 0), currency text NOT NULL,
    starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL, state text NOT NULL,
    PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, cover_id) REFERENCES covers,
    FOREIGN KEY (tenant_id, member_id) REFERENCES members
);
CREATE INDEX ix_amounts_held_tenant_id_member_id ON amounts_held (tenant_id, member_id, section, ends_at);
CREATE INDEX ix_amounts_held_tenant_id_cover_id ON amounts_held (tenant_id, cover_id);
CREATE TABLE transactions (
    tenant_id text NOT NULL, id text NOT NULL, cover_id text NOT NULL, sequence integer NOT NULL CHECK (sequence > 0),
    risk_type text NOT NULL CHECK (risk_type IN ('New Business', 'Renewal', 'Adjustment', 'Cancellation')),
    premium_type text NOT NULL CHECK (premium_type IN ('Original Premium', 'Additional Premium', 'Return Premium')),
    effective_at timestamptz NOT NULL, booked_at timestamptz NOT NULL, currency text NOT NULL,
    net bigint NOT NULL, tax bigint NOT NULL, fees bigint NOT NULL, gross bigint NOT NULL, price jsonb NOT NULL,
    PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, cover_id, sequence),
    FOREIGN KEY (tenant_id, cover_id) REFERENCES covers, CHECK (net + tax + fees = gross)
);
CREATE TABLE transaction_terms (
    tenant_id text NOT NULL, id text NOT NULL, transaction_id text NOT NULL, cover_id text NOT NULL, section text NOT NULL,
    position integer NOT NULL, starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL, layer text NOT NULL,
    per text NOT NULL, limits jsonb NOT NULL, sublimits jsonb NOT NULL, deductible jsonb, average text NOT NULL,
    net bigint NOT NULL, currency text NOT NULL,
    PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, transaction_id, section),
    FOREIGN KEY (tenant_id, transaction_id) REFERENCES transactions
);
CREATE INDEX ix_transaction_terms_tenant_id_cover_id ON transaction_terms (tenant_id, cover_id);
CREATE TABLE documents (
    tenant_id text NOT NULL, id text NOT NULL, cover_id text NOT NULL, transaction_id text NOT NULL, kind text NOT NULL,
    language text NOT NULL, sha256 text NOT NULL, size integer NOT NULL, blob text NOT NULL, created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, transaction_id, kind, language),
    FOREIGN KEY (tenant_id, cover_id) REFERENCES covers, FOREIGN KEY (tenant_id, transaction_id) REFERENCES transactions
);
CREATE INDEX ix_documents_tenant_id_cover_id ON documents (tenant_id, cover_id);
"""

BOOKS = """
CREATE TABLE claims (
    tenant_id text NOT NULL, id text NOT NULL, number text NOT NULL, cover_id text NOT NULL, member_id text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'in_review', 'closed')), cause text NOT NULL,
    loss_at timestamptz NOT NULL, reported_at timestamptz NOT NULL, flags jsonb NOT NULL, sealed bytea NOT NULL,
    metadata jsonb NOT NULL, created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, number),
    FOREIGN KEY (tenant_id, cover_id) REFERENCES covers, FOREIGN KEY (tenant_id, member_id) REFERENCES members
);
CREATE INDEX ix_claims_tenant_id_cover_id ON claims (tenant_id, cover_id);
CREATE INDEX ix_claims_tenant_id_member_id ON claims (tenant_id, member_id);
CREATE TABLE exposures (
    tenant_id text NOT NULL, id text NOT NULL, claim_id text NOT NULL, position integer NOT NULL,
    section text NOT NULL, claimant text NOT NULL,
    decision text NOT NULL CHECK (decision IN ('pending', 'approved', 'repudiated', 'goodwill')),
    estimate bigint CHECK (estimate >= 0), currency text NOT NULL,
    PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, claim_id, section, claimant),
    FOREIGN KEY (tenant_id, claim_id) REFERENCES claims
);
CREATE TABLE transfers (
    tenant_id text NOT NULL, id text NOT NULL, transaction_id text NOT NULL, debit text NOT NULL, credit text NOT NULL,
    amount bigint NOT NULL CHECK (amount > 0), currency text NOT NULL, posted_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, transaction_id) REFERENCES transactions, CHECK (debit <> credit)
);
CREATE INDEX ix_transfers_tenant_id_transaction_id ON transfers (tenant_id, transaction_id);
CREATE TABLE facts (
    tenant_id text NOT NULL REFERENCES tenants, id text NOT NULL, kind text NOT NULL, subject text NOT NULL,
    actor text NOT NULL, happened_at timestamptz NOT NULL, recorded_at timestamptz NOT NULL, data jsonb NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX ix_facts_tenant_id_subject ON facts (tenant_id, subject);
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, tenant_id text NOT NULL, kind text NOT NULL, subject text NOT NULL,
    fact_id text NOT NULL, due_at timestamptz NOT NULL, attempts integer NOT NULL, last_error text, done_at timestamptz
);
CREATE INDEX ix_outbox_due_at ON outbox (due_at, id) WHERE done_at IS NULL;
CREATE TABLE idempotency_keys (
    tenant_id text NOT NULL REFERENCES tenants, key text NOT NULL, fingerprint bytea NOT NULL, status integer NOT NULL,
    content_type text NOT NULL, sealed bytea NOT NULL, sealed_for text NOT NULL, created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, key)
);
"""

FUNCTIONS = """
CREATE FUNCTION current_tenant() RETURNS text LANGUAGE sql STABLE
    RETURN nullif(current_setting('sharecover.tenant', true), '');

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

-- The one way to read a credential: by its hash, and only while it is live.
CREATE FUNCTION find_credential(wanted bytea, at timestamptz)
RETURNS TABLE (id text, kind text, tenant_id text, subject text, scopes text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT c.id, c.kind, c.tenant_id, c.subject, c.scopes FROM credentials c
    WHERE c.hash = wanted AND c.revoked_at IS NULL AND (c.expires_at IS NULL OR c.expires_at > at)
$$;

-- The one way to make a credential: for the tenant that the transaction is in, and no other.
CREATE FUNCTION register_credential(hash bytea, id text, kind text, subject text, scopes text[], hint text,
    created_at timestamptz, expires_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF current_tenant() IS NULL THEN
        RAISE EXCEPTION 'a credential belongs to a tenant' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO credentials VALUES ($1, $2, $3, current_tenant(), $4, $5, $6, $7, $8, NULL);
END $$;

-- A test tenant's clock moves forward only, also where two move it at once; live ones have no clock of their own.
CREATE FUNCTION advance_clock(seconds_ahead integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE tenants SET clock_ahead_seconds = greatest(clock_ahead_seconds, seconds_ahead)
    WHERE tenants.id = current_tenant() AND mode = 'test'
    RETURNING clock_ahead_seconds
$$;
"""


def upgrade() -> None:
    """Makes roles, tables, functions, policies and grants."""
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    for role in ROLES:
        # Roles belong to the whole server; another database may have made them at this very moment.
        op.execute(
            f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN NOBYPASSRLS; "
            "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )
        op.execute(f"DO $$ BEGIN GRANT {role} TO CURRENT_USER; EXCEPTION WHEN internal_error THEN NULL; END $$")
        op.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
    for statements in (RULES, PEOPLE, COVERS, BOOKS, FUNCTIONS):
        op.execute(statements)
    _tenancy()
    _outside()
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _tenancy() -> None:
    """Row-level security, forced: the owner is held to it too, and no tenant set means no rows."""
    policies = dict.fromkeys(TENANT_TABLES, "tenant_id = current_tenant()")
    policies["tenants"] = "id = current_tenant()"
    policies["partners"] = "id = split_part(current_tenant(), ':', 1)"
    for table, policy in policies.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY of_tenant ON {table} USING ({policy}) WITH CHECK ({policy})")
        granted = TENANT_TABLES.get(table, "SELECT")
        for role in ROLES:
            op.execute(f"GRANT {granted} ON {table} TO {role}")


def _outside() -> None:
    for role in ROLES:
        op.execute(f"GRANT SELECT ON insurers, alembic_version TO {role}")
        op.execute(f"GRANT SELECT, INSERT ON editions, tax_rows, product_texts TO {role}")
        op.execute(f"GRANT INSERT ON outbox TO {role}")
        op.execute(f"GRANT SELECT ON outbox TO {role}")
        for function in (
            "find_credential(bytea, timestamptz)",
            "register_credential(bytea, text, text, text, text[], text, timestamptz, timestamptz)",
            "advance_clock(integer)",
        ):
            op.execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
            op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO {role}")
    op.execute("GRANT UPDATE ON outbox TO sharecover_worker")
