//! Domain users: invited, added, changed, suspended, restored, removed (sections A, D).
//!
//! Whether the caller may do it is the app's question; whether it can be done is answered
//! here.

use crate::accounts::{Account, Place};
use crate::event::{Entry, Event, Start};
use crate::ids::{AccountId, DomainId, Head, UserId};
use crate::refusal::Refusal;
use crate::roles::{Permissions, Role};
use crate::seats::Quantities;
use crate::sessions::{self, EndReason};
use crate::tiers::{Entitlements, Features, Presence, Tier};
use crate::time::Time;
use crate::world::World;
use crate::{links, waiting};

mod license;

pub use license::{License, set_license};

/// A user's state; each holds just what it knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserState {
    /// Invited; holds its seats (rule A2).
    Invited {
        /// Until when the invitation can be accepted.
        expires_at: Time,
    },
    /// The invitation's time has passed; holds no seat.
    Expired,
    /// The invitation was declined; holds no seat.
    Declined,
    /// Joined.
    Active {
        /// The person.
        account: AccountId,
    },
    /// Can do nothing, holds no seat, keeps its data (rule A7).
    Suspended {
        /// The person.
        account: AccountId,
    },
}

impl UserState {
    /// The word for it in API, journal and store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            UserState::Invited { .. } => "invited",
            UserState::Expired => "expired",
            UserState::Declined => "declined",
            UserState::Active { .. } => "active",
            UserState::Suspended { .. } => "suspended",
        }
    }

    /// The person behind it, once joined.
    #[must_use]
    pub fn account(self) -> Option<AccountId> {
        match self {
            UserState::Active { account } | UserState::Suspended { account } => Some(account),
            _ => None,
        }
    }

    /// Whether it counts among a domain's users: invited, active or suspended.
    #[must_use]
    pub fn counts(self) -> bool {
        !matches!(self, UserState::Expired | UserState::Declined)
    }
}

/// An account managed by a domain, or an invitation to become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct User {
    /// Of this domain.
    pub domain: DomainId,
    /// The user's id; stays the same when the user moves.
    pub id: UserId,
    /// Invited, active, …
    pub state: UserState,
    /// License model and tier.
    pub license: License,
    /// Role in the domain.
    pub role: Role,
    /// Permissions over the own account.
    pub permissions: Permissions,
    /// What admins switched off.
    pub features_off: Features,
    /// The sub-domain that this user owns.
    pub owns: Option<DomainId>,
    /// Whether a seat of the pool is reserved for this user (rule E13).
    pub reserved: bool,
}

impl User {
    /// A user who starts now.
    #[must_use]
    pub fn start(domain: DomainId, id: UserId, state: UserState, start: Start) -> User {
        User {
            domain,
            id,
            state,
            license: start.license,
            role: start.role,
            permissions: start.permissions,
            features_off: start.features_off,
            owns: None,
            reserved: false,
        }
    }

    /// The seats in use by this user now: invited and active users hold theirs, all
    /// others none (rules A2, A7).
    #[must_use]
    pub fn seats(&self) -> Quantities {
        if self.holds_seats() {
            self.license.seats()
        } else {
            Quantities::default()
        }
    }

    /// Whether it holds the seats of its license now (rules A2, A7).
    #[must_use]
    pub fn holds_seats(&self) -> bool {
        matches!(
            self.state,
            UserState::Invited { .. } | UserState::Active { .. }
        )
    }
}

impl World {
    /// The tier that a user was assigned: that of the own seat, or of the pool (rule E12).
    #[must_use]
    pub fn tier_of(&self, user: &User) -> Tier {
        match user.license {
            License::Named { tier } => tier,
            License::Shared { pool } => self
                .pools
                .get(&(user.domain, pool))
                .map_or(Tier::Base, |pool| pool.settings.tier),
        }
    }

    /// What a user may do now, and why not the rest (rules B1, E12). Needs the domain's
    /// line, the user and, of a shared one, the pool and the own sessions; settled or not.
    ///
    /// # Errors
    /// [`Refusal::NotFound`].
    pub fn entitlements(&self, domain: DomainId, id: UserId) -> Result<Entitlements, Refusal> {
        let user = self.user(domain, id)?;
        let (state, _) = self.state_of(domain)?;
        let seated = match user.license {
            License::Named { .. } => true,
            License::Shared { pool } => {
                let pool = self.pools.get(&(domain, pool));
                let mut own = self.sessions_of(domain, id);
                own.any(|session| !session.is_over(pool, self.now))
            }
        };
        let presence = match user.state {
            UserState::Active { .. } if seated => Presence::Joined,
            UserState::Active { .. } => Presence::NotLoggedIn,
            UserState::Suspended { .. } => Presence::Suspended,
            _ => Presence::NotJoined,
        };
        let tier = self.tier_of(user);
        Ok(Entitlements::of_user(
            tier,
            user.features_off,
            presence,
            state,
        ))
    }
}

/// Invites someone: takes the seats at once (rules A2, D1), or a place in a pool.
///
/// # Errors
/// [`Refusal::NotInStanding`], [`Refusal::NoSeatAvailable`], [`Refusal::NotFound`] for the
/// pool.
pub fn invite(
    world: &World,
    domain: DomainId,
    user: UserId,
    start: Start,
) -> Result<Vec<Entry>, Refusal> {
    may_grow(world, domain, &start.license)?;
    let expires_at = world.now.plus_seconds(world.settings.invitation_seconds);
    Ok(vec![in_domain(
        world,
        domain,
        Event::UserInvited {
            user,
            start,
            expires_at,
        },
    )])
}

/// Adds someone directly, with an account made for the purpose (rule D2).
///
/// # Errors
/// [`Refusal::NotInStanding`], [`Refusal::NoSeatAvailable`].
pub fn add(
    world: &World,
    domain: DomainId,
    user: UserId,
    account: AccountId,
    start: Start,
) -> Result<Vec<Entry>, Refusal> {
    may_grow(world, domain, &start.license)?;
    Ok(vec![
        world.entry(
            Head::Account(account),
            Event::AccountMade { operator: false },
        ),
        world.entry(Head::Account(account), Event::Joined { domain, user }),
        in_domain(
            world,
            domain,
            Event::UserAdded {
                user,
                account,
                start,
            },
        ),
    ])
}

fn may_grow(world: &World, domain: DomainId, license: &License) -> Result<(), Refusal> {
    world.require_standing(domain)?;
    if let License::Shared { pool } = license {
        world.pool(domain, *pool)?;
    }
    world.domain(domain)?.seats.take(&license.seats())
}

/// Sends an invitation again. A pending one gets new time; one that expired or was
/// declined takes its seats anew (rule A2), which needs standing.
///
/// # Errors
/// [`Refusal::WrongState`] for one who joined, [`Refusal::NotInStanding`],
/// [`Refusal::NoSeatAvailable`].
pub fn resend(world: &World, domain: DomainId, id: UserId) -> Result<Vec<Entry>, Refusal> {
    let user = world.user(domain, id)?;
    match user.state {
        UserState::Invited { .. } => {}
        UserState::Expired | UserState::Declined => may_grow(world, domain, &user.license)?,
        UserState::Active { .. } | UserState::Suspended { .. } => {
            return Err(Refusal::WrongState {
                why: "the user has joined already",
            });
        }
    }
    let expires_at = world.now.plus_seconds(world.settings.invitation_seconds);
    Ok(vec![in_domain(
        world,
        domain,
        Event::InvitationResent {
            user: id,
            expires_at,
        },
    )])
}

/// Accepts an invitation with an account that is in this world: a new one, or an
/// unmanaged one that owns no domain; its own plan ends (rule D1). Needs no standing
/// (rule C5).
///
/// # Errors
/// [`Refusal::WrongState`] when it is not pending or the account is managed,
/// [`Refusal::OwnsADomain`].
pub fn accept(
    world: &World,
    domain: DomainId,
    id: UserId,
    account: &Account,
) -> Result<Vec<Entry>, Refusal> {
    pending(world, domain, id)?;
    if account.owns.is_some() {
        return Err(Refusal::OwnsADomain);
    }
    if let Place::Managed { .. } = account.place {
        return Err(Refusal::WrongState {
            why: "the account is managed by a domain already",
        });
    }
    Ok(vec![
        in_domain(
            world,
            domain,
            Event::InvitationAccepted {
                user: id,
                account: account.id,
            },
        ),
        world.entry(
            Head::Account(account.id),
            Event::Joined { domain, user: id },
        ),
    ])
}

/// Declines an invitation: its seats are free.
///
/// # Errors
/// [`Refusal::WrongState`] when it is not pending.
pub fn decline(world: &World, domain: DomainId, id: UserId) -> Result<Vec<Entry>, Refusal> {
    pending(world, domain, id)?;
    Ok(vec![in_domain(
        world,
        domain,
        Event::InvitationDeclined { user: id },
    )])
}

fn pending(world: &World, domain: DomainId, id: UserId) -> Result<(), Refusal> {
    match world.user(domain, id)?.state {
        UserState::Invited { expires_at } if world.now < expires_at => Ok(()),
        _ => Err(Refusal::WrongState {
            why: "the invitation is no longer open",
        }),
    }
}

/// What an admin can change about a user without touching seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Change {
    /// Another role.
    pub role: Option<Role>,
    /// Other permissions.
    pub permissions: Option<Permissions>,
    /// Other features switched off.
    pub features_off: Option<Features>,
}

/// Changes role, permissions and what is switched off; takes effect on the next request
/// (rules B2, D3). What stays the same is not written.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn change(
    world: &World,
    domain: DomainId,
    id: UserId,
    change: Change,
) -> Result<Vec<Entry>, Refusal> {
    let user = world.user(domain, id)?;
    let mut events = Vec::new();
    if let Some(to) = change.role.filter(|to| *to != user.role) {
        let from = user.role;
        events.push(Event::RoleChanged { user: id, from, to });
    }
    if let Some(to) = change.permissions.filter(|to| *to != user.permissions) {
        let from = user.permissions;
        events.push(Event::PermissionsChanged { user: id, from, to });
    }
    if let Some(to) = change.features_off.filter(|to| *to != user.features_off) {
        let from = user.features_off;
        events.push(Event::FeaturesOffChanged { user: id, from, to });
    }
    Ok(events
        .into_iter()
        .map(|event| in_domain(world, domain, event))
        .collect())
}

/// Suspends a user: frees every seat it used in the same step (rule A7), that of a session
/// included. Its call links stay: a guest finds the user logged off. `by` is who asks.
///
/// # Errors
/// [`Refusal::WrongState`] for one who has not joined.
pub fn suspend(
    world: &World,
    domain: DomainId,
    id: UserId,
    by: Option<AccountId>,
) -> Result<Vec<Entry>, Refusal> {
    match world.user(domain, id)?.state {
        UserState::Active { .. } => {
            let mut entries = sessions::end_all(world, domain, id, EndReason::Suspended, by);
            entries.extend(waiting::leave(world, domain, id));
            entries.push(in_domain(world, domain, Event::UserSuspended { user: id }));
            Ok(entries)
        }
        UserState::Suspended { .. } => Ok(vec![]),
        _ => Err(Refusal::WrongState {
            why: "the user has not joined",
        }),
    }
}

/// Restores a suspended user, who takes seats anew (rule A7).
///
/// # Errors
/// [`Refusal::NotInStanding`], [`Refusal::NoSeatAvailable`], [`Refusal::WrongState`].
pub fn restore(world: &World, domain: DomainId, id: UserId) -> Result<Vec<Entry>, Refusal> {
    let user = world.user(domain, id)?;
    match user.state {
        UserState::Suspended { .. } => {
            may_grow(world, domain, &user.license)?;
            Ok(vec![in_domain(
                world,
                domain,
                Event::UserRestored { user: id },
            )])
        }
        UserState::Active { .. } => Ok(vec![]),
        _ => Err(Refusal::WrongState {
            why: "the user has not joined",
        }),
    }
}

/// Removes a user, or cancels an invitation: every seat is free, that of a session
/// included, the call links are revoked, the account becomes a Personal one (rules A7, C7).
/// `by` is who asks.
///
/// # Errors
/// [`Refusal::OwnsADomain`].
pub fn remove(
    world: &World,
    domain: DomainId,
    id: UserId,
    by: Option<AccountId>,
) -> Result<Vec<Entry>, Refusal> {
    let user = world.user(domain, id)?;
    if user.owns.is_some() {
        return Err(Refusal::OwnsADomain);
    }
    let mut entries = leave(world, domain, id, EndReason::Removed, by);
    entries.push(in_domain(world, domain, Event::UserRemoved { user: id }));
    if let Some(account) = user.state.account() {
        entries.push(world.entry(Head::Account(account), Event::Left { domain, user: id }));
    }
    Ok(entries)
}

/// What ends when a user leaves a domain: sessions, the place in a waiting list, call links.
pub(crate) fn leave(
    world: &World,
    domain: DomainId,
    id: UserId,
    reason: EndReason,
    by: Option<AccountId>,
) -> Vec<Entry> {
    let mut entries = sessions::end_all(world, domain, id, reason, by);
    entries.extend(waiting::leave(world, domain, id));
    entries.extend(links::revoke_all(world, domain, id));
    entries
}

pub(crate) fn in_domain(world: &World, domain: DomainId, event: Event) -> Entry {
    world.entry(Head::Domain(domain), event)
}
