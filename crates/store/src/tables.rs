//! The tables that both engines keep, and how a [`crate::Write`] becomes a row of one.
//!
//! The data definition itself is each engine's own (`migrations/` in its crate), with the
//! same tables, columns and constraints; the contract suite holds them together.

mod desk;
mod rows;

use std::borrow::Cow;

use uuid::Uuid;

use usher_rules::Time;

use crate::records::Digest;
pub use desk::{
    CALL_LINKS, CALLS, CONTACTS, POOL_RECORDS, POOLS, SESSIONS, TEAM_MEMBERS, TEAMS, WAITING,
};
pub use rows::journal_row;

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
    /// does, but for what [`Row::ends_a_session`]: a call that is over never rings elsewhere.
    #[must_use]
    pub fn builds_on_itself(&self) -> bool {
        [ATTEMPTS.name, POOLS.name, REMEMBERED.name, SESSIONS.name].contains(&self.name)
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

/// [`usher_rules::accounts::Account`].
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

/// [`crate::records::AccountRecord`].
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

/// [`usher_rules::domains::Domain`] without its seats.
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

/// [`crate::records::DomainRecord`].
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

/// [`usher_rules::users::User`].
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

/// [`crate::records::Person`].
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

/// [`crate::records::Token`].
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

/// [`crate::records::Remembered`].
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

/// [`crate::records::Mail`].
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

/// [`crate::records::Attempts`].
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

/// [`usher_rules::prices::PriceBook`].
pub static PRICE_BOOKS: Table = Table {
    name: "price_books",
    key: &[("version", Int)],
    rest: &[("valid_from", Int), ("prices", Text)],
};

/// [`crate::records::SigningKey`].
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
pub static ALL: [&Table; 25] = [
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
    &CONTACTS,
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
