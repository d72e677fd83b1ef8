//! What a commit writes.

use uuid::Uuid;

use usher_rules::accounts::Account;
use usher_rules::domains::Domain;
use usher_rules::prices::PriceBook;
use usher_rules::users::User;
use usher_rules::{AccountId, DomainId, Event, Head, Time, TokenId, UnitId, UserId};

use crate::records::{
    AccountRecord, Attempts, DomainRecord, Mail, Person, Remembered, SigningKey, Token,
};

/// A head that a unit moves on, or relies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadChange {
    /// Which head.
    pub head: Head,
    /// The version that the decision was made on; zero for one that is new.
    pub expected: u64,
    /// The version after: the sequence number of the unit's last entry in this journal.
    pub next: u64,
    /// Whether it was decided in this head's [turn](crate::Turn). What was not is a conflict
    /// as long as somebody has the turn.
    pub in_turn: bool,
}

/// A line of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEntry {
    /// Whose journal.
    pub head: Head,
    /// One more than the entry before.
    pub seq: u64,
    /// When it takes effect.
    pub at: Time,
    /// When it was decided.
    pub recorded_at: Time,
    /// Who asked; none for what time brought about.
    pub actor: Option<AccountId>,
    /// The request that caused it.
    pub request: Uuid,
    /// What happened.
    pub event: Event,
}

/// A row after the decision. Written whole; at most one per row and unit.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs)] // the rows are documented where they are defined
pub enum Write {
    Account(Account),
    AccountRecord(AccountRecord),
    /// All of a domain but its seats.
    Domain(Domain),
    /// A domain's seats and its number of users.
    Seats(Domain),
    DomainRecord(DomainRecord),
    User(User),
    RemoveUser(DomainId, UserId),
    Person(Person),
    RemovePerson(DomainId, UserId),
    Token(Token),
    RemoveToken(AccountId, TokenId),
    Remembered(Remembered),
    Mail(Mail),
    Attempts(Attempts),
    PriceBook(PriceBook),
    SigningKey(SigningKey),
    RemoveSigningKey(String),
}

/// What names the row that a write is about: two writes with the same key are about the
/// same row.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RowKey {
    table: &'static str,
    ids: (Uuid, Uuid),
    rest: Vec<u8>,
}

impl Write {
    /// The row that it is about.
    #[must_use]
    pub fn key(&self) -> RowKey {
        let nil = Uuid::nil();
        let (table, ids, rest): (_, _, &[u8]) = match self {
            Write::Account(a) => ("accounts", (a.id.0, nil), &[]),
            Write::AccountRecord(r) => ("account_records", (r.account.0, nil), &[]),
            Write::Domain(d) => ("domains", (d.id.0, nil), &[]),
            Write::Seats(d) => ("seats", (d.id.0, nil), &[]),
            Write::DomainRecord(r) => ("domain_records", (r.domain.0, nil), &[]),
            Write::User(u) => ("users", (u.domain.0, u.id.0), &[]),
            Write::RemoveUser(domain, user) => ("users", (domain.0, user.0), &[]),
            Write::Person(p) => ("people", (p.domain.0, p.user.0), &[]),
            Write::RemovePerson(domain, user) => ("people", (domain.0, user.0), &[]),
            Write::Token(t) => ("tokens", (t.account.0, t.id.0), &[]),
            Write::RemoveToken(account, id) => ("tokens", (account.0, id.0), &[]),
            Write::Remembered(r) => ("remembered", (r.head, nil), &r.key),
            Write::Mail(m) => ("mail", (m.id, nil), &[]),
            Write::Attempts(a) => ("attempts", (nil, nil), &a.key),
            Write::PriceBook(b) => ("price_books", (Uuid::from_u128(b.version.into()), nil), &[]),
            Write::SigningKey(k) => ("signing_keys", (nil, nil), k.kid.as_bytes()),
            Write::RemoveSigningKey(kid) => ("signing_keys", (nil, nil), kid.as_bytes()),
        };
        RowKey {
            table,
            ids,
            rest: rest.to_vec(),
        }
    }
}

/// What is decided together: on disk together, or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// Its id, by which the outcome can be looked up.
    pub id: UnitId,
    /// When it was decided.
    pub at: Time,
    /// The heads it changes, in the order of their keys.
    pub heads: Vec<HeadChange>,
    /// What is appended to their journals.
    pub journal: Vec<JournalEntry>,
    /// The rows after it.
    pub writes: Vec<Write>,
}

/// What became of a unit: committed and on disk, or why not.
pub type Committed = crate::Result<()>;
