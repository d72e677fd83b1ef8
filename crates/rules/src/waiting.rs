//! Waiting lists (rule E13): first come, first served; an offered seat is held for a while
//! and counts as occupied. Who has a reservation comes before those who have none.

use crate::event::{Entry, Event};
use crate::ids::{DomainId, Head, PoolId, UserId};
use crate::refusal::Refusal;
use crate::standing::State;
use crate::time::Time;
use crate::users::{License, UserState, in_domain};
use crate::world::World;

/// A user who waits for a seat, or for whom one is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// Of which domain.
    pub domain: DomainId,
    /// Who. In at most one pool, so at most once.
    pub user: UserId,
    /// For a seat of which pool.
    pub pool: PoolId,
    /// Who has the lower place was first.
    pub place: u64,
    /// Since when.
    pub since: Time,
    /// Whether a seat is reserved for the user; as its row says.
    pub reserved: bool,
    /// Until when a seat is held, once one is.
    pub offered_until: Option<Time>,
}

/// A user of a pool waits for a seat (rule E13); joining again keeps the place. If one is
/// free, it is offered in the same step.
///
/// # Errors
/// [`Refusal::WrongState`] without a waiting list, for a named user, or one who is logged in;
/// [`Refusal::NotInStanding`] for a frozen domain; [`Refusal::NotAllowed`] for one who is
/// not active.
pub fn join(world: &World, domain: DomainId, id: UserId) -> Result<Vec<Entry>, Refusal> {
    let user = world.user(domain, id)?;
    if !matches!(user.state, UserState::Active { .. }) {
        return Err(Refusal::NotAllowed);
    }
    let why = |why| Err(Refusal::WrongState { why });
    let License::Shared { pool } = user.license else {
        return why("the user has a seat of its own");
    };
    let row = world.pool(domain, pool)?;
    if !row.settings.waiting_list {
        return why("the pool has no waiting list");
    }
    if world.sessions_of(domain, id).next().is_some() {
        return why("the user is logged in");
    }
    may_log_in(world, domain)?;
    if world.waiting.contains_key(&(domain, id)) {
        return Ok(vec![]);
    }
    let joined = Event::WaitingJoined {
        user: id,
        pool,
        place: row.next_place,
    };
    Ok(vec![in_domain(world, domain, joined)])
}

/// The user no longer waits, and gives back the seat that it was offered; nothing when it
/// doesn't wait.
#[must_use]
pub fn leave(world: &World, domain: DomainId, user: UserId) -> Vec<Entry> {
    let row = world.waiting.get(&(domain, user));
    let left = row.map(|row| Event::WaitingLeft {
        user,
        pool: row.pool,
    });
    left.into_iter()
        .map(|event| in_domain(world, domain, event))
        .collect()
}

/// Refuses new log-ins to the pools of a frozen domain (rule C5).
pub(crate) fn may_log_in(world: &World, domain: DomainId) -> Result<(), Refusal> {
    match world.state_of(domain)?.0 {
        State::Frozen => Err(Refusal::NotInStanding {
            missing: world.standing(domain)?.missing,
        }),
        _ => Ok(()),
    }
}

impl World {
    pub(crate) fn apply_to_waiting(&mut self, domain: DomainId, at: Time, event: &Event) {
        match *event {
            Event::WaitingJoined { user, pool, place } => self.wait(domain, user, pool, place, at),
            Event::OfferMade { user, until, .. } => {
                let Some(before) = self.waiting.get(&(domain, user)).copied() else {
                    return;
                };
                let after = Waiting {
                    offered_until: Some(until),
                    ..before
                };
                self.put_waiting(domain, user, Some(before), Some(after));
            }
            // Who logs in takes the offered seat, or had no need to wait.
            Event::WaitingLeft { user, .. }
            | Event::OfferLapsed { user, .. }
            | Event::SessionStarted { user, .. } => {
                if let Some(before) = self.waiting.get(&(domain, user)).copied() {
                    self.put_waiting(domain, user, Some(before), None);
                }
            }
            _ => {}
        }
    }

    fn wait(&mut self, domain: DomainId, user: UserId, pool: PoolId, place: u64, since: Time) {
        let row = self.users.get(&(domain, user));
        let waiting = Waiting {
            domain,
            user,
            pool,
            place,
            since,
            reserved: row.is_some_and(|user| user.reserved),
            offered_until: None,
        };
        if let Some(pool) = self.pools.get_mut(&(domain, pool)) {
            pool.next_place = pool.next_place.max(place + 1);
        }
        self.put_waiting(domain, user, None, Some(waiting));
    }
}

impl World {
    /// Offers the free seats of all pools in this world to those who wait for them. Called
    /// after each decision and after settling, like [`World::follow_standing`] and after it,
    /// so that an offer is made in the commit that freed the seat.
    #[must_use]
    pub fn follow_pools(&mut self) -> Vec<Entry> {
        let owing = self.pools.values().filter(|pool| pool.owes_offers());
        let ids: Vec<(DomainId, PoolId)> = owing.map(|pool| (pool.domain, pool.id)).collect();
        ids.into_iter()
            .flat_map(|(domain, pool)| self.offer_seats(domain, pool, self.now))
            .collect()
    }

    /// Offers a pool's free seats, as of `at`. A frozen domain's pools take no new log-ins,
    /// so they offer nothing (rule C5); nor does a draining one, which has none free.
    pub(crate) fn offer_seats(&mut self, domain: DomainId, id: PoolId, at: Time) -> Vec<Entry> {
        let mut entries = Vec::new();
        let open = self
            .state_at(domain, at)
            .is_ok_and(|(state, _)| state != State::Frozen);
        if !open || self.domain(domain).is_err() {
            return entries;
        }
        let pool = |world: &World| world.pools.get(&(domain, id)).copied();
        if !pool(self).is_some_and(|pool| pool.owes_offers()) {
            return entries;
        }
        for (user, reserved) in self.queue(domain, id) {
            if pool(self).is_none_or(|pool| pool.free(reserved) == 0) {
                break;
            }
            let event = Event::OfferMade {
                user,
                pool: id,
                until: at.plus_seconds(self.settings.offer_seconds),
            };
            let entry = Entry {
                head: Head::Domain(domain),
                at,
                event,
            };
            self.apply(&entry);
            entries.push(entry);
        }
        entries
    }

    /// Who waits without an offer, in the order in which seats are offered: those with a
    /// reservation first, each by place. Only up to where the list was loaded.
    fn queue(&self, domain: DomainId, pool: PoolId) -> Vec<(UserId, bool)> {
        let loaded_to = self.waiting_loaded_to.get(&(domain, pool)).copied();
        let all = (domain, UserId::nth(0))..=(domain, UserId::nth(u128::MAX));
        let mut queue: Vec<&Waiting> = self
            .waiting
            .range(all)
            .map(|(_, waiting)| waiting)
            .filter(|waiting| waiting.pool == pool && waiting.offered_until.is_none())
            .filter(|row| row.reserved || loaded_to.is_none_or(|to| row.place <= to))
            .collect();
        queue.sort_by_key(|waiting| (!waiting.reserved, waiting.place));
        let each = |waiting: &Waiting| (waiting.user, waiting.reserved);
        queue.into_iter().map(each).collect()
    }
}
