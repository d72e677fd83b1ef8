//! The world that a decision sees: the part of the state that was loaded for it, at one
//! moment. Not the whole state: what is absent was not asked for.
//!
//! [`World::apply`] is the one place where events become state.

use std::collections::{BTreeMap, BTreeSet};

use crate::accounts::{Account, Place};
use crate::calls::EndedCall;
use crate::domains::Domain;
use crate::event::{Entry, Event};
use crate::ids::{
    AccountId, CallId, ContactId, DomainId, Head, LinkId, PoolId, SessionId, TeamId, UserId,
};
use crate::links::CallLink;
use crate::pools::Pool;
use crate::prices::PriceBook;
use crate::refusal::Refusal;
use crate::seats::Seats;
use crate::sessions::{EndedSession, Session};
use crate::settings::Settings;
use crate::standing::Record;
use crate::teams::Team;
use crate::tiers::Tier;
use crate::time::Time;
use crate::users::{User, UserState};
use crate::waiting::Waiting;

/// A domain on a line of ancestors, with what is recorded of its standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Which domain.
    pub domain: DomainId,
    /// What is recorded.
    pub record: Record,
}

/// The loaded part of the state.
///
/// A domain in `domains` comes with its owner in `accounts`, the owner's seat above in
/// `users`, and its line in `lineages`: without these its standing can't be told.
///
/// Whatever is in a pool (a user, a session, who waits) comes with the pool, whose counts
/// it moves. A pool comes with the first of its waiting list; a user for whom something is
/// decided with own sessions, place in a waiting list, valid call links and teams.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct World {
    /// The time of the decision.
    pub now: Time,
    /// The operator's settings.
    pub settings: Settings,
    /// Accounts.
    pub accounts: BTreeMap<AccountId, Account>,
    /// Domains, with their seats.
    pub domains: BTreeMap<DomainId, Domain>,
    /// Lines of ancestors, the root first, the domain itself last.
    pub lineages: BTreeMap<DomainId, Vec<Link>>,
    /// Domain users.
    pub users: BTreeMap<(DomainId, UserId), User>,
    /// Seat pools.
    pub pools: BTreeMap<(DomainId, PoolId), Pool>,
    /// Live sessions.
    pub sessions: BTreeMap<(DomainId, SessionId), Session>,
    /// Sessions that are over.
    pub ended_sessions: BTreeMap<(DomainId, SessionId), EndedSession>,
    /// Calls that are over; those in progress stand in their sessions.
    pub ended_calls: BTreeMap<(DomainId, CallId), EndedCall>,
    /// Call links.
    pub links: BTreeMap<(DomainId, LinkId), CallLink>,
    /// Who waits for a seat, or has one offered.
    pub waiting: BTreeMap<(DomainId, UserId), Waiting>,
    /// The place up to which a pool's waiting list was loaded, where not all of it was
    /// (those with a reservation apart: they come first).
    pub waiting_loaded_to: BTreeMap<(DomainId, PoolId), u64>,
    /// Teams.
    pub teams: BTreeMap<(DomainId, TeamId), Team>,
    /// Who is in which team.
    pub members: BTreeSet<(DomainId, TeamId, UserId)>,
    /// The contacts that users added.
    pub contacts: BTreeSet<(DomainId, UserId, ContactId)>,
    /// The price books, by version.
    pub price_books: BTreeMap<u32, PriceBook>,
}

impl World {
    /// The account.
    ///
    /// # Errors
    /// [`Refusal::NotFound`].
    pub fn account(&self, id: AccountId) -> Result<&Account, Refusal> {
        self.accounts.get(&id).ok_or(Refusal::not_found("account"))
    }

    /// The domain; a closed one is no longer there.
    ///
    /// # Errors
    /// [`Refusal::NotFound`].
    pub fn domain(&self, id: DomainId) -> Result<&Domain, Refusal> {
        self.domains
            .get(&id)
            .filter(|domain| !domain.closed)
            .ok_or(Refusal::not_found("domain"))
    }

    /// The user of this domain.
    ///
    /// # Errors
    /// [`Refusal::NotFound`].
    pub fn user(&self, domain: DomainId, id: UserId) -> Result<&User, Refusal> {
        self.users
            .get(&(domain, id))
            .ok_or(Refusal::not_found("user"))
    }

    /// The price book that is valid now.
    ///
    /// # Errors
    /// [`Refusal::WrongState`] while the operator has set none.
    pub fn price_book(&self) -> Result<&PriceBook, Refusal> {
        self.price_books
            .values()
            .rev()
            .find(|book| book.from <= self.now)
            .ok_or(Refusal::WrongState {
                why: "the operator has set no prices yet",
            })
    }

    /// Its version; zero while there is none.
    #[must_use]
    pub fn price_book_version(&self) -> u32 {
        self.price_book().map_or(0, |book| book.version)
    }

    /// Whether `domain` is `other` or stands below it.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when its line was not loaded.
    pub fn is_within(&self, domain: DomainId, other: DomainId) -> Result<bool, Refusal> {
        self.lineages
            .get(&domain)
            .map(|line| line.iter().any(|link| link.domain == other))
            .ok_or(Refusal::not_found("domain"))
    }

    /// A journal entry of now.
    #[must_use]
    pub fn entry(&self, head: Head, event: Event) -> Entry {
        Entry::now(head, event, self.now)
    }

    /// The seats of a domain, to compare before and after.
    #[must_use]
    pub fn seats(&self, id: DomainId) -> Option<Seats> {
        self.domains.get(&id).map(|domain| domain.seats)
    }

    /// Makes what happened part of the state. Pure; the only way in which state changes.
    /// An event about something that is not in this world changes nothing here.
    pub fn apply(&mut self, entry: &Entry) {
        match entry.head {
            Head::Domain(id) => self.apply_to_domain(id, entry.at, &entry.event),
            Head::Account(id) => self.apply_to_account(id, &entry.event),
            // Price books and keys are records: the decision itself carries them.
            Head::System => {}
        }
    }

    fn apply_to_account(&mut self, id: AccountId, event: &Event) {
        if let Event::AccountMade { operator } = event {
            let account = Account {
                operator: *operator,
                ..Account::new(id)
            };
            self.accounts.insert(id, account);
            return;
        }
        let Some(account) = self.accounts.get_mut(&id) else {
            return;
        };
        match *event {
            Event::PlanChanged { to, .. } => account.place = Place::Unmanaged { plan: to },
            Event::IdentityChanged { to, .. } => account.identity = to,
            Event::Joined { domain, user } => account.place = Place::Managed { domain, user },
            Event::Left { .. } => account.place = Place::Unmanaged { plan: Tier::Base },
            Event::OwnsChanged { to, .. } => account.owns = to,
            _ => {}
        }
    }

    fn apply_to_domain(&mut self, id: DomainId, at: Time, event: &Event) {
        if let Event::DomainOpened {
            owner,
            parent,
            root,
        } = *event
        {
            self.open(id, owner, parent, root);
            return;
        }
        self.apply_to_desk(id, at, event);
        if let Some(user) = event.user() {
            self.apply_to_user(id, user, event);
            return;
        }
        self.apply_to_order(id, event);
        let Some(domain) = self.domains.get_mut(&id) else {
            return;
        };
        match *event {
            Event::BillingActivated { billing } => domain.billing = Some(billing),
            Event::OwnerChanged { to, parent, .. } => {
                domain.owner = to;
                domain.parent = parent;
            }
            Event::ParentChanged { to, .. } => {
                domain.parent = Some(to);
                self.hang(id, to.0);
            }
            Event::DomainClosed => domain.closed = true,
            Event::PrerequisitesMet => {
                domain.standing.first_met.get_or_insert(at);
                if let Some(from) = domain.standing.lapsed_at.take() {
                    domain.standing.last_lapse = Some((from, at));
                }
            }
            Event::PrerequisiteLost { at, .. } => domain.standing.lapsed_at = Some(at),
            Event::StandingNoted { to, until, .. } => {
                domain.standing.noted = to;
                domain.standing.noted_until = until;
            }
            _ => {}
        }
        self.copy_record(id);
    }

    /// What happens at the front desk: pools, sessions, calls, links, waiting lists, teams,
    /// contacts.
    fn apply_to_desk(&mut self, id: DomainId, at: Time, event: &Event) {
        self.apply_to_pool(id, at, event);
        self.apply_to_waiting(id, at, event);
        self.apply_to_session(id, at, event);
        self.apply_to_call(id, at, event);
        self.apply_to_link(id, at, event);
        self.apply_to_team(id, event);
        self.apply_to_contacts(id, event);
    }

    fn open(
        &mut self,
        id: DomainId,
        owner: AccountId,
        parent: Option<(DomainId, UserId)>,
        root: DomainId,
    ) {
        let domain = Domain {
            id,
            owner,
            parent,
            root,
            billing: None,
            standing: Record::default(),
            closed: false,
            seats: Seats::default(),
            users: 0,
            pools: 0,
            teams: 0,
        };
        self.domains.insert(id, domain);
        match parent {
            Some((above, _)) => self.hang(id, above),
            None => {
                let record = domain.standing;
                self.lineages.insert(id, vec![Link { domain: id, record }]);
            }
        }
    }

    /// Puts a domain's line below that of another, and with it every line that runs
    /// through the domain: what stands below it comes along.
    fn hang(&mut self, id: DomainId, above: DomainId) {
        let (Some(line), Some(domain)) = (self.lineages.get(&above), self.domains.get(&id)) else {
            return;
        };
        let mut line = line.clone();
        line.push(Link {
            domain: id,
            record: domain.standing,
        });
        for below in self.lineages.values_mut() {
            if let Some(at) = below.iter().position(|link| link.domain == id) {
                below.splice(..=at, line.iter().copied());
            }
        }
        self.lineages.insert(id, line);
    }

    /// Keeps every line that runs through a domain in step with its record.
    fn copy_record(&mut self, id: DomainId) {
        let Some(record) = self.domains.get(&id).map(|domain| domain.standing) else {
            return;
        };
        for link in self.lineages.values_mut().flatten() {
            if link.domain == id {
                link.record = record;
            }
        }
    }

    fn apply_to_order(&mut self, id: DomainId, event: &Event) {
        let Some(domain) = self.domains.get_mut(&id) else {
            return;
        };
        match *event {
            Event::OrderChanged { kind, to, .. } => domain.seats.get_mut(kind).ordered = to,
            Event::DecreaseDone { kind, to, .. } => {
                let seat = domain.seats.get_mut(kind);
                seat.ordered = to;
                seat.scheduled = None;
            }
            Event::DecreaseScheduled { kind, scheduled } => {
                domain.seats.get_mut(kind).scheduled = Some(scheduled);
            }
            Event::ScheduleCancelled { kind } => domain.seats.get_mut(kind).scheduled = None,
            _ => {}
        }
    }

    fn apply_to_user(&mut self, domain: DomainId, id: UserId, event: &Event) {
        let before = self.users.get(&(domain, id)).copied();
        let after = match (before, event) {
            (
                _,
                Event::UserInvited {
                    start, expires_at, ..
                },
            ) => {
                let state = UserState::Invited {
                    expires_at: *expires_at,
                };
                Some(User::start(domain, id, state, *start))
            }
            (_, Event::UserAdded { account, start, .. }) => {
                let state = UserState::Active { account: *account };
                Some(User::start(domain, id, state, *start))
            }
            (
                _,
                Event::UserMovedIn {
                    account,
                    start,
                    owns,
                    ..
                },
            ) => {
                let state = UserState::Active { account: *account };
                let user = User::start(domain, id, state, *start);
                Some(User {
                    owns: *owns,
                    ..user
                })
            }
            (_, Event::UserRemoved { .. } | Event::UserMovedOut { .. }) => None,
            (Some(user), event) => Some(changed(user, event)),
            (None, _) => return,
        };
        self.put_user(domain, id, before, after);
    }
}

/// The user after something happened to it.
fn changed(mut user: User, event: &Event) -> User {
    match *event {
        Event::InvitationResent { expires_at, .. } => {
            user.state = UserState::Invited { expires_at }
        }
        Event::InvitationAccepted { account, .. } => user.state = UserState::Active { account },
        Event::InvitationDeclined { .. } => user.state = UserState::Declined,
        Event::InvitationExpired { .. } => user.state = UserState::Expired,
        Event::LicenseChanged { to, .. } => {
            user.license = to;
            // It was a seat of the pool that is left.
            user.reserved = false;
        }
        Event::ReservationChanged { to, .. } => user.reserved = to,
        Event::FeaturesOffChanged { to, .. } => user.features_off = to,
        Event::RoleChanged { to, .. } => user.role = to,
        Event::PermissionsChanged { to, .. } => user.permissions = to,
        Event::SubDomainChanged { to, .. } => user.owns = to,
        Event::UserSuspended { .. } => {
            if let Some(account) = user.state.account() {
                user.state = UserState::Suspended { account };
            }
        }
        Event::UserRestored { .. } => {
            if let Some(account) = user.state.account() {
                user.state = UserState::Active { account };
            }
        }
        _ => {}
    }
    user
}

impl Event {
    /// The domain user whose row it changed, if it is such an event.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        match *self {
            Event::UserInvited { user, .. }
            | Event::InvitationResent { user, .. }
            | Event::InvitationAccepted { user, .. }
            | Event::InvitationDeclined { user }
            | Event::InvitationExpired { user }
            | Event::UserAdded { user, .. }
            | Event::LicenseChanged { user, .. }
            | Event::FeaturesOffChanged { user, .. }
            | Event::RoleChanged { user, .. }
            | Event::PermissionsChanged { user, .. }
            | Event::UserDetailsChanged { user }
            | Event::UserSuspended { user }
            | Event::UserRestored { user }
            | Event::UserRemoved { user }
            | Event::UserMovedOut { user, .. }
            | Event::UserMovedIn { user, .. }
            | Event::ReservationChanged { user, .. }
            | Event::SubDomainChanged { user, .. } => Some(user),
            _ => None,
        }
    }
}
