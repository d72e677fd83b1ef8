//! What time brings about: in due order, each thing effective at its due time. Invitations
//! that lapse, sessions that end by their clocks or their silence, notices, offers that
//! lapse, scheduled decreases (rules A2, A4, E6, E8, E13).
//!
//! The cost is that of what is due, times a logarithm: everything due stands in one heap,
//! each thing once, and what it brings about is put there in turn. Nothing due moves another
//! thing's due time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::event::{Entry, Event};
use crate::ids::{DomainId, Head, PoolId, SessionId, UserId};
use crate::pools::Pool;
use crate::seats::{self, SeatKind};
use crate::sessions::{self, EndReason, Session};
use crate::time::Time;
use crate::users::UserState;
use crate::world::World;

/// Something that can be due. At the same moment in this order: what frees seats comes
/// before what counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Invitation(UserId),
    Session(SessionId),
    Offer(UserId),
    Schedule(SeatKind),
}

/// The classes of which a load brings a bounded number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Invitation,
    Session,
    Offer,
    Schedule,
}

impl Due {
    fn class(self) -> Class {
        match self {
            Due::Invitation(_) => Class::Invitation,
            Due::Session(_) => Class::Session,
            Due::Offer(_) => Class::Offer,
            Due::Schedule(_) => Class::Schedule,
        }
    }
}

impl World {
    /// Brings a domain up to date: what was due by now happens.
    pub fn settle(&mut self, id: DomainId) -> Vec<Entry> {
        self.settle_loaded(id, usize::MAX)
    }

    /// Likewise, where at most `limit` lapsed invitations, as many due sessions and as many
    /// lapsed offers were loaded, of each the earliest. Where there are as many of a class,
    /// there may be more of it: then nothing happens yet that comes after the last of them,
    /// since what comes later depends on what is in use by then. Gives at least `limit`
    /// entries in that case: who gets as many loads again.
    pub fn settle_loaded(&mut self, id: DomainId, limit: usize) -> Vec<Entry> {
        let mut entries = Vec::new();
        if self.domain(id).is_err() {
            return entries;
        }
        let due = self.all_due(id);
        let horizon = horizon(&due, limit);
        let mut heap: BinaryHeap<Reverse<(Time, Due)>> = due.into_iter().map(Reverse).collect();
        while let Some(Reverse((at, due))) = heap.pop() {
            if horizon.is_some_and(|horizon| (at, due.class()) > horizon) {
                return entries;
            }
            let news = self.fall_due(id, due, at);
            let touched = touched(&news);
            entries.extend(news);
            heap.extend(self.next_of(id, due));
            for pool in touched {
                let offers = self.offer_seats(id, pool, at);
                let lapsing = offers.iter().filter_map(|entry| match entry.event {
                    Event::OfferMade { user, until, .. } => Some((until, Due::Offer(user))),
                    _ => None,
                });
                let now = self.now;
                heap.extend(lapsing.filter(|(until, _)| *until <= now).map(Reverse));
                entries.extend(offers);
            }
        }
        entries
    }

    /// All that is loaded of a domain and due by now, in no order.
    fn all_due(&self, id: DomainId) -> Vec<(Time, Due)> {
        let users = (id, UserId::nth(0))..=(id, UserId::nth(u128::MAX));
        let sessions = (id, SessionId::nth(0))..=(id, SessionId::nth(u128::MAX));
        let invitations = self.users.range(users.clone()).map(|(key, _)| key.1);
        let sessions = self.sessions.range(sessions).map(|(key, _)| key.1);
        let offers = self.waiting.range(users).map(|(key, _)| key.1);
        invitations
            .map(Due::Invitation)
            .chain(sessions.map(Due::Session))
            .chain(offers.map(Due::Offer))
            .chain(SeatKind::ALL.map(Due::Schedule))
            .filter_map(|due| Some((self.due_time(id, due)?, due)))
            .filter(|(at, _)| *at <= self.now)
            .collect()
    }

    /// When something is due, as things stand.
    fn due_time(&self, id: DomainId, due: Due) -> Option<Time> {
        match due {
            Due::Invitation(user) => match self.users.get(&(id, user))?.state {
                UserState::Invited { expires_at } => Some(expires_at),
                _ => None,
            },
            Due::Session(session) => {
                let session = self.sessions.get(&(id, session))?;
                session.due_at(self.pool_of(session))
            }
            Due::Offer(user) => self.waiting.get(&(id, user))?.offered_until,
            Due::Schedule(kind) => {
                let seats = &self.domains.get(&id)?.seats;
                seats.get(kind).scheduled.map(|scheduled| scheduled.at)
            }
        }
    }

    fn pool_of(&self, session: &Session) -> Option<&Pool> {
        self.pools.get(&(session.domain, session.pool?))
    }

    /// The same thing's next due time, if it has come as well.
    fn next_of(&self, id: DomainId, due: Due) -> Option<Reverse<(Time, Due)>> {
        let at = self.due_time(id, due)?;
        (at <= self.now).then_some(Reverse((at, due)))
    }

    /// Lets it happen.
    fn fall_due(&mut self, id: DomainId, due: Due, at: Time) -> Vec<Entry> {
        let entry = |event| Entry {
            head: Head::Domain(id),
            at,
            event,
        };
        let entries = match due {
            Due::Invitation(user) => vec![entry(Event::InvitationExpired { user })],
            Due::Session(session) => self.session_due(id, session, at),
            Due::Offer(user) => {
                let pool = self.waiting.get(&(id, user)).map(|waiting| waiting.pool);
                let lapsed = pool.map(|pool| entry(Event::OfferLapsed { user, pool }));
                lapsed.into_iter().collect()
            }
            Due::Schedule(kind) => {
                let seats = self.domains.get(&id).map(|domain| domain.seats);
                let done = seats.and_then(|seats| seats::decrease_due(&seats, kind));
                done.into_iter().map(entry).collect()
            }
        };
        entries.iter().for_each(|entry| self.apply(entry));
        entries
    }

    /// Of what is due at the same moment the end comes before the notice of it.
    fn session_due(&self, id: DomainId, session: SessionId, at: Time) -> Vec<Entry> {
        let Some(session) = self.sessions.get(&(id, session)) else {
            return vec![];
        };
        let pool = self.pool_of(session);
        let is_due = |time: Option<Time>| time.is_some_and(|time| time <= at);
        let log_off_at = session.log_off_at(pool);
        if is_due(log_off_at) {
            return sessions::end(self, session, EndReason::AutomaticLogOff, None, at);
        }
        if is_due(session.silent_at(pool)) {
            return sessions::end(self, session, EndReason::Silent, None, at);
        }
        let notice = log_off_at.map(|log_off_at| Entry {
            head: Head::Domain(id),
            at,
            event: Event::LogOffNear {
                session: session.id,
                user: session.user,
                log_off_at,
            },
        });
        notice.into_iter().collect()
    }
}

/// The last moment and class up to which everything due was surely loaded; none when all
/// was. The `limit` earliest of a class are those that the load brought for being due; one
/// that is there for another reason may lie beyond others that are not.
fn horizon(due: &[(Time, Due)], limit: usize) -> Option<(Time, Class)> {
    [Class::Invitation, Class::Session, Class::Offer]
        .into_iter()
        .filter_map(|class| {
            let own = due.iter().filter(|(_, due)| due.class() == class);
            let mut times: Vec<Time> = own.map(|(at, _)| *at).collect();
            times.sort_unstable();
            let last = *times.get(limit.checked_sub(1)?)?;
            Some((last, class))
        })
        .min()
}

/// The pools in which a seat may have become free.
fn touched(entries: &[Entry]) -> Vec<PoolId> {
    entries
        .iter()
        .filter_map(|entry| match entry.event {
            Event::SessionEnded { pool, .. } => pool,
            Event::OfferLapsed { pool, .. } => Some(pool),
            _ => None,
        })
        .collect()
}
