//! What a commit writes.

use uuid::Uuid;

use usher_rules::accounts::Account;
use usher_rules::calls::EndedCall;
use usher_rules::domains::Domain;
use usher_rules::links::CallLink;
use usher_rules::pools::Pool;
use usher_rules::prices::PriceBook;
use usher_rules::sessions::{EndedSession, Session};
use usher_rules::users::User;
use usher_rules::waiting::Waiting;
use usher_rules::{
    AccountId, ContactId, DomainId, Event, Head, PoolId, SessionId, TeamId, Time, TokenId, UnitId,
    UserId,
};

use crate::records::{
    AccountRecord, Attempts, ContactRecord, DomainRecord, LinkRecord, Mail, Person, PoolRecord,
    Remembered, SessionRecord, SigningKey, TeamRecord, Token,
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

/// A live session with its record, and when it is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// The session.
    pub session: Session,
    /// Its device and token.
    pub record: SessionRecord,
    /// When its log-off clock, or the notice of it, is due; silence apart.
    pub clock_due_at: Option<Time>,
    /// A moment before which nothing is due, silence included; none when nothing ever is.
    pub due_at: Option<Time>,
}

impl SessionRow {
    /// The row of a session in this pool.
    #[must_use]
    pub fn new(session: Session, record: SessionRecord, pool: Option<&Pool>) -> SessionRow {
        let clock = [session.log_off_at(pool), session.notice_at(pool)];
        SessionRow {
            clock_due_at: clock.into_iter().flatten().min(),
            due_at: session.due_at(pool),
            session,
            record,
        }
    }

    /// When something is due, with this silence limit.
    #[must_use]
    pub fn due(&self, silence_seconds: Option<i64>) -> Option<Time> {
        let silent_at = silence_seconds.map(|limit| self.session.seen_at.plus_seconds(limit));
        self.clock_due_at.into_iter().chain(silent_at).min()
    }

    /// The device was seen, in a pool of this silence limit. `due_at` follows only once half
    /// of that has passed: it is indexed, and a heartbeat should cost no more than it must.
    pub fn seen(&mut self, at: Time, silence_seconds: Option<i64>) {
        if at <= self.session.seen_at {
            return;
        }
        self.session.seen_at = at;
        if let (Some(due), Some(limit)) = (self.due_at, silence_seconds)
            && due.0 < at.0 + limit * 500_000
        {
            self.due_at = self.due(silence_seconds);
        }
    }
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
    Pool(Pool),
    RemovePool(DomainId, PoolId),
    PoolRecord(PoolRecord),
    RemovePoolRecord(DomainId, PoolId),
    /// A live session. That it was seen later than this says stays.
    Session(SessionRow),
    /// One that is over, in the place of the live one.
    EndedSession(EndedSession, SessionRecord),
    /// A device was seen (rule E8): no head need protect it, for it only grows. Nothing, when
    /// the session is over or was seen later.
    Seen {
        domain: DomainId,
        session: SessionId,
        at: Time,
    },
    /// A call that is over.
    Call(EndedCall),
    Link(CallLink, LinkRecord),
    Waiting(Waiting),
    RemoveWaiting(DomainId, UserId),
    Team(TeamRecord),
    RemoveTeam(DomainId, TeamId),
    Member(DomainId, TeamId, UserId),
    RemoveMember(DomainId, TeamId, UserId),
    Contact(ContactRecord),
    RemoveContact(DomainId, UserId, ContactId),
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
    /// The head under which the row lies, whose journal tells of it (rule J1); none for what no
    /// journal tells of: that a device was seen, an answer under a key, a mail, a wrong attempt.
    #[must_use]
    pub fn head(&self) -> Option<Head> {
        let domain = match self {
            Write::Domain(domain) | Write::Seats(domain) => domain.id,
            Write::DomainRecord(record) => record.domain,
            Write::User(user) => user.domain,
            Write::Person(person) => person.domain,
            Write::Pool(pool) => pool.domain,
            Write::PoolRecord(record) => record.domain,
            Write::Session(row) => row.session.domain,
            Write::EndedSession(ended, _) => ended.domain,
            Write::Call(call) => call.domain,
            Write::Link(link, _) => link.domain,
            Write::Waiting(waiting) => waiting.domain,
            Write::Team(record) => record.domain,
            Write::Contact(record) => record.domain,
            Write::RemoveUser(domain, _)
            | Write::RemovePerson(domain, _)
            | Write::RemovePool(domain, _)
            | Write::RemovePoolRecord(domain, _)
            | Write::RemoveWaiting(domain, _)
            | Write::RemoveTeam(domain, _)
            | Write::Member(domain, ..)
            | Write::RemoveMember(domain, ..)
            | Write::RemoveContact(domain, ..) => *domain,
            Write::Account(account) => return Some(Head::Account(account.id)),
            Write::AccountRecord(record) => return Some(Head::Account(record.account)),
            Write::Token(token) => return Some(Head::Account(token.account)),
            Write::RemoveToken(account, _) => return Some(Head::Account(*account)),
            Write::PriceBook(_) | Write::SigningKey(_) | Write::RemoveSigningKey(_) => {
                return Some(Head::System);
            }
            Write::Seen { .. } | Write::Remembered(_) | Write::Mail(_) | Write::Attempts(_) => {
                return None;
            }
        };
        Some(Head::Domain(domain))
    }

    /// The domain whose row it is; none for what belongs to no domain.
    #[must_use]
    pub fn domain(&self) -> Option<DomainId> {
        match (self, self.head()) {
            (Write::Seen { domain, .. }, _) => Some(*domain),
            (_, Some(Head::Domain(domain))) => Some(domain),
            _ => None,
        }
    }

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
            Write::Pool(p) => ("pools", (p.domain.0, p.id.0), &[]),
            Write::RemovePool(domain, pool) => ("pools", (domain.0, pool.0), &[]),
            Write::PoolRecord(r) => ("pool_records", (r.domain.0, r.pool.0), &[]),
            Write::RemovePoolRecord(domain, pool) => ("pool_records", (domain.0, pool.0), &[]),
            Write::Session(row) => {
                let session = &row.session;
                ("sessions", (session.domain.0, session.id.0), &[])
            }
            Write::EndedSession(ended, _) => ("sessions", (ended.domain.0, ended.id.0), &[]),
            // Of the row of its session, but it takes nothing of what else is written there.
            Write::Seen {
                domain, session, ..
            } => ("seen", (domain.0, session.0), &[]),
            Write::Call(call) => ("calls", (call.domain.0, call.id.0), &[]),
            Write::Link(link, _) => ("call_links", (link.domain.0, link.id.0), &[]),
            Write::Waiting(w) => ("waiting", (w.domain.0, w.user.0), &[]),
            Write::RemoveWaiting(domain, user) => ("waiting", (domain.0, user.0), &[]),
            Write::Team(t) => ("teams", (t.domain.0, t.team.0), &[]),
            Write::RemoveTeam(domain, team) => ("teams", (domain.0, team.0), &[]),
            Write::Member(domain, team, user) | Write::RemoveMember(domain, team, user) => {
                ("team_members", (domain.0, team.0), user.0.as_bytes())
            }
            Write::Contact(c) => {
                let ids = (c.domain.0, c.user.0);
                ("contacts", ids, c.contact.0.as_bytes())
            }
            Write::RemoveContact(domain, user, contact) => {
                ("contacts", (domain.0, user.0), contact.0.as_bytes())
            }
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

impl Unit {
    /// The domains whose journals it makes grow.
    pub fn domains(&self) -> impl Iterator<Item = DomainId> {
        let grown = self
            .heads
            .iter()
            .filter(|change| change.next > change.expected);
        grown.filter_map(|change| match change.head {
            Head::Domain(domain) => Some(domain),
            _ => None,
        })
    }
}

/// What became of a unit: committed and on disk, or why not.
pub type Committed = crate::Result<()>;
