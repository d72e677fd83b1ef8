//! The tables that both engines keep, and how a [`Write`] becomes a row of one.
//!
//! The data definition itself is each engine's own (`migrations/` in its crate), with the
//! same tables, columns and constraints; the contract suite holds them together.

mod desk;

use std::borrow::Cow;

use uuid::Uuid;

use usher_rules::accounts::{Account, Place};
use usher_rules::domains::Domain;
use usher_rules::prices::PriceBook;
use usher_rules::seats::SeatKind;
use usher_rules::tiers::Tier;
use usher_rules::users::{User, UserState};
use usher_rules::{DomainId, Time, UserId};

use crate::codec;
use crate::records::{
    AccountRecord, Attempts, Digest, DomainRecord, Mail, Person, Remembered, SigningKey, Token,
};
use crate::unit::{JournalEntry, Unit, Write};
pub use desk::{CALL_LINKS, CALLS, POOL_RECORDS, POOLS, SESSIONS, TEAM_MEMBERS, TEAMS, WAITING};

/// A column's type: `BLOB`/`uuid`, `INTEGER`/`bigint`, `TEXT`/`text`, `BLOB`/`bytea`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// A UUID.
    Id,
    /// A 64-bit integer; times in microseconds; truth as 0 and 1.
    Int,
    /// UTF-8 text, compared by byte.
    Text,
    /// Bytes.
    Blob,
}

/// A value of a column; absent is NULL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// For [`Type::Id`].
    Id(Option<Uuid>),
    /// For [`Type::Int`].
    Int(Option<i64>),
    /// For [`Type::Text`].
    Text(Option<Cow<'static, str>>),
    /// For [`Type::Blob`].
    Blob(Option<Vec<u8>>),
}

impl Value {
    fn id(id: Uuid) -> Value {
        Value::Id(Some(id))
    }
    fn int(number: impl Into<i64>) -> Value {
        Value::Int(Some(number.into()))
    }
    fn time(time: Time) -> Value {
        Value::Int(Some(time.0))
    }
    fn opt_time(time: Option<Time>) -> Value {
        Value::Int(time.map(|t| t.0))
    }
    fn word(word: &'static str) -> Value {
        Value::Text(Some(Cow::Borrowed(word)))
    }
    fn opt_word(word: Option<&'static str>) -> Value {
        Value::Text(word.map(Cow::Borrowed))
    }
    fn text(text: impl Into<String>) -> Value {
        Value::Text(Some(Cow::Owned(text.into())))
    }
    fn opt_text(text: Option<String>) -> Value {
        Value::Text(text.map(Cow::Owned))
    }
    fn digest(digest: Digest) -> Value {
        Value::Blob(Some(digest.to_vec()))
    }
}

/// A table: its columns, and how many of the first ones are the key that an upsert goes by.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// The name.
    pub name: &'static str,
    /// The columns that name a row.
    pub key: &'static [(&'static str, Type)],
    /// The other columns.
    pub rest: &'static [(&'static str, Type)],
}

impl Table {
    /// All columns, the key first: the order in which [`Row`] holds its values.
    pub fn columns(&self) -> impl Iterator<Item = (&'static str, Type)> + '_ {
        self.key.iter().chain(self.rest).copied()
    }

    /// Whether a column only grows: a write of a smaller value leaves what is there. That a
    /// device was seen may be written meanwhile by someone else, under no head.
    #[must_use]
    pub fn only_grows(&self, column: &str) -> bool {
        self.name == SESSIONS.name && column == "seen_at"
    }

    /// Whether a row is compared with the one before it. Such a row is never taken away to be
    /// written anew, though something unique in it may change hands in the same unit: nothing
    /// does, but for what [`Row::ends_a_session`].
    #[must_use]
    pub fn builds_on_itself(&self) -> bool {
        [ATTEMPTS.name, POOLS.name, SESSIONS.name].contains(&self.name)
    }
}

/// A change of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row {
    /// Write the row whole: one value per column, in [`Table::columns`]' order.
    Put(&'static Table, Vec<Value>),
    /// Remove the row with this key.
    Remove(&'static Table, Vec<Value>),
    /// A session's device was seen: domain, session, when.
    Seen([Value; 3]),
}

impl Row {
    /// Whether it ends a session. It is written before the other rows of its unit: the user's
    /// next session may be among them.
    #[must_use]
    pub fn ends_a_session(&self) -> bool {
        match self {
            Row::Put(table, values) if table.name == SESSIONS.name => {
                values[desk::ENDED_AT] != Value::Int(None)
            }
            _ => false,
        }
    }
}

use Type::{Blob, Id, Int, Text};

/// Versions of journals.
pub static HEADS: Table = Table {
    name: "heads",
    key: &[("id", Id)],
    rest: &[("version", Int), ("at", Int)],
};

/// The journals themselves; only ever appended to.
pub static JOURNAL: Table = Table {
    name: "journal",
    key: &[("head", Id), ("seq", Int)],
    rest: &[
        ("unit", Id),
        ("at", Int),
        ("recorded_at", Int),
        ("actor", Id),
        ("request", Id),
        ("kind", Text),
        ("payload", Text),
    ],
};

/// [`Account`].
pub static ACCOUNTS: Table = Table {
    name: "accounts",
    key: &[("id", Id)],
    rest: &[
        ("plan", Text),
        ("domain", Id),
        ("member", Id),
        ("owns", Id),
        ("identity", Text),
        ("operator", Int),
    ],
};

/// [`AccountRecord`].
pub static ACCOUNT_RECORDS: Table = Table {
    name: "account_records",
    key: &[("account", Id)],
    rest: &[
        ("email", Text),
        ("name", Text),
        ("password", Text),
        ("totp_secret", Text),
        ("totp_active", Int),
        ("identity_note", Text),
        ("created_at", Int),
    ],
};

/// [`Domain`] without its seats.
pub static DOMAINS: Table = Table {
    name: "domains",
    key: &[("id", Id)],
    rest: &[
        ("owner", Id),
        ("parent", Id),
        ("parent_user", Id),
        ("root", Id),
        ("currency", Text),
        ("zone", Text),
        ("method", Text),
        ("activated_by", Id),
        ("first_met", Int),
        ("lapsed_at", Int),
        ("last_lapse_from", Int),
        ("last_lapse_to", Int),
        ("noted", Text),
        ("noted_until", Int),
        ("closed", Int),
    ],
};

/// A domain's seats: one row, so that a switch is one write.
pub static SEATS: Table = Table {
    name: "seats",
    key: &[("domain", Id)],
    rest: &[
        ("users", Int),
        ("pools", Int),
        ("teams", Int),
        ("domain_user_ordered", Int),
        ("domain_user_in_use", Int),
        ("domain_user_scheduled", Int),
        ("domain_user_scheduled_at", Int),
        ("business_ordered", Int),
        ("business_in_use", Int),
        ("business_scheduled", Int),
        ("business_scheduled_at", Int),
        ("business_pro_ordered", Int),
        ("business_pro_in_use", Int),
        ("business_pro_scheduled", Int),
        ("business_pro_scheduled_at", Int),
        ("seat_license_ordered", Int),
        ("seat_license_in_use", Int),
        ("seat_license_scheduled", Int),
        ("seat_license_scheduled_at", Int),
        ("due_at", Int),
    ],
};

/// [`DomainRecord`].
pub static DOMAIN_RECORDS: Table = Table {
    name: "domain_records",
    key: &[("domain", Id)],
    rest: &[
        ("name", Text),
        ("prefix", Text),
        ("billing_name", Text),
        ("billing_email", Text),
        ("created_at", Int),
    ],
};

/// [`User`].
pub static USERS: Table = Table {
    name: "users",
    key: &[("domain", Id), ("id", Id)],
    rest: &[
        ("state", Text),
        ("expires_at", Int),
        ("account", Id),
        ("model", Text),
        ("tier", Text),
        ("pool", Id),
        ("role", Text),
        ("permissions", Int),
        ("features_off", Int),
        ("owns", Id),
        ("reserved", Int),
    ],
};

/// [`Person`].
pub static PEOPLE: Table = Table {
    name: "people",
    key: &[("domain", Id), ("user_id", Id)],
    rest: &[
        ("email", Text),
        ("name", Text),
        ("name_key", Text),
        ("description", Text),
        ("external_id", Text),
        ("invitation", Blob),
        ("created_at", Int),
    ],
};

/// [`Token`].
pub static TOKENS: Table = Table {
    name: "tokens",
    key: &[("account", Id), ("id", Id)],
    rest: &[
        ("digest", Blob),
        ("kind", Text),
        ("name", Text),
        ("read_only", Int),
        ("created_at", Int),
        ("expires_at", Int),
    ],
};

/// [`Remembered`].
pub static REMEMBERED: Table = Table {
    name: "remembered",
    key: &[("head", Id), ("key", Blob)],
    rest: &[
        ("fingerprint", Blob),
        ("status", Int),
        ("body", Text),
        ("token", Id),
        ("at", Int),
    ],
};

/// [`Mail`].
pub static MAIL: Table = Table {
    name: "mail",
    key: &[("id", Id)],
    rest: &[
        ("template", Text),
        ("recipient", Text),
        ("params", Text),
        ("created_at", Int),
        ("due_at", Int),
        ("attempts", Int),
        ("sent_at", Int),
    ],
};

/// [`Attempts`].
pub static ATTEMPTS: Table = Table {
    name: "attempts",
    key: &[("key", Blob)],
    rest: &[
        ("wrong", Int),
        ("blocked_until", Int),
        ("last_at", Int),
        ("version", Int),
    ],
};

/// [`PriceBook`].
pub static PRICE_BOOKS: Table = Table {
    name: "price_books",
    key: &[("version", Int)],
    rest: &[("valid_from", Int), ("prices", Text)],
};

/// [`SigningKey`].
pub static SIGNING_KEYS: Table = Table {
    name: "signing_keys",
    key: &[("kid", Text)],
    rest: &[
        ("secret", Blob),
        ("public", Blob),
        ("created_at", Int),
        ("retired_at", Int),
    ],
};

/// Every table but `meta`, in an order in which they can be copied.
pub static ALL: [&Table; 24] = [
    &HEADS,
    &JOURNAL,
    &ACCOUNTS,
    &ACCOUNT_RECORDS,
    &DOMAINS,
    &SEATS,
    &DOMAIN_RECORDS,
    &USERS,
    &PEOPLE,
    &POOLS,
    &POOL_RECORDS,
    &SESSIONS,
    &CALLS,
    &CALL_LINKS,
    &WAITING,
    &TEAMS,
    &TEAM_MEMBERS,
    &TOKENS,
    &REMEMBERED,
    &MAIL,
    &ATTEMPTS,
    &PRICE_BOOKS,
    &SIGNING_KEYS,
    &META,
];

/// The store's own notes: whether it is a sandbox, how far its clock was moved.
pub static META: Table = Table {
    name: "meta",
    key: &[("key", Text)],
    rest: &[("value", Text)],
};

/// The values of a journal entry, in [`JOURNAL`]'s order.
#[must_use]
pub fn journal_row(unit: &Unit, entry: &JournalEntry) -> Vec<Value> {
    let (kind, payload) = codec::encode(&entry.event);
    vec![
        Value::id(entry.head.key()),
        Value::Int(i64::try_from(entry.seq).ok()),
        Value::id(unit.id.0),
        Value::time(entry.at),
        Value::time(entry.recorded_at),
        Value::Id(entry.actor.map(|a| a.0)),
        Value::id(entry.request),
        Value::word(kind),
        Value::text(payload),
    ]
}

impl Write {
    /// The row that this writes or removes.
    #[must_use]
    pub fn row(&self) -> Row {
        match self {
            Write::Account(a) => Row::Put(&ACCOUNTS, account(a)),
            Write::AccountRecord(r) => Row::Put(&ACCOUNT_RECORDS, account_record(r)),
            Write::Domain(d) => Row::Put(&DOMAINS, domain(d)),
            Write::Seats(d) => Row::Put(&SEATS, seats(d)),
            Write::DomainRecord(r) => Row::Put(&DOMAIN_RECORDS, domain_record(r)),
            Write::User(u) => Row::Put(&USERS, user(u)),
            Write::RemoveUser(domain, id) => Row::Remove(&USERS, user_key(*domain, *id)),
            Write::Person(p) => Row::Put(&PEOPLE, person(p)),
            Write::RemovePerson(domain, id) => Row::Remove(&PEOPLE, user_key(*domain, *id)),
            Write::Pool(p) => Row::Put(&POOLS, desk::pool(p)),
            Write::RemovePool(domain, id) => Row::Remove(&POOLS, desk::key(*domain, id.0)),
            Write::PoolRecord(r) => Row::Put(&POOL_RECORDS, desk::pool_record(r)),
            Write::RemovePoolRecord(domain, id) => {
                Row::Remove(&POOL_RECORDS, desk::key(*domain, id.0))
            }
            Write::Session(row) => Row::Put(&SESSIONS, desk::session(row)),
            Write::EndedSession(ended, record) => {
                Row::Put(&SESSIONS, desk::ended_session(ended, record))
            }
            Write::Seen {
                domain,
                session,
                at,
            } => Row::Seen([Value::id(domain.0), Value::id(session.0), Value::time(*at)]),
            Write::Call(call) => Row::Put(&CALLS, desk::call(call)),
            Write::Link(link, record) => Row::Put(&CALL_LINKS, desk::link(link, record)),
            Write::Waiting(w) => Row::Put(&WAITING, desk::waiting(w)),
            Write::RemoveWaiting(domain, user) => Row::Remove(&WAITING, user_key(*domain, *user)),
            Write::Team(t) => Row::Put(&TEAMS, desk::team(t)),
            Write::RemoveTeam(domain, id) => Row::Remove(&TEAMS, desk::key(*domain, id.0)),
            Write::Member(domain, team, user) => {
                Row::Put(&TEAM_MEMBERS, desk::member(*domain, *team, *user))
            }
            Write::RemoveMember(domain, team, user) => {
                Row::Remove(&TEAM_MEMBERS, desk::member_key(*domain, *team, *user))
            }
            Write::Token(t) => Row::Put(&TOKENS, token(t)),
            Write::RemoveToken(account, id) => {
                Row::Remove(&TOKENS, vec![Value::id(account.0), Value::id(id.0)])
            }
            Write::Remembered(r) => Row::Put(&REMEMBERED, remembered(r)),
            Write::Mail(m) => Row::Put(&MAIL, mail(m)),
            Write::Attempts(a) => Row::Put(&ATTEMPTS, attempts(a)),
            Write::PriceBook(b) => Row::Put(&PRICE_BOOKS, price_book(b)),
            Write::SigningKey(k) => Row::Put(&SIGNING_KEYS, signing_key(k)),
            Write::RemoveSigningKey(kid) => {
                Row::Remove(&SIGNING_KEYS, vec![Value::text(kid.clone())])
            }
        }
    }
}

fn user_key(domain: DomainId, user: UserId) -> Vec<Value> {
    vec![Value::id(domain.0), Value::id(user.0)]
}

fn account(a: &Account) -> Vec<Value> {
    let (plan, domain, member) = match a.place {
        Place::Unmanaged { plan } => (Some(plan.name()), None, None),
        Place::Managed { domain, user } => (None, Some(domain.0), Some(user.0)),
    };
    vec![
        Value::id(a.id.0),
        Value::opt_word(plan),
        Value::Id(domain),
        Value::Id(member),
        Value::Id(a.owns.map(|d| d.0)),
        Value::word(a.identity.name()),
        Value::int(a.operator),
    ]
}

fn account_record(r: &AccountRecord) -> Vec<Value> {
    vec![
        Value::id(r.account.0),
        Value::text(r.email.clone()),
        Value::text(r.name.clone()),
        Value::opt_text(r.password.clone()),
        Value::opt_text(r.totp_secret.clone()),
        Value::int(r.totp_active),
        Value::opt_text(r.identity_note.clone()),
        Value::time(r.created_at),
    ]
}

fn domain(d: &Domain) -> Vec<Value> {
    let billing = d.billing;
    vec![
        Value::id(d.id.0),
        Value::id(d.owner.0),
        Value::Id(d.parent.map(|(domain, _)| domain.0)),
        Value::Id(d.parent.map(|(_, user)| user.0)),
        Value::id(d.root.0),
        Value::opt_text(billing.map(|b| b.currency.code().to_owned())),
        Value::opt_text(billing.map(|b| b.zone.name().to_owned())),
        Value::opt_word(billing.map(|b| b.method.name())),
        Value::Id(billing.map(|b| b.activated_by.0)),
        Value::opt_time(d.standing.first_met),
        Value::opt_time(d.standing.lapsed_at),
        Value::opt_time(d.standing.last_lapse.map(|(from, _)| from)),
        Value::opt_time(d.standing.last_lapse.map(|(_, to)| to)),
        Value::word(d.standing.noted.name()),
        Value::opt_time(d.standing.noted_until),
        Value::int(d.closed),
    ]
}

fn seats(d: &Domain) -> Vec<Value> {
    let counts = [d.users, d.pools, d.teams].map(Value::int);
    let mut row = vec![Value::id(d.id.0)];
    row.extend(counts);
    for kind in SeatKind::ALL {
        let seat = d.seats.get(kind);
        row.push(Value::int(seat.ordered));
        row.push(Value::int(seat.in_use));
        row.push(Value::Int(seat.scheduled.map(|s| s.quantity.into())));
        row.push(Value::opt_time(seat.scheduled.map(|s| s.at)));
    }
    let due = d
        .seats
        .iter()
        .filter_map(|(_, s)| s.scheduled)
        .map(|s| s.at);
    row.push(Value::opt_time(due.min()));
    row
}

fn domain_record(r: &DomainRecord) -> Vec<Value> {
    vec![
        Value::id(r.domain.0),
        Value::text(r.name.clone()),
        Value::text(r.prefix.clone()),
        Value::opt_text(r.billing_name.clone()),
        Value::opt_text(r.billing_email.clone()),
        Value::time(r.created_at),
    ]
}

fn user(u: &User) -> Vec<Value> {
    let expires_at = match u.state {
        UserState::Invited { expires_at } => Some(expires_at),
        _ => None,
    };
    vec![
        Value::id(u.domain.0),
        Value::id(u.id.0),
        Value::word(u.state.name()),
        Value::opt_time(expires_at),
        Value::Id(u.state.account().map(|a| a.0)),
        Value::word(u.license.model()),
        Value::opt_word(u.license.named_tier().map(Tier::name)),
        Value::Id(u.license.pool().map(|p| p.0)),
        Value::word(u.role.name()),
        Value::int(u.permissions.0),
        Value::int(u.features_off.0),
        Value::Id(u.owns.map(|d| d.0)),
        Value::int(u.reserved),
    ]
}

fn person(p: &Person) -> Vec<Value> {
    vec![
        Value::id(p.domain.0),
        Value::id(p.user.0),
        Value::text(p.email.clone()),
        Value::text(p.name.clone()),
        Value::text(p.name.to_lowercase()),
        Value::text(p.description.clone()),
        Value::opt_text(p.external_id.clone()),
        Value::Blob(p.invitation.map(|d| d.to_vec())),
        Value::time(p.created_at),
    ]
}

fn token(t: &Token) -> Vec<Value> {
    vec![
        Value::id(t.account.0),
        Value::id(t.id.0),
        Value::digest(t.digest),
        Value::word(t.kind.name()),
        Value::text(t.name.clone()),
        Value::int(t.read_only),
        Value::time(t.created_at),
        Value::time(t.expires_at),
    ]
}

fn remembered(r: &Remembered) -> Vec<Value> {
    vec![
        Value::id(r.head),
        Value::digest(r.key),
        Value::digest(r.fingerprint),
        Value::int(r.status),
        Value::text(r.body.clone()),
        Value::Id(r.token.map(|t| t.0)),
        Value::time(r.at),
    ]
}

fn mail(m: &Mail) -> Vec<Value> {
    vec![
        Value::id(m.id),
        Value::text(m.template.clone()),
        Value::text(m.recipient.clone()),
        Value::text(m.params.clone()),
        Value::time(m.created_at),
        Value::time(m.due_at),
        Value::int(m.attempts),
        Value::opt_time(m.sent_at),
    ]
}

fn attempts(a: &Attempts) -> Vec<Value> {
    vec![
        Value::digest(a.key),
        Value::int(a.wrong),
        Value::time(a.blocked_until),
        Value::time(a.last_at),
        // The row's version after this write; see `Attempts::version`.
        Value::int(a.version + 1),
    ]
}

fn price_book(b: &PriceBook) -> Vec<Value> {
    vec![
        Value::int(b.version),
        Value::time(b.from),
        Value::text(codec::encode_prices(&b.prices)),
    ]
}

fn signing_key(k: &SigningKey) -> Vec<Value> {
    vec![
        Value::text(k.kid.clone()),
        Value::digest(k.secret),
        Value::digest(k.public),
        Value::time(k.created_at),
        Value::opt_time(k.retired_at),
    ]
}
