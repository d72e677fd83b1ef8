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
CREATE INDEX users_of_pool ON users (domain, pool, id) WHERE pool IS NOT NULL;

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

CREATE TABLE pools (
    domain uuid NOT NULL,
    id uuid NOT NULL,
    seats bigint NOT NULL CHECK (seats >= 0),
    tier text COLLATE "C" NOT NULL CHECK (tier IN ('base', 'business', 'business_pro')),
    log_off_seconds bigint,
    silence_seconds bigint,
    notice_seconds bigint,
    link_cap_seconds bigint NOT NULL,
    waiting_list bigint NOT NULL CHECK (waiting_list IN (0, 1)),
    users bigint NOT NULL CHECK (users >= 0),
    reserved bigint NOT NULL CHECK (reserved >= 0),
    occupied bigint NOT NULL CHECK (occupied >= 0),
    offered bigint NOT NULL CHECK (offered >= 0),
    reserved_seated bigint NOT NULL CHECK (reserved_seated >= 0),
    waiting bigint NOT NULL CHECK (waiting >= 0),
    waiting_reserved bigint NOT NULL CHECK (waiting_reserved >= 0),
    next_place bigint NOT NULL,
    PRIMARY KEY (domain, id),
    CONSTRAINT pool_reserved CHECK (reserved <= users),
    CONSTRAINT pool_reserved_seated CHECK (reserved_seated <= occupied + offered),
    CONSTRAINT pool_waiting_reserved CHECK (waiting_reserved <= waiting)
) WITH (fillfactor = 50);
-- Where offers may be owed: in a domain, and anywhere.
CREATE INDEX pools_waited_for ON pools (domain) WHERE waiting > 0;
-- Rules E4 and E9 stand here once more: no more seats are taken than there are (or were,
-- when the same change shrinks the pool). A check can't see the row before.
CREATE FUNCTION pool_oversold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'more seats are taken than the pool has'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'pool_oversold', TABLE = 'pools';
END $$;
CREATE TRIGGER pool_oversold BEFORE UPDATE ON pools FOR EACH ROW
    WHEN (NEW.occupied + NEW.offered
        > GREATEST(OLD.occupied + OLD.offered, OLD.seats, NEW.seats))
    EXECUTE FUNCTION pool_oversold();

CREATE TABLE pool_records (
    domain uuid NOT NULL,
    pool uuid NOT NULL,
    name text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (domain, pool)
);

CREATE TABLE sessions (
    domain uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    pool uuid,
    device bytea NOT NULL CHECK (octet_length(device) = 32),
    device_id text COLLATE "C" NOT NULL,
    device_name text COLLATE "C" NOT NULL,
    token bytea NOT NULL CHECK (octet_length(token) = 32),
    started_at bigint NOT NULL,
    clock_from bigint NOT NULL,
    links_until bigint,
    call uuid,
    call_direction text COLLATE "C" CHECK (call_direction IN ('made', 'received')),
    call_link uuid,
    call_started_at bigint,
    call_answered_at bigint,
    seen_at bigint NOT NULL,
    log_out_after_call uuid,
    noticed bigint,
    reserved bigint NOT NULL CHECK (reserved IN (0, 1)),
    clock_due_at bigint,
    due_at bigint,
    ended_at bigint,
    reason text COLLATE "C",
    ended_by uuid,
    PRIMARY KEY (domain, id),
    CHECK ((call IS NULL) = (call_direction IS NULL)),
    CHECK ((call IS NULL) = (call_started_at IS NULL)),
    CHECK ((ended_at IS NULL) = (reason IS NULL)),
    CHECK (ended_at IS NULL OR (call IS NULL AND due_at IS NULL)),
    CHECK (pool IS NOT NULL OR due_at IS NULL)
) WITH (fillfactor = 70);
-- Every log-in and log-off writes these: each index has to earn its place.
-- A user's live sessions. Rule E4 stands here once more: one session to a shared user, and
-- to a named one one on each device.
CREATE UNIQUE INDEX session_of_user
    ON sessions (domain, user_id, (CASE WHEN pool IS NULL THEN device ELSE '\x'::bytea END))
    WHERE ended_at IS NULL;
-- What is due in a domain: every load of it asks. It holds all that a list of a pool's live
-- sessions goes through, too; these are put in order by log-in then.
CREATE INDEX sessions_due_in ON sessions (domain, due_at, pool, id)
    WHERE ended_at IS NULL AND pool IS NOT NULL;
-- The sweep: what is due anywhere.
CREATE INDEX sessions_due ON sessions (due_at) WHERE due_at IS NOT NULL;
-- Forgetting.
CREATE INDEX sessions_over ON sessions (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE calls (
    domain uuid NOT NULL,
    id uuid NOT NULL,
    session uuid NOT NULL,
    user_id uuid NOT NULL,
    ended_at bigint NOT NULL,
    PRIMARY KEY (domain, id)
);
-- Forgetting.
CREATE INDEX calls_over ON calls (ended_at);

CREATE TABLE call_links (
    domain uuid NOT NULL,
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    guest text COLLATE "C" NOT NULL,
    token bytea NOT NULL CHECK (octet_length(token) = 32),
    made_at bigint NOT NULL,
    valid_until bigint NOT NULL,
    one_call bigint NOT NULL CHECK (one_call IN (0, 1)),
    used_by uuid,
    used_at bigint,
    revoked_at bigint,
    PRIMARY KEY (domain, id),
    CHECK ((used_by IS NULL) = (used_at IS NULL)),
    CHECK (used_at IS NULL OR revoked_at IS NULL)
);
-- The guest's page.
CREATE UNIQUE INDEX call_link_token ON call_links (token);
-- The user's list.
CREATE INDEX call_links_of_user ON call_links (domain, user_id, id);
-- Those that are valid: every log-in asks for them.
CREATE INDEX call_links_open ON call_links (domain, user_id, valid_until)
    WHERE used_at IS NULL AND revoked_at IS NULL;
-- Forgetting.
CREATE INDEX call_links_over ON call_links (valid_until);

CREATE TABLE waiting (
    domain uuid NOT NULL,
    user_id uuid NOT NULL,
    pool uuid NOT NULL,
    place bigint NOT NULL,
    since bigint NOT NULL,
    reserved bigint NOT NULL CHECK (reserved IN (0, 1)),
    offered_until bigint,
    PRIMARY KEY (domain, user_id)
);
-- A pool's waiting list in its order; who has an offer is among them until it is over.
CREATE INDEX waiting_in_line ON waiting (domain, pool, reserved DESC, place, user_id);
-- What lapses: in a domain, and anywhere (they are few, and each for a minute).
CREATE INDEX waiting_offered ON waiting (domain, offered_until)
    WHERE offered_until IS NOT NULL;

CREATE TABLE teams (
    domain uuid NOT NULL,
    id uuid NOT NULL,
    name text COLLATE "C" NOT NULL,
    created_at bigint NOT NULL,
    PRIMARY KEY (domain, id)
);

CREATE TABLE team_members (
    domain uuid NOT NULL,
    team uuid NOT NULL,
    user_id uuid NOT NULL,
    member bigint NOT NULL CHECK (member = 1),
    PRIMARY KEY (domain, team, user_id)
);
-- A user's teams, for its contacts.
CREATE INDEX teams_of_user ON team_members (domain, user_id, team);

CREATE TABLE tokens (
    account uuid NOT NULL,
    id uuid NOT NULL,
    digest bytea NOT NULL CHECK (octet_length(digest) = 32),
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('log_in', 'personal', 'password_reset', 'proxy')),
    name text COLLATE "C" NOT NULL,
    read_only bigint NOT NULL CHECK (read_only IN (0, 1)),
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    PRIMARY KEY (account, id)
);
CREATE UNIQUE INDEX token_digest ON tokens (digest);
CREATE INDEX tokens_by_expiry ON tokens (expires_at);
CREATE INDEX tokens_of_proxies ON tokens (id) WHERE kind = 'proxy';

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
