-- The tables are described in crates/store/src/tables.rs. Ids are 16-byte blobs, times are
-- integer microseconds, truth is 0 or 1. The key of what belongs to a domain begins with it.

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE heads (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    version INTEGER NOT NULL CHECK (version >= 0),
    at INTEGER NOT NULL,
    -- the row of the journal's last entry
    last INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- Appended to by rowid: a new entry lands at the end of the file, whatever its journal, and
-- names the row of the entry before it. How it is read: crates/store-sqlite/src/journal.rs.
CREATE TABLE journal (
    head BLOB NOT NULL,
    seq INTEGER NOT NULL CHECK (seq > 0),
    unit BLOB NOT NULL,
    at INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    actor BLOB,
    request BLOB NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    before INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX journal_milestones ON journal (head, seq) WHERE seq % 32 = 0;

CREATE TABLE accounts (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    plan TEXT CHECK (plan IN ('base', 'business', 'business_pro')),
    domain BLOB,
    member BLOB,
    owns BLOB,
    identity TEXT NOT NULL CHECK (identity IN ('not_started', 'pending', 'verified', 'failed')),
    operator INTEGER NOT NULL CHECK (operator IN (0, 1)),
    CHECK ((plan IS NULL) = (domain IS NOT NULL)),
    CHECK ((domain IS NULL) = (member IS NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX accounts_own_one_domain ON accounts (owns) WHERE owns IS NOT NULL;
CREATE UNIQUE INDEX accounts_one_per_user ON accounts (domain, member) WHERE domain IS NOT NULL;
CREATE INDEX accounts_pending ON accounts (id) WHERE identity = 'pending';

CREATE TABLE account_records (
    account BLOB PRIMARY KEY,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    password TEXT,
    totp_secret TEXT,
    totp_active INTEGER NOT NULL CHECK (totp_active IN (0, 1)),
    identity_note TEXT,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX account_email ON account_records (email);

CREATE TABLE domains (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    owner BLOB NOT NULL,
    parent BLOB,
    parent_user BLOB,
    root BLOB NOT NULL,
    currency TEXT,
    zone TEXT,
    method TEXT,
    activated_by BLOB,
    first_met INTEGER,
    lapsed_at INTEGER,
    last_lapse_from INTEGER,
    last_lapse_to INTEGER,
    noted TEXT NOT NULL CHECK (noted IN ('incomplete', 'good', 'lapsed', 'frozen')),
    noted_until INTEGER,
    closed INTEGER NOT NULL CHECK (closed IN (0, 1)),
    CHECK ((parent IS NULL) = (parent_user IS NULL)),
    CHECK ((parent IS NULL) = (root = id)),
    CHECK ((last_lapse_from IS NULL) = (last_lapse_to IS NULL)),
    CHECK (parent <> id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX domain_owner ON domains (owner) WHERE closed = 0;
CREATE UNIQUE INDEX domain_parent ON domains (parent, parent_user) WHERE closed = 0;
CREATE INDEX domains_root ON domains (id) WHERE parent IS NULL;
CREATE INDEX domains_due ON domains (noted_until) WHERE noted_until IS NOT NULL;
CREATE INDEX domains_out_of_standing ON domains (noted) WHERE noted IN ('lapsed', 'frozen');

-- Rule A1 stands here once more: no bug in the code can oversell.
CREATE TABLE seats (
    domain BLOB PRIMARY KEY,
    users INTEGER NOT NULL CHECK (users >= 0),
    pools INTEGER NOT NULL CHECK (pools >= 0),
    teams INTEGER NOT NULL CHECK (teams >= 0),
    domain_user_ordered INTEGER NOT NULL,
    domain_user_in_use INTEGER NOT NULL,
    domain_user_scheduled INTEGER,
    domain_user_scheduled_at INTEGER,
    business_ordered INTEGER NOT NULL,
    business_in_use INTEGER NOT NULL,
    business_scheduled INTEGER,
    business_scheduled_at INTEGER,
    business_pro_ordered INTEGER NOT NULL,
    business_pro_in_use INTEGER NOT NULL,
    business_pro_scheduled INTEGER,
    business_pro_scheduled_at INTEGER,
    seat_license_ordered INTEGER NOT NULL,
    seat_license_in_use INTEGER NOT NULL,
    seat_license_scheduled INTEGER,
    seat_license_scheduled_at INTEGER,
    due_at INTEGER,
    CONSTRAINT domain_user_in_use CHECK (domain_user_in_use BETWEEN 0 AND domain_user_ordered),
    CONSTRAINT business_in_use CHECK (business_in_use BETWEEN 0 AND business_ordered),
    CONSTRAINT business_pro_in_use
        CHECK (business_pro_in_use BETWEEN 0 AND business_pro_ordered),
    CONSTRAINT seat_license_in_use
        CHECK (seat_license_in_use BETWEEN 0 AND seat_license_ordered)
) STRICT, WITHOUT ROWID;
CREATE INDEX seats_due ON seats (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE domain_records (
    domain BLOB PRIMARY KEY,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL,
    billing_name TEXT,
    billing_email TEXT,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX domain_prefix ON domain_records (prefix);

CREATE TABLE users (
    domain BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    state TEXT NOT NULL
        CHECK (state IN ('invited', 'expired', 'declined', 'active', 'suspended')),
    expires_at INTEGER,
    account BLOB,
    model TEXT NOT NULL CHECK (model IN ('named', 'shared')),
    tier TEXT CHECK (tier IN ('base', 'business', 'business_pro')),
    pool BLOB,
    role TEXT NOT NULL CHECK (role IN ('admin', 'billing', 'support', 'member')),
    permissions INTEGER NOT NULL,
    features_off INTEGER NOT NULL,
    owns BLOB,
    reserved INTEGER NOT NULL CHECK (reserved IN (0, 1)),
    PRIMARY KEY (domain, id),
    CHECK ((model = 'named') = (tier IS NOT NULL)),
    CHECK ((model = 'shared') = (pool IS NOT NULL)),
    CHECK ((state = 'invited') = (expires_at IS NOT NULL)),
    CHECK ((state IN ('active', 'suspended')) = (account IS NOT NULL))
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX user_account ON users (account) WHERE account IS NOT NULL;
CREATE INDEX users_due ON users (expires_at) WHERE state = 'invited';
CREATE INDEX users_invited ON users (domain, expires_at) WHERE state = 'invited';
CREATE INDEX users_upgraded ON users (domain, tier, id) WHERE tier <> 'base';
CREATE INDEX users_not_active ON users (domain, state, id) WHERE state <> 'active';
CREATE INDEX users_with_role ON users (domain, role, id) WHERE role <> 'member';
CREATE INDEX users_of_pool ON users (domain, pool, id) WHERE pool IS NOT NULL;

CREATE TABLE people (
    domain BLOB NOT NULL,
    user_id BLOB NOT NULL,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    description TEXT NOT NULL,
    external_id TEXT,
    invitation BLOB,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (domain, user_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX user_email ON people (domain, email);
CREATE INDEX people_by_name ON people (domain, name_key, user_id);
CREATE UNIQUE INDEX user_external_id ON people (domain, external_id)
    WHERE external_id IS NOT NULL;
CREATE UNIQUE INDEX user_invitation ON people (invitation) WHERE invitation IS NOT NULL;

CREATE TABLE pools (
    domain BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    seats INTEGER NOT NULL CHECK (seats >= 0),
    tier TEXT NOT NULL CHECK (tier IN ('base', 'business', 'business_pro')),
    log_off_seconds INTEGER,
    silence_seconds INTEGER,
    notice_seconds INTEGER,
    link_cap_seconds INTEGER NOT NULL,
    waiting_list INTEGER NOT NULL CHECK (waiting_list IN (0, 1)),
    users INTEGER NOT NULL CHECK (users >= 0),
    reserved INTEGER NOT NULL CHECK (reserved >= 0),
    occupied INTEGER NOT NULL CHECK (occupied >= 0),
    offered INTEGER NOT NULL CHECK (offered >= 0),
    reserved_seated INTEGER NOT NULL CHECK (reserved_seated >= 0),
    waiting INTEGER NOT NULL CHECK (waiting >= 0),
    waiting_reserved INTEGER NOT NULL CHECK (waiting_reserved >= 0),
    next_place INTEGER NOT NULL,
    PRIMARY KEY (domain, id),
    CONSTRAINT pool_reserved CHECK (reserved <= users),
    CONSTRAINT pool_reserved_seated CHECK (reserved_seated <= occupied + offered),
    CONSTRAINT pool_waiting_reserved CHECK (waiting_reserved <= waiting)
) STRICT, WITHOUT ROWID;
-- Where offers may be owed: in a domain, and anywhere.
CREATE INDEX pools_waited_for ON pools (domain) WHERE waiting > 0;
-- Rules E4 and E9 stand here once more: no more seats are taken than there are (or were,
-- when the same change shrinks the pool). A check can't see the row before.
CREATE TRIGGER pool_oversold BEFORE UPDATE ON pools
    WHEN NEW.occupied + NEW.offered > MAX(OLD.occupied + OLD.offered, OLD.seats, NEW.seats)
    BEGIN SELECT RAISE(ABORT, 'pool_oversold'); END;

CREATE TABLE pool_records (
    domain BLOB NOT NULL,
    pool BLOB NOT NULL,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (domain, pool)
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
    domain BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    user_id BLOB NOT NULL,
    pool BLOB,
    device BLOB NOT NULL CHECK (length(device) = 32),
    device_id TEXT NOT NULL,
    device_name TEXT NOT NULL,
    token BLOB NOT NULL CHECK (length(token) = 32),
    started_at INTEGER NOT NULL,
    clock_from INTEGER NOT NULL,
    links_until INTEGER,
    call BLOB,
    call_direction TEXT CHECK (call_direction IN ('made', 'received')),
    call_link BLOB,
    call_started_at INTEGER,
    call_answered_at INTEGER,
    seen_at INTEGER NOT NULL,
    log_out_after_call BLOB,
    noticed INTEGER,
    reserved INTEGER NOT NULL CHECK (reserved IN (0, 1)),
    clock_due_at INTEGER,
    due_at INTEGER,
    ended_at INTEGER,
    reason TEXT,
    ended_by BLOB,
    PRIMARY KEY (domain, id),
    CHECK ((call IS NULL) = (call_direction IS NULL)),
    CHECK ((call IS NULL) = (call_started_at IS NULL)),
    CHECK ((ended_at IS NULL) = (reason IS NULL)),
    CHECK (ended_at IS NULL OR (call IS NULL AND due_at IS NULL)),
    CHECK (pool IS NOT NULL OR due_at IS NULL)
) STRICT, WITHOUT ROWID;
-- Every log-in and log-off writes these: each index has to earn its place.
-- A user's live sessions. Rule E4 stands here once more: one session to a shared user, and
-- to a named one one on each device.
CREATE UNIQUE INDEX session_of_user
    ON sessions (domain, user_id, (CASE WHEN pool IS NULL THEN device ELSE x'' END))
    WHERE ended_at IS NULL;
-- What is due in a domain: every load of it asks. It holds all that a list of a pool's live
-- sessions goes through, too (`ended_at` is read, though it is always null here); these are
-- put in order by log-in then.
CREATE INDEX sessions_due_in ON sessions (domain, due_at, pool, ended_at)
    WHERE ended_at IS NULL AND pool IS NOT NULL;
-- The sweep: what is due anywhere.
CREATE INDEX sessions_due ON sessions (due_at) WHERE due_at IS NOT NULL;
-- Forgetting.
CREATE INDEX sessions_over ON sessions (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE calls (
    domain BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    session BLOB NOT NULL,
    user_id BLOB NOT NULL,
    ended_at INTEGER NOT NULL,
    PRIMARY KEY (domain, id)
) STRICT, WITHOUT ROWID;
-- Forgetting.
CREATE INDEX calls_over ON calls (ended_at);

CREATE TABLE call_links (
    domain BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    user_id BLOB NOT NULL,
    guest TEXT NOT NULL,
    token BLOB NOT NULL CHECK (length(token) = 32),
    made_at INTEGER NOT NULL,
    valid_until INTEGER NOT NULL,
    one_call INTEGER NOT NULL CHECK (one_call IN (0, 1)),
    used_by BLOB,
    used_at INTEGER,
    revoked_at INTEGER,
    PRIMARY KEY (domain, id),
    CHECK ((used_by IS NULL) = (used_at IS NULL)),
    CHECK (used_at IS NULL OR revoked_at IS NULL)
) STRICT, WITHOUT ROWID;
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
    domain BLOB NOT NULL,
    user_id BLOB NOT NULL,
    pool BLOB NOT NULL,
    place INTEGER NOT NULL,
    since INTEGER NOT NULL,
    reserved INTEGER NOT NULL CHECK (reserved IN (0, 1)),
    offered_until INTEGER,
    PRIMARY KEY (domain, user_id)
) STRICT, WITHOUT ROWID;
-- A pool's waiting list in its order; who has an offer is among them until it is over.
CREATE INDEX waiting_in_line ON waiting (domain, pool, reserved DESC, place, user_id);
-- What lapses: in a domain, and anywhere (they are few, and each for a minute).
CREATE INDEX waiting_offered ON waiting (domain, offered_until)
    WHERE offered_until IS NOT NULL;

CREATE TABLE teams (
    domain BLOB NOT NULL,
    id BLOB NOT NULL CHECK (length(id) = 16),
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (domain, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE team_members (
    domain BLOB NOT NULL,
    team BLOB NOT NULL,
    user_id BLOB NOT NULL,
    member INTEGER NOT NULL CHECK (member = 1),
    PRIMARY KEY (domain, team, user_id)
) STRICT, WITHOUT ROWID;
-- A user's teams, for its contacts.
CREATE INDEX teams_of_user ON team_members (domain, user_id, team);

-- By digest, because every request looks its token up.
CREATE TABLE tokens (
    account BLOB NOT NULL,
    id BLOB NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    kind TEXT NOT NULL CHECK (kind IN ('log_in', 'personal', 'password_reset', 'proxy')),
    name TEXT NOT NULL,
    read_only INTEGER NOT NULL CHECK (read_only IN (0, 1)),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (digest)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX token_id ON tokens (account, id);
CREATE INDEX tokens_by_expiry ON tokens (expires_at);
CREATE INDEX tokens_of_proxies ON tokens (id) WHERE kind = 'proxy';

CREATE TABLE remembered (
    head BLOB NOT NULL,
    key BLOB NOT NULL,
    fingerprint BLOB NOT NULL,
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    token BLOB,
    at INTEGER NOT NULL,
    PRIMARY KEY (head, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX remembered_by_time ON remembered (at);

CREATE TABLE mail (
    id BLOB PRIMARY KEY,
    template TEXT NOT NULL,
    recipient TEXT NOT NULL,
    params TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    sent_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX mail_due ON mail (due_at, id) WHERE sent_at IS NULL;
CREATE INDEX mail_sent ON mail (created_at, id) WHERE sent_at IS NOT NULL;

CREATE TABLE attempts (
    key BLOB PRIMARY KEY,
    wrong INTEGER NOT NULL,
    blocked_until INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX attempts_by_time ON attempts (last_at);

CREATE TABLE price_books (
    version INTEGER PRIMARY KEY,
    valid_from INTEGER NOT NULL,
    prices TEXT NOT NULL
) STRICT;

CREATE TABLE signing_keys (
    kid TEXT PRIMARY KEY,
    secret BLOB NOT NULL CHECK (length(secret) = 32),
    public BLOB NOT NULL CHECK (length(public) = 32),
    created_at INTEGER NOT NULL,
    retired_at INTEGER
) STRICT, WITHOUT ROWID;

-- The system's journal begins empty.
INSERT INTO heads (id, version, at) VALUES (zeroblob(16), 0, 0);

-- How many rows there are in all and to each column of a key more, as the planner is to think
-- of them, whatever is there: without this it takes ten rows for all that a domain has, and
-- reads them one by one. What ANALYZE itself finds, empty tables, is worse than nothing: a
-- planner that takes them for empty reads them from end to end once they are large.
ANALYZE;
DELETE FROM sqlite_stat1;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('pools', 'pools', '20000 2 1'),
    ('pools', 'pools_waited_for', '1000 1'),
    ('pool_records', 'pool_records', '20000 2 1'),
    ('sessions', 'sessions', '5000000 5000 1'),
    ('sessions', 'session_of_user', '200000 200 1 1'),
    ('sessions', 'sessions_due_in', '100000 100 1 1 1'),
    ('sessions', 'sessions_due', '100000 1'),
    ('sessions', 'sessions_over', '4800000 1'),
    ('calls', 'calls', '1000000 1000 1'),
    ('calls', 'calls_over', '1000000 1'),
    ('call_links', 'call_links', '1000000 1000 1'),
    ('call_links', 'call_link_token', '1000000 1'),
    ('call_links', 'call_links_of_user', '1000000 1000 10 1'),
    ('call_links', 'call_links_open', '100000 100 2 1'),
    ('call_links', 'call_links_over', '1000000 1'),
    ('waiting', 'waiting', '100000 1000 1'),
    ('waiting', 'waiting_in_line', '100000 1000 20 10 1 1'),
    ('waiting', 'waiting_offered', '1000 2 1'),
    ('teams', 'teams', '50000 5 1'),
    ('team_members', 'team_members', '1000000 1000 50 1'),
    ('team_members', 'teams_of_user', '1000000 1000 3 1');
ANALYZE sqlite_schema;
