//! The queries of a load: which keys each takes, and where its rows go in the snapshot.

mod desk;
mod due;

use usher_rules::world::Link;
use usher_rules::{DomainId, Head, Time};
use uuid::Uuid;

use super::decode::{Columns, Reader};
use crate::load::Load;
use crate::snapshot::{HeadState, Snapshot};
use crate::tables::{Type, Value};
use crate::{Error, Result};

/// A query of a load.
pub struct Query {
    /// The text, with a place for the keys.
    pub template: &'static str,
    /// The types of a key's values; one to three. A number after the first is the snapshot's
    /// time.
    pub keys: &'static [Type],
    /// Puts a row into the snapshot.
    pub read: fn(&dyn Columns, &mut Snapshot) -> Result<()>,
}

/// A query with the keys to ask for.
pub struct Step {
    /// The query.
    pub query: &'static Query,
    /// One value per column of the key, for each key.
    pub keys: Vec<Vec<Value>>,
}

macro_rules! columns {
    (account) => {
        "a.id, a.plan, a.domain, a.member, a.owns, a.identity, a.operator"
    };
    (account_record) => {
        "ar.account, ar.email, ar.name, ar.password, ar.totp_secret, ar.totp_active, \
         ar.identity_note, ar.created_at"
    };
    (domain) => {
        "d.id, d.owner, d.parent, d.parent_user, d.root, d.currency, d.zone, d.method, \
         d.activated_by, d.first_met, d.lapsed_at, d.last_lapse_from, d.last_lapse_to, d.noted, \
         d.noted_until, d.closed, \
         s.domain, s.users, s.pools, s.teams, \
         s.domain_user_ordered, s.domain_user_in_use, s.domain_user_scheduled, \
         s.domain_user_scheduled_at, \
         s.business_ordered, s.business_in_use, s.business_scheduled, s.business_scheduled_at, \
         s.business_pro_ordered, s.business_pro_in_use, s.business_pro_scheduled, \
         s.business_pro_scheduled_at, \
         s.seat_license_ordered, s.seat_license_in_use, s.seat_license_scheduled, \
         s.seat_license_scheduled_at, s.due_at"
    };
    (domain_record) => {
        "dr.domain, dr.name, dr.prefix, dr.billing_name, dr.billing_email, dr.created_at"
    };
    (user) => {
        "u.domain, u.id, u.state, u.expires_at, u.account, u.model, u.tier, u.pool, u.role, \
         u.permissions, u.features_off, u.owns, u.reserved"
    };
    (pool) => {
        "p.domain, p.id, p.seats, p.tier, p.log_off_seconds, p.silence_seconds, \
         p.notice_seconds, p.link_cap_seconds, p.waiting_list, p.users, p.reserved, p.occupied, \
         p.offered, p.reserved_seated, p.waiting, p.waiting_reserved, p.next_place"
    };
    (pool_record) => {
        "pr.domain, pr.pool, pr.name, pr.created_at"
    };
    (session) => {
        "s.domain, s.id, s.user_id, s.pool, s.device, s.device_id, s.device_name, s.token, \
         s.started_at, s.clock_from, s.links_until, s.call, s.call_direction, s.call_link, \
         s.call_started_at, s.call_answered_at, s.seen_at, s.log_out_after_call, s.noticed, \
         s.reserved, s.clock_due_at, s.due_at, s.ended_at, s.reason, s.ended_by"
    };
    (link) => {
        "l.domain, l.id, l.user_id, l.guest, l.token, l.made_at, l.valid_until, l.one_call, \
         l.used_by, l.used_at, l.revoked_at"
    };
    (waiting) => {
        "w.domain, w.user_id, w.pool, w.place, w.since, w.reserved, w.offered_until"
    };
    (person) => {
        "pe.domain, pe.user_id, pe.email, pe.name, pe.name_key, pe.description, \
         pe.external_id, pe.invitation, pe.created_at"
    };
    (token) => {
        "t.account, t.id, t.digest, t.kind, t.name, t.read_only, t.created_at, t.expires_at"
    };
}
macro_rules! user_query {
    ($on:literal) => {
        concat!(
            "SELECT ",
            columns!(user),
            ", ",
            columns!(pool),
            " FROM {{users u LEFT JOIN pools p ON p.domain = u.domain AND p.id = u.pool | ",
            $on,
            "}}"
        )
    };
}
use user_query;

pub(super) use columns;
pub(super) use desk::{POOL_WIDTH, SESSION_WIDTH, WAITING_WIDTH, session_due};
use due::DUE_USERS;
pub use due::SOONEST;

/// How many columns a domain has before those of its seats.
pub(super) const DOMAIN_WIDTH: usize = 16;
const SEATS_WIDTH: usize = 21;
pub(super) const DOMAIN_AND_SEATS: usize = DOMAIN_WIDTH + SEATS_WIDTH;
pub(super) const DOMAIN_RECORD_WIDTH: usize = 6;
const ACCOUNT_WIDTH: usize = 7;
const ACCOUNT_RECORD_WIDTH: usize = 8;
const TOKEN_WIDTH: usize = 8;
pub(super) const USER_WIDTH: usize = 13;
pub(super) const PERSON_WIDTH: usize = 9;

static TOKENS: Query = Query {
    template: concat!(
        "SELECT ",
        columns!(token),
        ", ",
        columns!(account),
        ", ",
        columns!(user),
        ", h.version, h.at FROM {{tokens t JOIN accounts a ON a.id = t.account \
         JOIN heads h ON h.id = t.account \
         LEFT JOIN users u ON u.domain = a.domain AND u.id = a.member | t.digest = {a}}}"
    ),
    keys: &[Type::Blob],
    read: |row, snapshot| {
        let token = Reader::new(row, "tokens", 0).token()?;
        let account = Reader::new(row, "accounts", TOKEN_WIDTH).account()?;
        let at = TOKEN_WIDTH + ACCOUNT_WIDTH;
        put_user_alone(row, at, snapshot)?;
        put_by_key(row, at + USER_WIDTH, account.id.0, snapshot)?;
        snapshot.world.accounts.insert(account.id, account);
        snapshot.tokens.insert(token.digest, token);
        Ok(())
    },
};

static TOKEN_IDS: Query = Query {
    template: concat!(
        "SELECT ",
        columns!(token),
        " FROM {{tokens t | t.account = {a} AND t.id = {b}}}"
    ),
    keys: &[Type::Id, Type::Id],
    read: |row, snapshot| {
        let token = Reader::new(row, "tokens", 0).token()?;
        snapshot.tokens.insert(token.digest, token);
        Ok(())
    },
};

macro_rules! account_query {
    ($on:literal) => {
        concat!(
            "SELECT ",
            columns!(account),
            ", ",
            columns!(account_record),
            ", h.version, h.at FROM {{accounts a \
             JOIN account_records ar ON ar.account = a.id JOIN heads h ON h.id = a.id | ",
            $on,
            "}}"
        )
    };
}

static ACCOUNTS: Query = Query {
    template: account_query!("a.id = {a}"),
    keys: &[Type::Id],
    read: read_account,
};

static EMAILS: Query = Query {
    template: account_query!("ar.email = {a}"),
    keys: &[Type::Text],
    read: read_account,
};

/// An account, its record and its head.
fn read_account(row: &dyn Columns, snapshot: &mut Snapshot) -> Result<()> {
    let account = Reader::new(row, "accounts", 0).account()?;
    let record = Reader::new(row, "account_records", ACCOUNT_WIDTH).account_record()?;
    let after = ACCOUNT_WIDTH + ACCOUNT_RECORD_WIDTH;
    put_head(row, after, Head::Account(account.id), snapshot)?;
    snapshot.world.accounts.insert(account.id, account);
    snapshot.account_records.insert(account.id, record);
    Ok(())
}

fn put_head(row: &dyn Columns, at: usize, head: Head, snapshot: &mut Snapshot) -> Result<()> {
    snapshot.heads.insert(head, head_state(row, at)?);
    Ok(())
}

fn put_by_key(row: &dyn Columns, at: usize, key: Uuid, snapshot: &mut Snapshot) -> Result<()> {
    snapshot.by_key.insert(key, head_state(row, at)?);
    Ok(())
}

fn head_state(row: &dyn Columns, at: usize) -> Result<HeadState> {
    let reader = Reader::new(row, "heads", at);
    let version = u64::try_from(reader.int(0)?)
        .map_err(|_| Error::inconsistent("heads", "a negative version"))?;
    Ok(HeadState {
        version,
        at: reader.time(1)?,
    })
}

/// A user beginning at a column, unless there is none in this row, and the user's pool.
fn put_user(row: &dyn Columns, at: usize, snapshot: &mut Snapshot) -> Result<()> {
    put_user_alone(row, at, snapshot)?;
    desk::put_pool(row, at + USER_WIDTH, snapshot)
}

fn put_user_alone(row: &dyn Columns, at: usize, snapshot: &mut Snapshot) -> Result<()> {
    if row.opt_id(at)?.is_some() {
        let user = Reader::new(row, "users", at).user()?;
        snapshot.world.users.insert((user.domain, user.id), user);
    }
    Ok(())
}

static DOMAINS: Query = Query {
    template: concat!(
        "SELECT ",
        columns!(domain),
        ", h.version, h.at, ho.version, ho.at, ",
        columns!(account),
        ", ",
        columns!(user),
        ", ",
        columns!(pool),
        " FROM {{domains d JOIN seats s ON s.domain = d.id JOIN heads h ON h.id = d.id \
         JOIN accounts a ON a.id = d.owner JOIN heads ho ON ho.id = d.owner \
         LEFT JOIN users u ON u.domain = d.parent AND u.id = d.parent_user \
         LEFT JOIN pools p ON p.domain = u.domain AND p.id = u.pool | d.id = {a}}}"
    ),
    keys: &[Type::Id],
    read: |row, snapshot| {
        let domain = Reader::new(row, "domains", 0).domain()?;
        let at = DOMAIN_AND_SEATS;
        put_head(row, at, Head::Domain(domain.id), snapshot)?;
        put_by_key(row, at, domain.id.0, snapshot)?;
        let owner = Reader::new(row, "accounts", at + 4).account()?;
        put_by_key(row, at + 2, owner.id.0, snapshot)?;
        put_user(row, at + 4 + ACCOUNT_WIDTH, snapshot)?;
        snapshot.world.accounts.insert(owner.id, owner);
        snapshot.world.domains.insert(domain.id, domain);
        Ok(())
    },
};

static NAMES: Query = Query {
    template: concat!(
        "SELECT ",
        columns!(domain_record),
        ", ",
        columns!(account_record),
        " FROM {{domain_records dr JOIN domains d ON d.id = dr.domain \
         JOIN account_records ar ON ar.account = d.owner | dr.domain = {a}}}"
    ),
    keys: &[Type::Id],
    read: |row, snapshot| {
        let record = Reader::new(row, "domain_records", 0).domain_record()?;
        let owner = Reader::new(row, "account_records", DOMAIN_RECORD_WIDTH).account_record()?;
        snapshot.account_records.insert(owner.account, owner);
        snapshot.domain_records.insert(record.domain, record);
        Ok(())
    },
};

static PREFIXES: Query = Query {
    template: "SELECT dr.prefix, dr.domain FROM {{domain_records dr | dr.prefix = {a}}}",
    keys: &[Type::Text],
    read: |row, snapshot| {
        let reader = Reader::new(row, "domain_records", 0);
        let prefix = reader.text(0)?.to_owned();
        snapshot.prefixes.insert(prefix, DomainId(reader.id(1)?));
        Ok(())
    },
};

/// A line at once: root first, the domain itself last. An engine that looks keys up one
/// by one follows it by [`LINK`] instead.
pub static LINEAGES: Query = Query {
    template: "WITH RECURSIVE line(start, depth, id, parent, first_met, lapsed_at, \
        last_lapse_from, last_lapse_to, noted, noted_until) AS (\
        SELECT d.id, 0, d.id, d.parent, d.first_met, d.lapsed_at, d.last_lapse_from, \
        d.last_lapse_to, d.noted, d.noted_until \
        FROM {{domains d | d.id = {a}}} \
        UNION ALL \
        SELECT line.start, line.depth + 1, d.id, d.parent, d.first_met, d.lapsed_at, \
        d.last_lapse_from, d.last_lapse_to, d.noted, d.noted_until \
        FROM line JOIN domains d ON d.id = line.parent) \
        SELECT start, line.id, first_met, lapsed_at, last_lapse_from, last_lapse_to, noted, \
        noted_until, h.version, h.at FROM line JOIN heads h ON h.id = line.id \
        ORDER BY depth DESC",
    keys: &[Type::Id],
    read: |row, snapshot| {
        let reader = Reader::new(row, "domains", 0);
        let link = Link {
            domain: DomainId(reader.id(1)?),
            record: Reader::new(row, "domains", 2).record()?,
        };
        put_by_key(row, 8, link.domain.0, snapshot)?;
        let start = DomainId(reader.id(0)?);
        snapshot.world.lineages.entry(start).or_default().push(link);
        Ok(())
    },
};

/// One domain of a line, by its id: the domain above it, what is recorded of its standing, and
/// its head.
pub const LINK: &str = "SELECT d.parent, d.first_met, d.lapsed_at, d.last_lapse_from, \
    d.last_lapse_to, d.noted, d.noted_until, h.version, h.at \
    FROM domains d JOIN heads h ON h.id = d.id WHERE d.id = ?1";

/// Reads a row of [`LINK`].
///
/// # Errors
/// [`Error::Inconsistent`] for a row that can't be.
pub fn link(
    row: &dyn Columns,
    domain: DomainId,
    snapshot: &mut Snapshot,
) -> Result<(Link, Option<DomainId>)> {
    let above = Reader::new(row, "domains", 0).opt_id(0)?.map(DomainId);
    let record = Reader::new(row, "domains", 1).record()?;
    put_by_key(row, 7, domain.0, snapshot)?;
    Ok((Link { domain, record }, above))
}

static USERS: Query = Query {
    template: user_query!("u.domain = {a} AND u.id = {b}"),
    keys: &[Type::Id, Type::Id],
    read: |row, snapshot| put_user(row, 0, snapshot),
};

macro_rules! people_query {
    ($from:literal, $on:literal) => {
        concat!(
            "SELECT ",
            columns!(user),
            ", ",
            columns!(pool),
            ", ",
            columns!(person),
            " FROM {{",
            $from,
            " LEFT JOIN pools p ON p.domain = u.domain AND p.id = u.pool | ",
            $on,
            "}}"
        )
    };
    ($on:literal) => {
        people_query!(
            "people pe JOIN users u ON u.domain = pe.domain AND u.id = pe.user_id",
            $on
        )
    };
}

static PEOPLE: Query = Query {
    template: people_query!(
        "users u LEFT JOIN people pe ON pe.domain = u.domain AND pe.user_id = u.id",
        "u.domain = {a} AND u.id = {b}"
    ),
    keys: &[Type::Id, Type::Id],
    read: read_person,
};
static USER_EMAILS: Query = Query {
    template: people_query!("pe.domain = {a} AND pe.email = {b}"),
    keys: &[Type::Id, Type::Text],
    read: read_person,
};
static EXTERNAL_IDS: Query = Query {
    template: people_query!("pe.domain = {a} AND pe.external_id = {b}"),
    keys: &[Type::Id, Type::Text],
    read: read_person,
};
static INVITATIONS: Query = Query {
    template: people_query!("pe.invitation = {a}"),
    keys: &[Type::Blob],
    read: read_person,
};

fn read_person(row: &dyn Columns, snapshot: &mut Snapshot) -> Result<()> {
    put_user(row, 0, snapshot)?;
    let at = USER_WIDTH + POOL_WIDTH;
    if row.opt_id(at)?.is_some() {
        let person = Reader::new(row, "people", at).person()?;
        let key = (person.domain, person.user);
        snapshot.people.insert(key, person.into());
    }
    Ok(())
}

static REMEMBERED: Query = Query {
    template: "SELECT r.head, r.key, r.fingerprint, r.status, r.body, r.token, r.at \
        FROM {{remembered r | r.head = {a} AND r.key = {b}}}",
    keys: &[Type::Id, Type::Blob],
    read: |row, snapshot| {
        let remembered = Reader::new(row, "remembered", 0).remembered()?;
        let key = (remembered.head, remembered.key);
        snapshot.remembered.insert(key, remembered);
        Ok(())
    },
};

static ATTEMPTS: Query = Query {
    template: "SELECT t.key, t.wrong, t.blocked_until, t.last_at, t.version \
        FROM {{attempts t | t.key = {a}}}",
    keys: &[Type::Blob],
    read: |row, snapshot| {
        let attempts = Reader::new(row, "attempts", 0).attempts()?;
        snapshot.attempts.insert(attempts.key, attempts);
        Ok(())
    },
};

static SYSTEM: Query = Query {
    template: "SELECT h.version, h.at FROM {{heads h | h.id = {a}}}",
    keys: &[Type::Id],
    read: |row, snapshot| put_head(row, 0, Head::System, snapshot),
};

/// All of them: the key is the earliest version wanted.
static PRICE_BOOKS: Query = Query {
    template: "SELECT b.version, b.valid_from, b.prices \
        FROM {{price_books b | b.version >= {a}}} ORDER BY b.version",
    keys: &[Type::Int],
    read: |row, snapshot| {
        let book = Reader::new(row, "price_books", 0).price_book()?;
        snapshot.world.price_books.insert(book.version, book);
        Ok(())
    },
};

/// All of them: the key is the earliest moment wanted.
static SIGNING_KEYS: Query = Query {
    template: "SELECT k.kid, k.secret, k.public, k.created_at, k.retired_at \
        FROM {{signing_keys k | k.created_at >= {a}}} ORDER BY k.created_at, k.kid",
    keys: &[Type::Int],
    read: |row, snapshot| {
        let key = Reader::new(row, "signing_keys", 0).signing_key()?;
        snapshot.keys.push(key);
        Ok(())
    },
};

static HEADS: Query = Query {
    template: "SELECT h.id, h.version, h.at FROM {{heads h | h.id = {a}}}",
    keys: &[Type::Id],
    read: |row, snapshot| {
        let key = Reader::new(row, "heads", 0).id(0)?;
        put_by_key(row, 1, key, snapshot)
    },
};

/// Every query of a load, for an engine that prepares them.
pub static ALL: [&Query; 40] = [
    &SOONEST,
    &HEADS,
    &TOKENS,
    &TOKEN_IDS,
    &ACCOUNTS,
    &EMAILS,
    &DOMAINS,
    &NAMES,
    &PREFIXES,
    &LINEAGES,
    &DUE_USERS,
    &desk::DUE_SESSIONS,
    &desk::LAPSED_OFFERS,
    &desk::QUEUES,
    &desk::RESERVED_QUEUES,
    &desk::SESSIONS_OF_USER,
    &desk::WAITING_OF_USER,
    &desk::LINKS_OF_USER,
    &desk::TEAMS_OF_USER,
    &desk::SESSIONS,
    &desk::POOLS,
    &desk::ALL_POOLS,
    &desk::SESSIONS_OF_POOL,
    &desk::QUEUE_OF_POOL,
    &desk::CALLS,
    &desk::LINKS,
    &desk::LINK_TOKENS,
    &desk::TEAMS,
    &desk::MEMBERS_OF_TEAM,
    &desk::CONTACTS_OF_USER,
    &USERS,
    &PEOPLE,
    &USER_EMAILS,
    &EXTERNAL_IDS,
    &INVITATIONS,
    &REMEMBERED,
    &ATTEMPTS,
    &SYSTEM,
    &PRICE_BOOKS,
    &SIGNING_KEYS,
];

/// The steps of a load, with the keys of each; `now` is the snapshot's time. Steps without
/// keys are left out.
#[must_use]
pub fn steps(load: &Load, now: Time) -> Vec<Step> {
    let id = |id: uuid::Uuid| Value::Id(Some(id));
    let text = |text: &str| Value::Text(Some(text.to_owned().into()));
    let blob = |digest: &[u8; 32]| Value::Blob(Some(digest.to_vec()));
    let int = |number: i64| Value::Int(Some(number));
    let mut lines = load.lineages.clone();
    lines.extend(&load.domains);
    let mut users = load.users.clone();
    users.extend(&load.desks);
    // Who comes with a personal record comes once.
    let users = users.iter().filter(|user| !load.people.contains(user));
    let system = load.prices || load.keys;
    let all = |wanted: bool, key: Value| if wanted { vec![vec![key]] } else { vec![] };

    let pair = |domain: &DomainId, other: Value| vec![id(domain.0), other];
    [
        // First: it tells which of those about what is due can be left out.
        step(&SOONEST, load.domains.iter().map(|d| vec![id(d.0)])),
        step(&HEADS, load.heads.iter().map(|head| vec![id(*head)])),
        step(&TOKENS, load.tokens.iter().map(|d| vec![blob(d)])),
        step(
            &TOKEN_IDS,
            load.token_ids.iter().map(|(a, t)| vec![id(a.0), id(t.0)]),
        ),
        step(&ACCOUNTS, load.accounts.iter().map(|a| vec![id(a.0)])),
        step(&EMAILS, load.emails.iter().map(|e| vec![text(e)])),
        step(&DOMAINS, load.domains.iter().map(|d| vec![id(d.0)])),
        step(&NAMES, load.names.iter().map(|d| vec![id(d.0)])),
        step(&DUE_USERS, load.domains.iter().map(|d| pair(d, int(now.0)))),
        step(&PREFIXES, load.prefixes.iter().map(|p| vec![text(p)])),
        step(&LINEAGES, lines.iter().map(|d| vec![id(d.0)])),
        step(&USERS, users.map(|(d, u)| pair(d, id(u.0)))),
        step(&PEOPLE, load.people.iter().map(|(d, u)| pair(d, id(u.0)))),
        step(
            &USER_EMAILS,
            load.user_emails.iter().map(|(d, e)| pair(d, text(e))),
        ),
        step(
            &EXTERNAL_IDS,
            load.external_ids.iter().map(|(d, e)| pair(d, text(e))),
        ),
        step(&INVITATIONS, load.invitations.iter().map(|d| vec![blob(d)])),
        step(
            &REMEMBERED,
            load.remembered
                .iter()
                .map(|(head, key)| vec![id(head.key()), blob(key)]),
        ),
        step(&ATTEMPTS, load.attempts.iter().map(|d| vec![blob(d)])),
        step(&SYSTEM, all(system, id(Head::System.key())).into_iter()),
        step(&PRICE_BOOKS, all(load.prices, int(0)).into_iter()),
        step(&SIGNING_KEYS, all(load.keys, int(i64::MIN)).into_iter()),
    ]
    .into_iter()
    .chain(desk::steps(load, now))
    .filter(|step| !step.keys.is_empty())
    .collect()
}

fn step(query: &'static Query, keys: impl Iterator<Item = Vec<Value>>) -> Step {
    Step {
        query,
        keys: keys.collect(),
    }
}
