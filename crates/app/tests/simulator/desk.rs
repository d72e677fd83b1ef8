//! A domain's front desk as its journal tells it, line by line, by a model that shares nothing
//! with the rules but the words of events. Each line is held against what the rules promise:
//! E1, E4 to E7, E9, E10, E13, F1 to F3, J1.

use std::collections::{BTreeMap, VecDeque};

use usher_rules::event::Start;
use usher_rules::pools::PoolSettings;
use usher_rules::seats::{Quantities, SeatKind};
use usher_rules::sessions::EndReason;
use usher_rules::users::License;
use usher_rules::{CallId, Event, LinkId, PoolId, SessionId, Time, UserId};
use usher_store::lists::EventLine;

use crate::clock::{Seat, Span};
use crate::trace::{Check, that};

/// For how long a call that is over is surely known.
const CALLS_KNOWN: i64 = 7 * 86_400;
/// How much older the last note of presence may be than the device's last word, in seconds: the
/// most that is not written down, and a clock that went back.
const PRESENCE_SLACK: i64 = 15 + 5;
/// For how long an offer is held, in seconds.
const OFFER: i64 = 60;

/// A user, as far as seats ask.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    pub license: License,
    pub active: bool,
    pub reserved: bool,
}

#[derive(Default)]
pub struct Desk {
    pub pools: BTreeMap<PoolId, PoolSettings>,
    pub members: BTreeMap<UserId, Member>,
    pub seats: BTreeMap<SessionId, Seat>,
    pub links: BTreeMap<LinkId, Span>,
    /// Who waits without an offer, the first first.
    queues: BTreeMap<PoolId, VecDeque<UserId>>,
    /// Seats that are held.
    pub offers: BTreeMap<UserId, (PoolId, Time)>,
    pub ended: BTreeMap<SessionId, (Time, EndReason)>,
    /// Calls that are over, and since when.
    pub calls: BTreeMap<CallId, Time>,
    pub order: Quantities,
    last: Option<EventLine>,
}

impl Desk {
    /// The next line.
    pub fn read(&mut self, line: &EventLine) -> Check {
        self.in_time(line)?;
        self.nobody_is_overdue(line)?;
        let at = line.at;
        match line.event {
            Event::OrderChanged { kind, to, .. } | Event::DecreaseDone { kind, to, .. } => {
                *self.order.get_mut(kind) = to;
            }
            Event::UserAdded { user, start, .. } | Event::UserMovedIn { user, start, .. } => {
                self.come(user, start);
            }
            Event::UserRemoved { user } | Event::UserMovedOut { user, .. } => {
                self.sits_nowhere(user)?;
                self.members.remove(&user);
            }
            Event::UserSuspended { user } => {
                self.sits_nowhere(user)?;
                self.member(user)?.active = false;
            }
            Event::UserRestored { user } => self.member(user)?.active = true,
            Event::LicenseChanged { user, from, to } => self.license(user, from, to)?,
            Event::ReservationChanged { user, to, .. } => self.member(user)?.reserved = to,
            Event::PoolMade { pool, settings } => drop(self.pools.insert(pool, settings)),
            Event::PoolChanged { pool, from, to } => self.pool_changes(at, pool, from, to)?,
            Event::PoolDeleted { pool } => {
                let mut all = self.members.values();
                let empty = all.all(|member| member.license.pool() != Some(pool));
                that(empty, "E10: a pool with users was deleted")?;
                self.pools.remove(&pool);
            }
            Event::SessionStarted { .. } => self.starts(line)?,
            Event::SessionEnded { .. } => self.ends(line)?,
            Event::LogInRefused { user, pool } => self.refused(user, pool)?,
            Event::LogOutAfterCall { session, .. } => {
                let seat = self.seat(session)?;
                that(seat.call.is_some(), "E7: waits for the end of no call")?;
                seat.out_after_call = true;
            }
            Event::LogOffNear {
                session,
                log_off_at,
                ..
            } => {
                let due = self.log_off_at(session);
                that(due == Some(log_off_at), "E13: a notice of another log-off")?;
            }
            Event::CallStarted { .. } | Event::CallAnswered { .. } | Event::CallEnded { .. } => {
                self.call(at, &line.event)?;
            }
            Event::LinkMade { .. } | Event::LinkUsed { .. } | Event::LinkRevoked { .. } => {
                self.link(at, &line.event)?;
            }
            Event::SessionRenewed { session, user } => {
                let own = self.seat(session)?.user == user;
                that(own, "J1: another user's session was renewed")?;
            }
            Event::LinkRenewed { link, user } => {
                let own = self.links.get(&link).is_some_and(|link| link.user == user);
                that(own, "J1: another user's link was renewed")?;
            }
            Event::WaitingJoined { user, pool, .. } => {
                self.sits_nowhere(user)?;
                self.queues.entry(pool).or_default().push_back(user);
            }
            Event::WaitingLeft { user, .. } => self.leaves(user),
            Event::OfferMade { user, pool, until } => self.offered(at, user, pool, until)?,
            Event::OfferLapsed { user, .. } => {
                let held = self.offers.remove(&user).map(|(_, until)| until);
                that(held == Some(at), "E13: an offer lapsed at another time")?;
            }
            _ => {}
        }
        self.last = Some(line.clone());
        Ok(())
    }

    /// J1: no journal goes back in time.
    fn in_time(&self, line: &EventLine) -> Check {
        that(line.at <= line.recorded_at, "J1: before its time")?;
        let Some(last) = &self.last else {
            return Ok(());
        };
        that(
            last.recorded_at <= line.recorded_at,
            "J1: decided earlier than the line before",
        )?;
        that(last.at <= line.at, "J1: earlier than the line before")
    }

    /// What was due before this line has happened.
    fn nobody_is_overdue(&self, line: &EventLine) -> Check {
        for id in self.seats.keys() {
            let due = self.log_off_at(*id);
            that(
                due.is_none_or(|due| line.at <= due),
                "E6: somebody should have been logged off by now",
            )?;
        }
        let mut offers = self.offers.values();
        that(
            offers.all(|(_, until)| line.at <= *until),
            "E13: an offer should have lapsed by now",
        )
    }

    fn member(&mut self, user: UserId) -> Check<&mut Member> {
        self.members
            .get_mut(&user)
            .ok_or("J1: of no such user".into())
    }

    fn seat(&mut self, session: SessionId) -> Check<&mut Seat> {
        self.seats
            .get_mut(&session)
            .ok_or("J1: of no live session".into())
    }

    fn come(&mut self, user: UserId, start: Start) {
        let member = Member {
            license: start.license,
            active: true,
            reserved: false,
        };
        self.members.insert(user, member);
    }

    fn sits_nowhere(&self, user: UserId) -> Check {
        let mut seats = self.seats.values();
        let sits = seats.any(|seat| seat.user == user);
        that(
            !sits && !self.waits(user),
            "E2, A7: somebody still sits or waits there",
        )
    }

    fn waits(&self, user: UserId) -> bool {
        let mut queues = self.queues.values();
        self.offers.contains_key(&user) || queues.any(|queue| queue.contains(&user))
    }

    fn leaves(&mut self, user: UserId) {
        self.offers.remove(&user);
        for queue in self.queues.values_mut() {
            queue.retain(|other| *other != user);
        }
    }

    fn license(&mut self, user: UserId, from: License, to: License) -> Check {
        if from.pool().is_some() || to.pool().is_some() {
            self.sits_nowhere(user)?;
        }
        let member = self.member(user)?;
        that(member.license == from, "E2: from another license")?;
        (member.license, member.reserved) = (to, false);
        Ok(())
    }

    fn pool_changes(
        &mut self,
        at: Time,
        pool: PoolId,
        from: PoolSettings,
        to: PoolSettings,
    ) -> Check {
        let known = self.pools.insert(pool, to);
        that(known == Some(from), "E9: from other settings")?;
        let sessions: Vec<SessionId> = self.seats.keys().copied().collect();
        for id in sessions {
            let links = self.links_of(self.seats[&id].user);
            let seat = self.seat(id)?;
            if seat.pool == Some(pool) {
                seat.settings_change(&links, at, from.log_off_seconds, to.log_off_seconds);
                seat.silence = seat.silence.into_iter().chain(to.silence_seconds).min();
            }
        }
        Ok(())
    }

    fn links_of(&self, user: UserId) -> Vec<Span> {
        let links = self.links.values();
        links.filter(|link| link.user == user).copied().collect()
    }

    /// When the session is logged off, as things stand (rule E6).
    pub fn log_off_at(&self, session: SessionId) -> Option<Time> {
        let seat = self.seats.get(&session)?;
        let settings = self.pools.get(&seat.pool?)?;
        seat.log_off_at(&self.links_of(seat.user), settings)
    }

    fn starts(&mut self, line: &EventLine) -> Check {
        let Event::SessionStarted {
            session,
            user,
            pool,
            occupied,
            ..
        } = line.event
        else {
            return Ok(());
        };
        let member = *self.member(user)?;
        that(member.active, "A7: one who is suspended logged in")?;
        that(member.license.pool() == pool, "E4: a seat of another pool")?;
        let known = self.ended.contains_key(&session) || self.seats.contains_key(&session);
        that(!known, "E4: a session began twice")?;
        if let Some(pool) = pool {
            let mut seats = self.seats.values();
            let twice = seats.any(|seat| seat.user == user);
            that(!twice, "E4: one user has two seats")?;
            that(
                self.took_over(line, user) || self.admits(user, pool),
                "E4: no seat was free, or others were first",
            )?;
        }
        self.leaves(user);
        let silence = pool.and_then(|pool| self.pools.get(&pool)?.silence_seconds);
        let seat = Seat {
            user,
            pool,
            started_at: line.at,
            call: None,
            answered: false,
            call_ended: line.at,
            floor: line.at,
            out_after_call: false,
            silence,
            seen_at: line.at,
        };
        self.seats.insert(session, seat);
        let counted = pool.map_or(0, |pool| self.seated(pool));
        that(
            counted == occupied as usize,
            "E1: another number is occupied",
        )
    }

    /// Whether the seat was the user's already (rule E5).
    fn took_over(&self, line: &EventLine, of: UserId) -> bool {
        self.last.as_ref().is_some_and(|last| {
            let over = matches!(last.event,
                Event::SessionEnded { user, reason: EndReason::TakenOver, .. } if user == of);
            over && last.request == line.request
        })
    }

    fn seated(&self, pool: PoolId) -> usize {
        let seats = self.seats.values();
        seats.filter(|seat| seat.pool == Some(pool)).count()
    }

    /// Seats that are occupied or offered.
    pub fn taken(&self, pool: PoolId) -> usize {
        let offers = self.offers.values();
        self.seated(pool) + offers.filter(|(of, _)| *of == pool).count()
    }

    /// Seats that are free for someone, with a reservation or without (rule E13).
    fn free(&self, pool: PoolId, reserved: bool) -> usize {
        let seats = self.pools.get(&pool).map_or(0, |settings| settings.seats);
        let free = (seats as usize).saturating_sub(self.taken(pool));
        if reserved {
            return free;
        }
        let sits = |user: &UserId| {
            let mut seats = self.seats.values();
            seats.any(|seat| seat.user == *user) || self.offers.contains_key(user)
        };
        let kept = self.members.iter().filter(|(user, member)| {
            let here = member.license.pool() == Some(pool);
            here && member.reserved && member.active && !sits(user)
        });
        free.saturating_sub(kept.count())
    }

    fn is_reserved(&self, user: UserId) -> bool {
        self.members
            .get(&user)
            .is_some_and(|member| member.reserved)
    }

    /// Whether the pool has a seat for the user, who may wait or not.
    fn admits(&self, user: UserId, pool: PoolId) -> bool {
        if self.offers.contains_key(&user) {
            return true;
        }
        let reserved = self.is_reserved(user);
        let queue = self.queues.get(&pool).into_iter().flatten();
        let mut ahead = queue.filter(|other| !reserved || self.is_reserved(**other));
        self.free(pool, reserved) > 0 && ahead.next().is_none()
    }

    fn refused(&self, user: UserId, pool: PoolId) -> Check {
        let mut seats = self.seats.values();
        that(
            !seats.any(|seat| seat.user == user),
            "E5: refused though it sits there",
        )?;
        that(
            !self.admits(user, pool),
            "E4: refused while a seat was free",
        )
    }

    fn ends(&mut self, line: &EventLine) -> Check {
        let Event::SessionEnded {
            session,
            reason,
            by,
            occupied,
            pool,
            ..
        } = line.event
        else {
            return Ok(());
        };
        let due = self.log_off_at(session);
        let seat = self.seat(session)?.clone();
        match reason {
            EndReason::AutomaticLogOff => {
                that(seat.call.is_none(), "E6: logged off in a call")?;
                that(due == Some(line.at), "E6: logged off at another time")?;
            }
            EndReason::Silent => {
                let limit = seat.silence.ok_or("E8: no limit of silence")?;
                let earliest = seat.seen_at.plus_seconds(limit - PRESENCE_SLACK);
                that(earliest <= line.at, "E8: it was not silent for so long")?;
                that(due != Some(line.at), "E6: its clock ran out at that moment")?;
            }
            _ => {}
        }
        that(seat.call.is_none(), "F3: its call goes on")?;
        let by_time = [
            EndReason::AutomaticLogOff,
            EndReason::Silent,
            EndReason::TooManyDevices,
        ];
        that(by.is_none() == by_time.contains(&reason), "E7: by another")?;
        self.seats.remove(&session);
        self.ended.insert(session, (line.at, reason));
        let counted = pool.map_or(0, |pool| self.seated(pool));
        that(
            counted == occupied as usize,
            "E1: another number is still occupied",
        )
    }

    fn call(&mut self, at: Time, event: &Event) -> Check {
        match *event {
            Event::CallStarted { call, session, .. } => {
                that(!self.is_over(call, at), "F1: a call that is over began")?;
                let mut seats = self.seats.values();
                let twice = seats.any(|seat| seat.call == Some(call));
                that(!twice, "F1: two live calls of one id")?;
                let seat = self.seat(session)?;
                that(seat.call.is_none(), "F1: two calls at a time")?;
                (seat.call, seat.answered) = (Some(call), false);
            }
            Event::CallAnswered { call, session, .. } => {
                let seat = self.seat(session)?;
                that(
                    seat.call == Some(call) && !seat.answered,
                    "F1: no such call rings",
                )?;
                seat.answered = true;
            }
            Event::CallEnded { call, session, .. } => {
                that(!self.is_over(call, at), "F1: a call ended twice")?;
                let seat = self.seat(session)?;
                if seat.call.is_none_or(|own| own == call) {
                    (seat.call, seat.call_ended) = (None, at);
                }
                self.calls.insert(call, at);
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether it is surely known that the call is over.
    fn is_over(&self, call: CallId, at: Time) -> bool {
        let ended = self.calls.get(&call);
        ended.is_some_and(|ended| at < ended.plus_seconds(CALLS_KNOWN))
    }

    fn link(&mut self, at: Time, event: &Event) -> Check {
        let (link, left_until) = match *event {
            Event::LinkMade {
                link,
                user,
                valid_until,
                one_call,
            } => {
                let span = Span {
                    user,
                    until: valid_until,
                    one_call,
                    over: false,
                };
                let known = self.links.insert(link, span);
                return that(known.is_none(), "F2: a link was made twice");
            }
            Event::LinkUsed {
                link, left_until, ..
            } => (link, left_until),
            Event::LinkRevoked {
                link, left_until, ..
            } => (link, left_until),
            _ => return Ok(()),
        };
        let used = matches!(event, Event::LinkUsed { .. });
        let span = self.links.get_mut(&link).ok_or("F2: no such link")?;
        that(!span.over && at < span.until, "F2: it was no longer valid")?;
        that(
            !used || span.one_call,
            "F2: used up, though it is for many calls",
        )?;
        (span.until, span.over) = (at, true);
        let user = span.user;
        let valid = self
            .links_of(user)
            .into_iter()
            .filter(|other| at < other.until);
        let left = valid.map(|other| other.until).max();
        that(left == left_until, "F2: others are left for another time")
    }

    /// E13: first come, first served, those with a reservation first.
    fn offered(&mut self, at: Time, user: UserId, pool: PoolId, until: Time) -> Check {
        let first = self.first(pool);
        that(first == Some(user), "E13: another was first")?;
        that(
            self.free(pool, self.is_reserved(user)) > 0,
            "E13: no seat was free",
        )?;
        that(
            until == at.plus_seconds(OFFER),
            "E13: held for another time",
        )?;
        self.leaves(user);
        self.offers.insert(user, (pool, until));
        Ok(())
    }

    fn first(&self, pool: PoolId) -> Option<UserId> {
        let queue = self.queues.get(&pool)?;
        let reserved = queue.iter().find(|user| self.is_reserved(**user));
        reserved.or(queue.front()).copied()
    }

    /// What must be so whenever nothing is half written: no seat is free that somebody waits
    /// for, and nobody whom an admin wants out has no call.
    pub fn is_at_rest(&self, frozen: bool) -> Check {
        for pool in self.pools.keys() {
            let first = self.first(*pool);
            let owes = first.is_some_and(|user| self.free(*pool, self.is_reserved(user)) > 0);
            that(frozen || !owes, "E13: a free seat is not offered")?;
        }
        let mut seats = self.seats.values();
        let waits_for_nothing = seats.any(|seat| seat.out_after_call && seat.call.is_none());
        that(
            !waits_for_nothing,
            "E7: the call has ended and the session goes on",
        )
    }

    /// E1, E9, E12, A2, A3: what is in use of each kind.
    pub fn in_use(&self) -> Quantities {
        let mut sum = Quantities::default();
        let mut add = |kind: SeatKind, seats: u32| *sum.get_mut(kind) += seats;
        for member in self.members.values().filter(|member| member.active) {
            if let License::Named { tier } = member.license {
                add(SeatKind::DomainUser, 1);
                SeatKind::of_tier(tier)
                    .into_iter()
                    .for_each(|kind| add(kind, 1));
            }
        }
        for (pool, settings) in &self.pools {
            let taken = u32::try_from(self.taken(*pool)).expect("few");
            let seats = settings.seats.max(taken);
            add(SeatKind::SeatLicense, seats);
            let upgrade = SeatKind::of_tier(settings.tier);
            upgrade.into_iter().for_each(|kind| add(kind, seats));
        }
        sum
    }

    /// When time next brings something about that the clock or an offer tells of.
    pub fn next_due(&self) -> Vec<Time> {
        let clocks = self.seats.keys().filter_map(|id| self.log_off_at(*id));
        let offers = self.offers.values().map(|(_, until)| *until);
        let links = self
            .links
            .values()
            .filter(|link| !link.over)
            .map(|link| link.until);
        clocks.chain(offers).chain(links).collect()
    }
}
