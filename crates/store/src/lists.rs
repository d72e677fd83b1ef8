//! What lists and reports ask for and give. The SQL behind them is in
//! [`crate::queries::lists`].

use std::sync::Arc;

use usher_rules::accounts::Identity;
use usher_rules::domains::Domain;
use usher_rules::links::CallLink;
use usher_rules::pools::Pool;
use usher_rules::roles::Role;
use usher_rules::seats::Quantities;
use usher_rules::sessions::Session;
use usher_rules::tiers::Tier;
use usher_rules::users::User;
use usher_rules::waiting::Waiting;
use usher_rules::{AccountId, ContactId, Event, PoolId, TeamId, Time, UserId};
use uuid::Uuid;

use crate::records::{DomainRecord, LinkRecord, Person, PoolRecord, SessionRecord, TeamRecord};

/// By what a list of users is sorted. Ties go by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// The order of their making.
    #[default]
    Created,
    /// E-mail address, by byte.
    Email,
    /// Name in lower case, by byte.
    Name,
}

/// Where a page begins: after this row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct After {
    /// The last row's sort key: the e-mail, the lower-case name, or empty.
    pub key: String,
    /// The last row's id.
    pub id: Uuid,
}

/// Which users, in which order, how many.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// E-mail, name or external id begins with this, in lower case.
    pub search: Option<String>,
    /// Of this license model, by its word.
    pub model: Option<&'static str>,
    /// On this tier, by the own seat or the pool.
    pub tier: Option<Tier>,
    /// In this pool.
    pub pool: Option<PoolId>,
    /// In this team.
    pub team: Option<TeamId>,
    /// In this state, by its word.
    pub state: Option<&'static str>,
    /// In this role.
    pub role: Option<Role>,
    /// The order.
    pub sort: Sort,
    /// The row before the page.
    pub after: Option<After>,
    /// At most so many.
    pub limit: u32,
}

/// Some rows, and whether there are more.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Whether another page follows.
    pub more: bool,
}

/// A domain user with its personal record.
#[derive(Debug, Clone, PartialEq)]
pub struct UserLine {
    /// The user.
    pub user: User,
    /// What it is called.
    pub person: Arc<Person>,
    /// What it sits on: its own seat's tier, or its pool's.
    pub tier: Tier,
}

/// A seat pool with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolLine {
    /// The pool, with its counts.
    pub pool: Pool,
    /// What it is called.
    pub record: PoolRecord,
}

/// A live session with whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionLine {
    /// The session, with its call.
    pub session: Session,
    /// Its device.
    pub record: SessionRecord,
    /// What the person is called.
    pub name: String,
}

/// Who waits for a seat, or has one offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingLine {
    /// The place.
    pub waiting: Waiting,
    /// What the person is called.
    pub name: String,
}

/// A call link with whom it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkLine {
    /// The link.
    pub link: CallLink,
    /// The guest.
    pub record: LinkRecord,
}

/// A team with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamLine {
    /// What it is called.
    pub record: TeamRecord,
    /// How many are in it.
    pub members: u64,
}

/// Someone in a user's contact list: added by the user, or seen because of a team, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactLine {
    /// By which id the user added it.
    pub contact: Option<ContactId>,
    /// Which active user of the domain it is.
    pub user: Option<UserId>,
    /// What the person is called; by the user itself, where it is nobody of the domain.
    pub name: String,
    /// The person's address.
    pub email: String,
}

impl ContactLine {
    /// Its place in the order of the list.
    #[must_use]
    pub fn place(&self) -> After {
        let added = self.contact.map(|contact| contact.0);
        After {
            key: self.name.to_lowercase(),
            id: self.user.map(|user| user.0).or(added).unwrap_or_default(),
        }
    }
}

/// A domain with its name.
#[derive(Debug, Clone, PartialEq)]
pub struct DomainLine {
    /// The domain.
    pub domain: Domain,
    /// What it is called.
    pub record: DomainRecord,
}

/// A verification that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerificationLine {
    /// Whose.
    pub account: AccountId,
    /// Its state.
    pub identity: Identity,
    /// The person's name.
    pub name: String,
    /// The person's address.
    pub email: String,
}

/// A line of a journal, as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventLine {
    /// Its number in this journal.
    pub seq: u64,
    /// When it took effect.
    pub at: Time,
    /// When it was decided.
    pub recorded_at: Time,
    /// Who asked.
    pub actor: Option<AccountId>,
    /// The request that caused it.
    pub request: Uuid,
    /// What happened.
    pub event: Event,
}

/// Sums over the domains below one (rule C4): numbers, never people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Domains.
    pub domains: u64,
    /// Their users.
    pub users: u64,
    /// Seats ordered, per kind.
    pub ordered: usher_rules::seats::PerKind<u64>,
    /// Seats in use, per kind.
    pub in_use: usher_rules::seats::PerKind<u64>,
}

/// A count that is not what its rows say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// In which domain (or account).
    pub of: Uuid,
    /// Of what.
    pub what: String,
    /// What is recorded.
    pub recorded: i64,
    /// What the rows say.
    pub counted: i64,
}

/// Quantities per kind recounted from users' rows.
pub type Recount = Quantities;
