//! Seat pools: shared seats, and the users who share them (rules E1, E3, E9, E10, E12).
//!
//! The pool's row keeps the counts, so that a log-in needs the pool, the user and the
//! user's own sessions, and never all that sit there. Names are records of the store.

use crate::event::Event;
use crate::ids::{DomainId, PoolId, UserId};
use crate::refusal::Refusal;
use crate::seats::{Quantities, SeatKind};
use crate::sessions::Session;
use crate::tiers::Tier;
use crate::time::Time;
use crate::waiting::Waiting;
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
        self.settings.waiting_list
            && ((self.waiting > 0 && self.free(false) > 0)
                || (self.waiting_reserved > 0 && self.free(true) > 0))
    }
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
