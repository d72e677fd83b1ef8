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
