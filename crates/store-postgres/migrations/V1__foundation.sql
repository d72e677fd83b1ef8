-- The tables are described in crates/store/src/tables.rs. Ids are UUIDs, times are integer
-- microseconds, truth is 0 or 1; text compares by byte, as on the other engine. The key of
-- what belongs to a domain begins with it.
--
-- Rows that every commit rewrites leave room on their page (fillfactor): as long as no
-- indexed column changes, the new version stays there and no index is touched.

CREATE TABLE meta (
    key text COLLATE "C" PRIMARY KEY,
    value text COLLATE "C" NOT NULL
);

CREATE TABLE heads (
    id uuid PRIMARY KEY,
    version bigint NOT NULL CHECK (version >= 0),
    at bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE journal (
    head uuid NOT NULL,
    seq bigint NOT NULL CHECK (seq > 0),
    unit uuid NOT NULL,
    at bigint NOT NULL,
    recorded_at bigint NOT NULL,
    actor uuid,
    request uuid NOT NULL,
    kind text COLLATE "C" NOT NULL,
    payload text COLLATE "C" NOT NULL,
    CONSTRAINT journal_by_head PRIMARY KEY (head, seq)
);

CREATE TABLE accounts (
    id uuid PRIMARY KEY,
    plan text COLLATE "C" CHECK (plan IN ('base', 'business', 'business_pro')),
    domain uuid,
    member uuid,
    owns uuid,
    identity text COLLATE "C" NOT NULL
        CHECK (identity IN ('not_started', 'pending', 'verified', 'failed')),
    operator bigint NOT NULL CHECK (operator IN (0, 1)),
    CHECK ((plan IS NULL) = (domain IS NOT NULL)),
    CHECK ((domain IS NULL) = (member IS NULL))
);
CREATE UNIQUE INDEX accounts_own_one_domain ON accounts (owns) WHERE owns IS NOT NULL;
CREATE UNIQUE INDEX accounts_one_per_user ON accounts (domain, member) WHERE domain IS NOT NULL;
CREATE INDEX accounts_pending ON accounts (id) WHERE identity = 'pending';

CREATE TABLE account_records (
    account uuid PRIMARY KEY,
    email text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    password text COLLATE "C",
    totp_secret text COLLATE "C",
    totp_active bigint NOT NULL CHECK (totp_active IN (0, 1)),
    identity_note text COLLATE "C",
    created_at bigint NOT NULL
);
CREATE UNIQUE INDEX account_email ON account_records (email);

CREATE TABLE domains (
    id uuid PRIMARY KEY,
    owner uuid NOT NULL,
    parent uuid,
    parent_user uuid,
    root uuid NOT NULL,
    currency text COLLATE "C",
    zone text COLLATE "C",
    method text COLLATE "C",
    activated_by uuid,
    first_met bigint,
    lapsed_at bigint,
    last_lapse_from bigint,
    last_lapse_to bigint,
    noted text COLLATE "C" NOT NULL
        CHECK (noted IN ('incomplete', 'good', 'lapsed', 'frozen')),
    noted_until bigint,
    closed bigint NOT NULL CHECK (closed IN (0, 1)),
    CHECK ((parent IS NULL) = (parent_user IS NULL)),
    CHECK ((parent IS NULL) = (root = id)),
    CHECK ((last_lapse_from IS NULL) = (last_lapse_to IS NULL)),
    CHECK (parent <> id)
);
CREATE UNIQUE INDEX domain_owner ON domains (owner) WHERE closed = 0;
CREATE UNIQUE INDEX domain_parent ON domains (parent, parent_user) WHERE closed = 0;
CREATE INDEX domains_root ON domains (id) WHERE parent IS NULL;
CREATE INDEX domains_due ON domains (noted_until) WHERE noted_until IS NOT NULL;
CREATE INDEX domains_out_of_standing ON domains (noted) WHERE noted IN ('lapsed', 'frozen');

-- Rule A1 stands here once more: no bug in the code can oversell.
CREATE TABLE seats (
    domain uuid PRIMARY KEY,
    users bigint NOT NULL CHECK (users >= 0),
    pools bigint NOT NULL CHECK (pools >= 0),
    teams bigint NOT NULL CHECK (teams >= 0),
    domain_user_ordered bigint NOT NULL,
    domain_user_in_use bigint NOT NULL,
    domain_user_scheduled bigint,
    domain_user_scheduled_at bigint,
    business_ordered bigint NOT NULL,
    business_in_use bigint NOT NULL,
    business_scheduled bigint,
    business_scheduled_at bigint,
    business_pro_ordered bigint NOT NULL,
    business_pro_in_use bigint NOT NULL,
    business_pro_scheduled bigint,
    business_pro_scheduled_at bigint,
    seat_license_ordered bigint NOT NULL,
    seat_license_in_use bigint NOT NULL,
    seat_license_scheduled bigint,
    seat_license_scheduled_at bigint,
    due_at bigint,
    CONSTRAINT domain_user_in_use CHECK (domain_user_in_use BETWEEN 0 AND domain_user_ordered),
    CONSTRAINT business_in_use CHECK (business_in_use BETWEEN 0 AND business_ordered),
    CONSTRAINT business_pro_in_use
        CHECK (business_pro_in_use BETWEEN 0 AND business_pro_ordered),
    CONSTRAINT seat_license_in_use
        CHECK (seat_license_in_use BETWEEN 0 AND seat_license_ordered)
) WITH (fillfactor = 50);
CREATE INDEX seats_due ON seats (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE domain_records (
    domain uuid PRIMARY KEY,
    name text COLLATE "C" NOT NULL,
    prefix text COLLATE "C" NOT NULL,
    billing_name text COLLATE "C",
    billing_email text COLLATE "C",
    created_at bigint NOT NULL
);
CREATE UNIQUE INDEX domain_prefix ON domain_records (prefix);

CREATE TABLE users (
    domain uuid NOT NULL,
    id uuid NOT NULL,
    state text COLLATE "C" NOT NULL
        CHECK (state IN ('invited', 'expired', 'declined', 'active', 'suspended')),
    expires_at bigint,
    account uuid,
    model text COLLATE "C" NOT NULL CHECK (model IN ('named', 'shared')),
    tier text COLLATE "C" CHECK (tier IN ('base', 'business', 'business_pro')),
    pool uuid,
    role text COLLATE "C" NOT NULL CHECK (role IN ('admin', 'billing', 'support', 'member')),
    permissions bigint NOT NULL,
    features_off bigint NOT NULL,
    owns uuid,
    reserved bigint NOT NULL CHECK (reserved IN (0, 1)),
    PRIMARY KEY (domain, id),
    CHECK ((model = 'named') = (tier IS NOT NULL)),
    CHECK ((model = 'shared') = (pool IS NOT NULL)),
    CHECK ((state = 'invited') = (expires_at IS NOT NULL)),
    CHECK ((state IN ('active', 'suspended')) = (account IS NOT NULL))
) WITH (fillfactor = 85);
CREATE UNIQUE INDEX user_account ON users (account) WHERE account IS NOT NULL;
CREATE INDEX users_due ON users (expires_at) WHERE state = 'invited';
CREATE INDEX users_invited ON users (domain, expires_at) WHERE state = 'invited';
CREATE INDEX users_upgraded ON users (domain, tier, id) WHERE tier <> 'base';
CREATE INDEX users_not_active ON users (domain, state, id) WHERE state <> 'active';
CREATE INDEX users_with_role ON users (domain, role, id) WHERE role <> 'member';

CREATE TABLE people (
    domain uuid NOT NULL,
    user_id uuid NOT NULL,
    email text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    name_key text COLLATE "C" NOT NULL,
    description text COLLATE "C" NOT NULL,
    external_id text COLLATE "C",
    invitation bytea,
    created_at bigint NOT NULL,
    PRIMARY KEY (domain, user_id)
);
CREATE UNIQUE INDEX user_email ON people (domain, email);
CREATE INDEX people_by_name ON people (domain, name_key, user_id);
CREATE UNIQUE INDEX user_external_id ON people (domain, external_id)
    WHERE external_id IS NOT NULL;
CREATE UNIQUE INDEX user_invitation ON people (invitation) WHERE invitation IS NOT NULL;

CREATE TABLE tokens (
    account uuid NOT NULL,
    id uuid NOT NULL,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('log_in', 'personal', 'password_reset')),
    name text COLLATE "C" NOT NULL,
    read_only bigint NOT NULL CHECK (read_only IN (0, 1)),
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    PRIMARY KEY (account, id)
);
CREATE UNIQUE INDEX token_digest ON tokens (digest);
CREATE INDEX tokens_by_expiry ON tokens (expires_at);

CREATE TABLE remembered (
    head uuid NOT NULL,
    key bytea NOT NULL,
    fingerprint bytea NOT NULL,
    status bigint NOT NULL,
    body text COLLATE "C" NOT NULL,
    token uuid,
    at bigint NOT NULL,
    PRIMARY KEY (head, key)
);
CREATE INDEX remembered_by_time ON remembered (at);

CREATE TABLE mail (
    id uuid PRIMARY KEY,
    template text COLLATE "C" NOT NULL,
    recipient text COLLATE "C" NOT NULL,
    params text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    due_at bigint NOT NULL,
    attempts bigint NOT NULL,
    sent_at bigint
);
CREATE INDEX mail_due ON mail (due_at, id) WHERE sent_at IS NULL;
CREATE INDEX mail_sent ON mail (created_at, id) WHERE sent_at IS NOT NULL;

CREATE TABLE attempts (
    key bytea PRIMARY KEY,
    wrong bigint NOT NULL,
    blocked_until bigint NOT NULL,
    last_at bigint NOT NULL,
    version bigint NOT NULL
);
CREATE INDEX attempts_by_time ON attempts (last_at);

CREATE TABLE price_books (
    version bigint PRIMARY KEY,
    valid_from bigint NOT NULL,
    prices text COLLATE "C" NOT NULL
);

CREATE TABLE signing_keys (
    kid text COLLATE "C" PRIMARY KEY,
    secret bytea NOT NULL CHECK (octet_length(secret) = 32),
    public bytea NOT NULL CHECK (octet_length(public) = 32),
    created_at bigint NOT NULL,
    retired_at bigint
);

-- The system's journal begins empty.
INSERT INTO heads (id, version, at) VALUES ('00000000-0000-0000-0000-000000000000', 0, 0);
