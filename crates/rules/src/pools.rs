//! Seat pools: shared seats, and the users who share them (rules E1, E3, E9, E10, E12).
//!
//! The pool's row keeps the counts, so that a log-in needs the pool, the user and the
//! user's own sessions, and never all that sit there. Names are records of the store.

use std::ops::RangeInclusive;

use crate::event::{Entry, Event};
use crate::ids::{DomainId, PoolId, SessionId, UserId};
use crate::links;
use crate::refusal::Refusal;
use crate::seats::{MAX_SEATS, Quantities, SeatKind};
use crate::sessions::Session;
use crate::tiers::Tier;
use crate::time::Time;
use crate::users::in_domain;
use crate::waiting::{self, Waiting};
use crate::world::World;

/// What an admin sets of a pool (rule E9). Durations are in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSettings {
    /// Its share of the domain's seat licenses (rule E1).
    pub seats: u32,
    /// What who sits there sits on (rule E12).
    pub tier: Tier,
    /// Automatic log-off: off, or 60 to 86,400 (rule E6).
    pub log_off_seconds: Option<i64>,
    /// How long a device may be silent: off, or 30 to 86,400 (rule E8).
    pub silence_seconds: Option<i64>,
    /// How long before the automatic log-off the device is told: off, or less than that
    /// (rule E13).
    pub notice_seconds: Option<i64>,
    /// How long its users' call links may be valid at most (rule E6).
    pub link_cap_seconds: i64,
    /// Whether who finds no seat free can wait for one (rule E13).
    pub waiting_list: bool,
}

impl Default for PoolSettings {
    fn default() -> Self {
        PoolSettings {
            seats: 0,
            tier: Tier::Base,
            log_off_seconds: None,
            silence_seconds: Some(300),
            notice_seconds: None,
            link_cap_seconds: 86_400,
            waiting_list: false,
        }
    }
}

/// A number of shared seats, and how many of them are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// Of which domain.
    pub domain: DomainId,
    /// Which.
    pub id: PoolId,
    /// What admins set.
    pub settings: PoolSettings,
    /// Users assigned to it, in whatever state: one whose invitation lapsed still is.
    pub users: u32,
    /// Active users with a seat reserved for them.
    pub reserved: u32,
    /// Sessions.
    pub occupied: u32,
    /// Seats held for who waited for one; they count as occupied.
    pub offered: u32,
    /// Of occupied and offered seats, those of users with a reservation.
    pub reserved_seated: u32,
    /// Users who wait and have no offer.
    pub waiting: u32,
    /// Of those, the ones with a reservation.
    pub waiting_reserved: u32,
    /// The place in the waiting list that the next one gets.
    pub next_place: u64,
}

impl Pool {
    /// A new pool, with nobody in it.
    #[must_use]
    pub fn new(domain: DomainId, id: PoolId, settings: PoolSettings) -> Pool {
        Pool {
            domain,
            id,
            settings,
            users: 0,
            reserved: 0,
            occupied: 0,
            offered: 0,
            reserved_seated: 0,
            waiting: 0,
            waiting_reserved: 0,
            next_place: 1,
        }
    }

    /// Occupied seats, the offered ones among them.
    #[must_use]
    pub fn taken(&self) -> u32 {
        self.occupied.saturating_add(self.offered)
    }

    /// What the pool uses of the domain's order (rules E1, E9, E12): its seats, or those
    /// that are still taken if it was shrunk below them; of the tier's upgrade as many.
    #[must_use]
    pub fn seats_in_use(&self) -> Quantities {
        let seats = self.settings.seats.max(self.taken());
        let shared = Quantities::of(SeatKind::SeatLicense, seats);
        SeatKind::of_tier(self.settings.tier)
            .map_or(shared, |kind| shared.plus(&Quantities::of(kind, seats)))
    }

    /// Whether more seats are taken than it has: nobody new may log in (rule E9).
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.taken() > self.settings.seats
    }

    /// How many seats are free for someone, with a reservation or without: what is kept
    /// for users with a reservation is free for them alone (rule E13).
    #[must_use]
    pub fn free(&self, reserved: bool) -> u32 {
        let free = self.settings.seats.saturating_sub(self.taken());
        if reserved {
            return free;
        }
        free.saturating_sub(self.reserved.saturating_sub(self.reserved_seated))
    }

    /// Whether a seat is free for someone new, behind whom nobody else queues.
    #[must_use]
    pub fn takes(&self, reserved: bool) -> bool {
        let ahead = if reserved {
            self.waiting_reserved
        } else {
            self.waiting
        };
        self.free(reserved) > 0 && ahead == 0
    }

    /// Whether a seat is free for someone who waits: an offer is due. A store finds pools
    /// by it that settling left behind.
    #[must_use]
    pub fn owes_offers(&self) -> bool {
        (self.waiting > 0 && self.free(false) > 0)
            || (self.waiting_reserved > 0 && self.free(true) > 0)
    }
}

/// The most pools of a domain.
pub const MAX_POOLS: u32 = 1000;

/// What the times of a pool may be, in seconds.
const LOG_OFF: RangeInclusive<i64> = 60..=86_400;
const SILENCE: RangeInclusive<i64> = 30..=86_400;
const LINK_CAP: RangeInclusive<i64> = links::VALIDITY_SECONDS;

/// Makes a pool: its seats, and as many upgrades of its tier, are taken of what the domain
/// has ordered and not given to a pool yet (rules E1, E12).
///
/// # Errors
/// [`Refusal::NoSeatAvailable`], [`Refusal::NotInStanding`], [`Refusal::Invalid`] for a time
/// out of range, [`Refusal::WrongState`] beyond [`MAX_POOLS`].
pub fn make(
    world: &World,
    domain: DomainId,
    id: PoolId,
    settings: PoolSettings,
) -> Result<Vec<Entry>, Refusal> {
    check(&settings)?;
    world.require_standing(domain)?;
    let owner = world.domain(domain)?;
    if owner.pools >= MAX_POOLS {
        return Err(Refusal::WrongState {
            why: "the domain has as many pools as it can have",
        });
    }
    let pool = Pool::new(domain, id, settings);
    owner.seats.take(&pool.seats_in_use())?;
    let made = Event::PoolMade { pool: id, settings };
    Ok(vec![in_domain(world, domain, made)])
}

/// The pool that comes with the first order of shared seats, with all of them (rule E1).
/// `order` is what is ordered from now on, `world` from before that; the entry goes after
/// those of the order. None when there is a pool, or there were shared seats.
#[must_use]
pub fn with_first_order(
    world: &World,
    domain: DomainId,
    order: &Quantities,
    id: PoolId,
) -> Option<Entry> {
    let owner = world.domain(domain).ok()?;
    let seats = *order.get(SeatKind::SeatLicense);
    let first = owner.pools == 0 && owner.seats.get(SeatKind::SeatLicense).ordered == 0;
    let settings = PoolSettings {
        seats,
        ..PoolSettings::default()
    };
    let made = Event::PoolMade { pool: id, settings };
    (first && seats > 0).then(|| in_domain(world, domain, made))
}

/// Changes a pool's settings (rule E9), all in one step: new seats are taken before old
/// ones are freed (rule A3). Shrinking below what is occupied drains. Only more seats and a
/// higher tier need standing (rules A4, C5).
///
/// All sessions and the whole waiting list of the pool must have been loaded when a time
/// changes or the list is switched off: their clocks start anew, their places are lost.
///
/// # Errors
/// [`Refusal::NoSeatAvailable`], [`Refusal::NotInStanding`], [`Refusal::Invalid`] for a time
/// out of range, [`Refusal::NotFound`] for the pool, or for sessions that were not loaded.
pub fn change(
    world: &World,
    domain: DomainId,
    id: PoolId,
    to: PoolSettings,
) -> Result<Vec<Entry>, Refusal> {
    let pool = world.pool(domain, id)?;
    let from = pool.settings;
    if from == to {
        return Ok(vec![]);
    }
    check(&to)?;
    if to.seats > from.seats || to.tier > from.tier {
        world.require_standing(domain)?;
    }
    let after = Pool {
        settings: to,
        ..*pool
    };
    let more = after.seats_in_use().beyond(&pool.seats_in_use());
    world.domain(domain)?.seats.take(&more)?;
    let mut entries = Vec::new();
    if from.waiting_list && !to.waiting_list {
        entries = clear_waiting(world, pool)?;
    }
    let changed = Event::PoolChanged { pool: id, from, to };
    entries.push(in_domain(world, domain, changed));
    let times = |s: &PoolSettings| (s.log_off_seconds, s.silence_seconds, s.notice_seconds);
    if times(&from) != times(&to) {
        entries.extend(overdue_notices(world, pool, &after)?);
    }
    Ok(entries)
}

/// The notices that would already have been due by the new times: they come now.
fn overdue_notices(world: &World, before: &Pool, after: &Pool) -> Result<Vec<Entry>, Refusal> {
    let notice = |session: &Session| {
        let mut session = *session;
        session.settings_changed(world.now, &before.settings, &after.settings);
        let due = session.notice_at(Some(after)).filter(|at| *at <= world.now);
        let log_off_at = due.and_then(|_| session.log_off_at(Some(after)))?;
        let near = Event::LogOffNear {
            session: session.id,
            user: session.user,
            log_off_at,
        };
        Some(in_domain(world, session.domain, near))
    };
    let sessions = all_sessions(world, before)?;
    Ok(sessions.into_iter().filter_map(notice).collect())
}

/// Whether the times are within their ranges, and the number of seats can be.
fn check(settings: &PoolSettings) -> Result<(), Refusal> {
    let within = |value: Option<i64>, range: RangeInclusive<i64>| {
        value.is_none_or(|seconds| range.contains(&seconds))
    };
    let longest = settings.log_off_seconds.unwrap_or(*LOG_OFF.end());
    let wrong = if settings.seats > MAX_SEATS {
        ("seats", "more than can be ordered")
    } else if !within(settings.log_off_seconds, LOG_OFF) {
        ("log_off_seconds", "1 minute to 24 hours, or off")
    } else if !within(settings.silence_seconds, SILENCE) {
        ("silence_seconds", "30 seconds to 24 hours, or off")
    } else if !within(settings.notice_seconds, 1..=longest - 1) {
        ("notice_seconds", "less than the automatic log-off, or off")
    } else if !LINK_CAP.contains(&settings.link_cap_seconds) {
        ("link_cap_seconds", "1 minute to 30 days")
    } else {
        return Ok(());
    };
    let (field, why) = wrong;
    Err(Refusal::Invalid { field, why })
}

/// The pool's sessions; refuses to go on without some of them.
fn all_sessions<'a>(world: &'a World, pool: &Pool) -> Result<Vec<&'a Session>, Refusal> {
    let all = (pool.domain, SessionId::nth(0))..=(pool.domain, SessionId::nth(u128::MAX));
    let loaded = world.sessions.range(all).map(|(_, session)| session);
    let own: Vec<&Session> = loaded.filter(|s| s.pool == Some(pool.id)).collect();
    if own.len() == pool.occupied as usize {
        Ok(own)
    } else {
        Err(Refusal::not_found("session"))
    }
}

fn clear_waiting(world: &World, pool: &Pool) -> Result<Vec<Entry>, Refusal> {
    let all = (pool.domain, UserId::nth(0))..=(pool.domain, UserId::nth(u128::MAX));
    let own = world.waiting.range(all);
    let entries: Vec<Entry> = own
        .filter(|(_, waiting)| waiting.pool == pool.id)
        .flat_map(|((domain, user), _)| waiting::leave(world, *domain, *user))
        .collect();
    if entries.len() == (pool.waiting + pool.offered) as usize {
        Ok(entries)
    } else {
        Err(Refusal::not_found("session"))
    }
}

/// Deletes a pool to which nobody is assigned; its seats are unallocated again (rule E10).
///
/// # Errors
/// [`Refusal::PoolNotEmpty`], [`Refusal::WrongState`] for the last one while shared seats
/// are ordered.
pub fn delete(world: &World, domain: DomainId, id: PoolId) -> Result<Vec<Entry>, Refusal> {
    let pool = world.pool(domain, id)?;
    let owner = world.domain(domain)?;
    if pool.users > 0 {
        return Err(Refusal::PoolNotEmpty { users: pool.users });
    }
    if owner.pools <= 1 && owner.seats.get(SeatKind::SeatLicense).ordered > 0 {
        return Err(Refusal::WrongState {
            why: "the last pool stays while shared seats are ordered",
        });
    }
    let deleted = Event::PoolDeleted { pool: id };
    Ok(vec![in_domain(world, domain, deleted)])
}

/// Reserves a seat of its pool for a user, or no longer does (rule E13).
///
/// # Errors
/// [`Refusal::WrongState`] for a named user, [`Refusal::Invalid`] when no seat is left that
/// isn't reserved.
pub fn reserve(
    world: &World,
    domain: DomainId,
    id: UserId,
    reserved: bool,
) -> Result<Vec<Entry>, Refusal> {
    let user = world.user(domain, id)?;
    let Some(pool) = user.license.pool() else {
        return Err(Refusal::WrongState {
            why: "the user has a seat of its own",
        });
    };
    if user.reserved == reserved {
        return Ok(vec![]);
    }
    let row = world.pool(domain, pool)?;
    if reserved && row.reserved >= row.settings.seats {
        return Err(Refusal::Invalid {
            field: "reserved",
            why: "every seat of the pool is reserved",
        });
    }
    let changed = Event::ReservationChanged {
        user: id,
        pool,
        from: user.reserved,
        to: reserved,
    };
    Ok(vec![in_domain(world, domain, changed)])
}

/// Gives back what all pools hold, for a domain that closes: its order ends. Every pool
/// must have been loaded.
pub(crate) fn empty_all(world: &World, domain: DomainId) -> Result<Vec<Entry>, Refusal> {
    let all = (domain, PoolId::nth(0))..=(domain, PoolId::nth(u128::MAX));
    let pools: Vec<&Pool> = world.pools.range(all).map(|(_, pool)| pool).collect();
    if pools.len() != world.domain(domain)?.pools as usize {
        return Err(Refusal::not_found("pool"));
    }
    let held = pools.into_iter().filter(|pool| pool.settings.seats > 0);
    let emptied = held.map(|pool| {
        let from = pool.settings;
        let to = PoolSettings { seats: 0, ..from };
        let pool = pool.id;
        in_domain(world, domain, Event::PoolChanged { pool, from, to })
    });
    Ok(emptied.collect())
}

impl World {
    /// The pool of this domain.
    ///
    /// # Errors
    /// [`Refusal::NotFound`].
    pub fn pool(&self, domain: DomainId, id: PoolId) -> Result<&Pool, Refusal> {
        self.pools
            .get(&(domain, id))
            .ok_or(Refusal::not_found("pool"))
    }

    pub(crate) fn apply_to_pool(&mut self, domain: DomainId, at: Time, event: &Event) {
        match *event {
            Event::PoolMade { pool, settings } => {
                let made = Pool::new(domain, pool, settings);
                self.put_pool(domain, pool, None, Some(made));
            }
            Event::PoolChanged { pool, from, to } => {
                let Some(before) = self.pools.get(&(domain, pool)).copied() else {
                    return;
                };
                let after = Pool {
                    settings: to,
                    ..before
                };
                self.put_pool(domain, pool, Some(before), Some(after));
                self.reset_clocks(domain, pool, at, &from, &to);
            }
            Event::PoolDeleted { pool } => {
                let before = self.pools.get(&(domain, pool)).copied();
                self.put_pool(domain, pool, before, None);
            }
            Event::ReservationChanged { user, to, .. } => self.copy_reservation(domain, user, to),
            _ => {}
        }
    }

    /// A shorter time counts from the change (rule E6).
    fn reset_clocks(
        &mut self,
        domain: DomainId,
        pool: PoolId,
        at: Time,
        from: &PoolSettings,
        to: &PoolSettings,
    ) {
        for session in self.sessions.values_mut() {
            if session.domain == domain && session.pool == Some(pool) {
                session.settings_changed(at, from, to);
            }
        }
    }

    /// Keeps session and place in the waiting list in step with the user's row.
    fn copy_reservation(&mut self, domain: DomainId, user: UserId, reserved: bool) {
        let sessions: Vec<Session> = self.sessions_of(domain, user).copied().collect();
        for before in sessions {
            let after = Session { reserved, ..before };
            self.put_session(domain, before.id, Some(before), Some(after));
        }
        if let Some(before) = self.waiting.get(&(domain, user)).copied() {
            let after = Waiting { reserved, ..before };
            self.put_waiting(domain, user, Some(before), Some(after));
        }
    }
}
