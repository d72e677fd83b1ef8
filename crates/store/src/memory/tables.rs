//! The rows, in a typed map per table, and the one index of all that must be unique.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use usher_rules::accounts::{Account, Place};
use usher_rules::calls::EndedCall;
use usher_rules::domains::Domain;
use usher_rules::links::CallLink;
use usher_rules::pools::Pool;
use usher_rules::prices::PriceBook;
use usher_rules::sessions::EndedSession;
use usher_rules::users::User;
use usher_rules::waiting::Waiting;
use usher_rules::{
    AccountId, CallId, ContactId, DeviceKey, DomainId, Head, LinkId, PoolId, SessionId, TeamId,
    TokenId, UserId,
};

use crate::lists::EventLine;
use crate::records::{
    AccountRecord, Attempts, ContactRecord, Digest, DomainRecord, LinkRecord, Mail, Person,
    PoolRecord, Remembered, SessionRecord, SigningKey, TeamRecord, Token,
};
use crate::unit::SessionRow;
use crate::{HeadState, Unit, Write};

/// All that the store holds.
#[derive(Clone, Default)]
pub(crate) struct Tables {
    pub heads: BTreeMap<Uuid, HeadState>,
    pub journal: BTreeMap<(Uuid, u64), EventLine>,
    pub accounts: BTreeMap<AccountId, Account>,
    pub account_records: BTreeMap<AccountId, AccountRecord>,
    /// Without their seats; what stands there is not looked at.
    pub domains: BTreeMap<DomainId, Domain>,
    /// Of which only the seats and the number of users are looked at.
    pub seats: BTreeMap<DomainId, Domain>,
    pub domain_records: BTreeMap<DomainId, DomainRecord>,
    pub users: BTreeMap<(DomainId, UserId), User>,
    pub people: BTreeMap<(DomainId, UserId), Person>,
    pub pools: BTreeMap<(DomainId, PoolId), Pool>,
    pub pool_records: BTreeMap<(DomainId, PoolId), PoolRecord>,
    pub sessions: BTreeMap<(DomainId, SessionId), AnySession>,
    pub calls: BTreeMap<(DomainId, CallId), EndedCall>,
    pub links: BTreeMap<(DomainId, LinkId), (CallLink, LinkRecord)>,
    pub waiting: BTreeMap<(DomainId, UserId), Waiting>,
    pub teams: BTreeMap<(DomainId, TeamId), TeamRecord>,
    pub members: BTreeSet<(DomainId, TeamId, UserId)>,
    pub contacts: BTreeMap<(DomainId, UserId, ContactId), ContactRecord>,
    pub tokens: BTreeMap<(AccountId, TokenId), Token>,
    pub remembered: BTreeMap<(Uuid, Digest), Remembered>,
    pub mail: BTreeMap<Uuid, Mail>,
    pub attempts: BTreeMap<Digest, Attempts>,
    pub price_books: BTreeMap<u32, PriceBook>,
    pub signing_keys: BTreeMap<String, SigningKey>,
    pub unique: BTreeMap<Claim, Holder>,
}

/// A row of sessions.
#[derive(Clone)]
pub(crate) enum AnySession {
    Live(SessionRow),
    Ended(EndedSession, SessionRecord),
}

/// A value that at most one row may have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Claim {
    Owns(DomainId),
    Place(DomainId, UserId),
    AccountEmail(String),
    /// The owner of a domain that is not closed.
    Owner(AccountId),
    /// The seat above that such a domain hangs from.
    Seat(DomainId, UserId),
    Prefix(String),
    Member(AccountId),
    Email(DomainId, String),
    ExternalId(DomainId, String),
    Invitation(Digest),
    Token(Digest),
    /// The live session of a shared user, or of a named one on this device.
    SessionOf(DomainId, UserId, Option<DeviceKey>),
    /// The call that a live session is in.
    Call(DomainId, CallId),
    LinkToken(Digest),
    /// An address in a user's contact list.
    Contact(DomainId, UserId, String),
}

impl Claim {
    /// The name of the index in the SQL stores.
    pub fn name(&self) -> &'static str {
        match self {
            Claim::Owns(_) => "accounts_own_one_domain",
            Claim::Place(..) => "accounts_one_per_user",
            Claim::AccountEmail(_) => "account_email",
            Claim::Owner(_) => "domain_owner",
            Claim::Seat(..) => "domain_parent",
            Claim::Prefix(_) => "domain_prefix",
            Claim::Member(_) => "user_account",
            Claim::Email(..) => "user_email",
            Claim::ExternalId(..) => "user_external_id",
            Claim::Invitation(_) => "user_invitation",
            Claim::Token(_) => "token_digest",
            Claim::SessionOf(..) => "session_of_user",
            Claim::Call(..) => "session_of_call",
            Claim::LinkToken(_) => "call_link_token",
            Claim::Contact(..) => "contact_email",
        }
    }
}

/// The row that has a unique value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Holder {
    Account(AccountId),
    AccountRecord(AccountId),
    Domain(DomainId),
    DomainRecord(DomainId),
    User(DomainId, UserId),
    Person(DomainId, UserId),
    Token(AccountId, TokenId),
    Session(DomainId, SessionId),
    Link(DomainId, LinkId),
    Contact(DomainId, UserId, ContactId),
}

impl Claim {
    fn of_account(account: &Account) -> Vec<Claim> {
        let place = match account.place {
            Place::Managed { domain, user } => Some(Claim::Place(domain, user)),
            Place::Unmanaged { .. } => None,
        };
        let owns = account.owns.map(Claim::Owns);
        owns.into_iter().chain(place).collect()
    }

    fn of_domain(domain: &Domain) -> Vec<Claim> {
        if domain.closed {
            return vec![];
        }
        let seat = domain.parent.map(|(above, user)| Claim::Seat(above, user));
        let owner = Some(Claim::Owner(domain.owner));
        owner.into_iter().chain(seat).collect()
    }

    fn of_user(user: &User) -> Vec<Claim> {
        user.state
            .account()
            .map(Claim::Member)
            .into_iter()
            .collect()
    }

    fn of_session(session: &AnySession) -> Vec<Claim> {
        match session {
            AnySession::Live(SessionRow { session, .. }) => {
                let device = session.pool.is_none().then_some(session.device);
                let call = session
                    .call
                    .map(|call| Claim::Call(session.domain, call.id));
                let of_user = Claim::SessionOf(session.domain, session.user, device);
                [of_user].into_iter().chain(call).collect()
            }
            AnySession::Ended(..) => vec![],
        }
    }

    fn of_contact(contact: &ContactRecord) -> Vec<Claim> {
        let email = contact.email.clone();
        vec![Claim::Contact(contact.domain, contact.user, email)]
    }

    fn of_person(person: &Person) -> Vec<Claim> {
        let external = person.external_id.clone();
        [
            Some(Claim::Email(person.domain, person.email.clone())),
            external.map(|id| Claim::ExternalId(person.domain, id)),
            person.invitation.map(Claim::Invitation),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl Tables {
    /// Empty, but for the system's head.
    pub fn new() -> Tables {
        let heads = [(Head::System.key(), HeadState::default())].into();
        Tables {
            heads,
            ..Tables::default()
        }
    }

    /// Which row with unique values a write touches, and what that row claims afterwards.
    pub fn claims_after(write: &Write) -> Option<(Holder, Vec<Claim>)> {
        Some(match write {
            Write::Account(account) => (Holder::Account(account.id), Claim::of_account(account)),
            Write::AccountRecord(record) => (
                Holder::AccountRecord(record.account),
                vec![Claim::AccountEmail(record.email.clone())],
            ),
            Write::DomainRecord(record) => (
                Holder::DomainRecord(record.domain),
                vec![Claim::Prefix(record.prefix.clone())],
            ),
            Write::Domain(domain) => (Holder::Domain(domain.id), Claim::of_domain(domain)),
            Write::User(user) => (Holder::User(user.domain, user.id), Claim::of_user(user)),
            Write::RemoveUser(domain, user) => (Holder::User(*domain, *user), vec![]),
            Write::Person(person) => (
                Holder::Person(person.domain, person.user),
                Claim::of_person(person),
            ),
            Write::RemovePerson(domain, user) => (Holder::Person(*domain, *user), vec![]),
            Write::Token(token) => (
                Holder::Token(token.account, token.id),
                vec![Claim::Token(token.digest)],
            ),
            Write::RemoveToken(account, token) => (Holder::Token(*account, *token), vec![]),
            Write::Session(row) => (
                Holder::Session(row.session.domain, row.session.id),
                Claim::of_session(&AnySession::Live(row.clone())),
            ),
            Write::EndedSession(ended, _) => (Holder::Session(ended.domain, ended.id), vec![]),
            Write::Link(link, record) => (
                Holder::Link(link.domain, link.id),
                vec![Claim::LinkToken(record.token)],
            ),
            Write::Contact(contact) => (
                Holder::Contact(contact.domain, contact.user, contact.contact),
                Claim::of_contact(contact),
            ),
            Write::RemoveContact(domain, user, contact) => {
                (Holder::Contact(*domain, *user, *contact), vec![])
            }
            _ => return None,
        })
    }

    /// What a row claims now.
    fn claims_now(&self, holder: Holder) -> Vec<Claim> {
        match holder {
            Holder::Account(id) => self.accounts.get(&id).map(Claim::of_account),
            Holder::AccountRecord(id) => (self.account_records.get(&id))
                .map(|record| vec![Claim::AccountEmail(record.email.clone())]),
            Holder::DomainRecord(id) => (self.domain_records.get(&id))
                .map(|record| vec![Claim::Prefix(record.prefix.clone())]),
            Holder::Domain(id) => self.domains.get(&id).map(Claim::of_domain),
            Holder::User(domain, id) => self.users.get(&(domain, id)).map(Claim::of_user),
            Holder::Person(domain, id) => self.people.get(&(domain, id)).map(Claim::of_person),
            Holder::Token(account, id) => {
                (self.tokens.get(&(account, id))).map(|token| vec![Claim::Token(token.digest)])
            }
            Holder::Session(domain, id) => self.sessions.get(&(domain, id)).map(Claim::of_session),
            Holder::Link(domain, id) => (self.links.get(&(domain, id)))
                .map(|(_, record)| vec![Claim::LinkToken(record.token)]),
            Holder::Contact(domain, user, id) => {
                (self.contacts.get(&(domain, user, id))).map(Claim::of_contact)
            }
        }
        .unwrap_or_default()
    }

    /// What the rows of a unit claim now, and what they would afterwards.
    pub fn claims_around(&self, unit: &Unit) -> BTreeSet<Claim> {
        let rows = unit.writes.iter().filter_map(Self::claims_after);
        rows.flat_map(|(holder, after)| self.claims_now(holder).into_iter().chain(after))
            .collect()
    }

    /// Takes back what the row of this write claims now.
    pub fn release(&mut self, write: &Write) {
        if let Some((holder, _)) = Self::claims_after(write) {
            self.give_up(holder);
        }
    }

    /// Takes back what a row claims now.
    pub fn give_up(&mut self, holder: Holder) {
        for claim in self.claims_now(holder) {
            self.unique.remove(&claim);
        }
    }

    /// Writes or removes the row.
    pub fn put(&mut self, write: &Write) {
        if let Some((holder, claims)) = Self::claims_after(write) {
            self.unique
                .extend(claims.into_iter().map(|claim| (claim, holder)));
        }
        if self.put_at_desk(write) {
            return;
        }
        match write.clone() {
            Write::Account(a) => drop(self.accounts.insert(a.id, a)),
            Write::AccountRecord(r) => drop(self.account_records.insert(r.account, r)),
            Write::Domain(d) => drop(self.domains.insert(d.id, d)),
            Write::Seats(d) => drop(self.seats.insert(d.id, d)),
            Write::DomainRecord(r) => drop(self.domain_records.insert(r.domain, r)),
            Write::User(u) => drop(self.users.insert((u.domain, u.id), u)),
            Write::RemoveUser(domain, user) => drop(self.users.remove(&(domain, user))),
            Write::Person(p) => drop(self.people.insert((p.domain, p.user), p)),
            Write::RemovePerson(domain, user) => drop(self.people.remove(&(domain, user))),
            Write::Token(t) => drop(self.tokens.insert((t.account, t.id), t)),
            Write::RemoveToken(account, token) => drop(self.tokens.remove(&(account, token))),
            Write::Remembered(r) => drop(self.remembered.insert((r.head, r.key), r)),
            Write::Mail(m) => drop(self.mail.insert(m.id, m)),
            Write::Attempts(mut a) => {
                a.version += 1;
                self.attempts.insert(a.key, a);
            }
            Write::PriceBook(b) => drop(self.price_books.insert(b.version, b)),
            Write::SigningKey(k) => drop(self.signing_keys.insert(k.kid.clone(), k)),
            Write::RemoveSigningKey(kid) => drop(self.signing_keys.remove(&kid)),
            _ => {}
        }
    }

    /// A domain with its seats; none while one of its rows is missing.
    pub fn domain(&self, id: DomainId) -> Option<Domain> {
        let seats = self.seats.get(&id)?;
        Some(Domain {
            seats: seats.seats,
            users: seats.users,
            pools: seats.pools,
            teams: seats.teams,
            ..*self.domains.get(&id)?
        })
    }

    /// Whose row has this unique value.
    pub fn holder(&self, claim: &Claim) -> Option<Holder> {
        self.unique.get(claim).copied()
    }

    /// The users of one domain, in the order of their ids.
    pub fn users_of(&self, domain: DomainId) -> impl Iterator<Item = &User> {
        let first = (domain, UserId::from_bytes([0; 16]));
        let last = (domain, UserId::from_bytes([255; 16]));
        self.users.range(first..=last).map(|(_, user)| user)
    }
}
