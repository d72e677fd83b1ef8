//! Rows and their counts: whoever replaces a row moves the counts by exactly what that
//! changes, so that a domain's seats in use and a pool's numbers are always what the rows
//! add up to (rules A1, E1).

use crate::ids::{DomainId, PoolId, SessionId, UserId};
use crate::pools::Pool;
use crate::sessions::Session;
use crate::users::{User, UserState};
use crate::waiting::Waiting;
use crate::world::World;

impl World {
    /// Replaces a user: the domain's seats, its number of users, and its pool's.
    pub(crate) fn put_user(
        &mut self,
        domain: DomainId,
        id: UserId,
        before: Option<User>,
        after: Option<User>,
    ) {
        let seats = |user: Option<User>| user.map(|user| user.seats()).unwrap_or_default();
        let counts = |user: Option<User>| u32::from(user.is_some_and(|u| u.state.counts()));
        if let Some(domain) = self.domains.get_mut(&domain) {
            domain.seats.exchange(&seats(before), &seats(after));
            domain.users = (domain.users + counts(after)).saturating_sub(counts(before));
        }
        let place = |user: Option<User>| user.and_then(|user| user.license.pool());
        let reserved = |user: Option<User>| user.is_some_and(|user| has_reservation(&user));
        self.move_counts(domain, place(before), place(after), |pool, sign| {
            sign.apply(&mut pool.users, 1);
            sign.apply(&mut pool.reserved, reserved(sign.of(before, after)).into());
        });
        match after {
            Some(user) => self.users.insert((domain, id), user),
            None => self.users.remove(&(domain, id)),
        };
    }

    /// Replaces a pool: the domain's seats.
    pub(crate) fn put_pool(
        &mut self,
        domain: DomainId,
        id: PoolId,
        before: Option<Pool>,
        after: Option<Pool>,
    ) {
        let seats = |pool: Option<Pool>| pool.map(|pool| pool.seats_in_use()).unwrap_or_default();
        if let Some(domain) = self.domains.get_mut(&domain) {
            domain.seats.exchange(&seats(before), &seats(after));
            let pools = domain.pools + u32::from(after.is_some());
            domain.pools = pools.saturating_sub(before.is_some().into());
        }
        match after {
            Some(pool) => self.pools.insert((domain, id), pool),
            None => self.pools.remove(&(domain, id)),
        };
    }

    /// Replaces a session: its pool's occupied seats.
    pub(crate) fn put_session(
        &mut self,
        domain: DomainId,
        id: SessionId,
        before: Option<Session>,
        after: Option<Session>,
    ) {
        let place = |session: Option<Session>| session.and_then(|session| session.pool);
        let reserved = |session: Option<Session>| session.is_some_and(|s| s.reserved);
        self.move_counts(domain, place(before), place(after), |pool, sign| {
            sign.apply(&mut pool.occupied, 1);
            let seated = reserved(sign.of(before, after)).into();
            sign.apply(&mut pool.reserved_seated, seated);
        });
        match after {
            Some(session) => self.sessions.insert((domain, id), session),
            None => self.sessions.remove(&(domain, id)),
        };
    }

    /// Replaces who waits: its pool's offered seats and its waiting list.
    pub(crate) fn put_waiting(
        &mut self,
        domain: DomainId,
        user: UserId,
        before: Option<Waiting>,
        after: Option<Waiting>,
    ) {
        let place = |waiting: Option<Waiting>| waiting.map(|waiting| waiting.pool);
        self.move_counts(domain, place(before), place(after), |pool, sign| {
            let Some(row) = sign.of(before, after) else {
                return;
            };
            let (all, reserved) = match row.offered_until {
                Some(_) => (&mut pool.offered, &mut pool.reserved_seated),
                None => (&mut pool.waiting, &mut pool.waiting_reserved),
            };
            sign.apply(all, 1);
            sign.apply(reserved, row.reserved.into());
        });
        match after {
            Some(waiting) => self.waiting.insert((domain, user), waiting),
            None => self.waiting.remove(&(domain, user)),
        };
    }

    /// Takes from the one pool what `count` says and gives it to the other.
    fn move_counts(
        &mut self,
        domain: DomainId,
        from: Option<PoolId>,
        to: Option<PoolId>,
        count: impl Fn(&mut Pool, Sign),
    ) {
        for (id, sign) in [(from, Sign::Less), (to, Sign::More)] {
            let Some(before) = id.and_then(|id| self.pools.get(&(domain, id)).copied()) else {
                continue;
            };
            let mut after = before;
            count(&mut after, sign);
            self.put_pool(domain, before.id, Some(before), Some(after));
        }
    }
}

/// Whether a count grows or shrinks.
#[derive(Clone, Copy)]
enum Sign {
    Less,
    More,
}

impl Sign {
    fn of<T>(self, before: T, after: T) -> T {
        match self {
            Sign::Less => before,
            Sign::More => after,
        }
    }

    fn apply(self, count: &mut u32, by: u32) {
        *count = match self {
            Sign::Less => count.saturating_sub(by),
            Sign::More => count.saturating_add(by),
        };
    }
}

/// Whether a seat is kept free for the user: for active ones alone.
fn has_reservation(user: &User) -> bool {
    user.reserved && matches!(user.state, UserState::Active { .. })
}
