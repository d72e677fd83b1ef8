//! Sessions: one user on one device, from log-in to log-off (rules E4 to E8).
//!
//! When a session ends by time is never stored as a fact: it follows from the row and the
//! pool's settings ([`Session::due_at`]).

use crate::calls::{self, Call, CallEnd};
use crate::event::{Entry, Event};
use crate::ids::{AccountId, DeviceKey, DomainId, Head, PoolId, SessionId, UserId};
use crate::pools::{Pool, PoolSettings};
use crate::refusal::Refusal;
use crate::seats::SeatKind;
use crate::settings::Settings;
use crate::time::Time;
use crate::users::{License, User, UserState, in_domain};
use crate::waiting;
use crate::world::World;

/// A live session. One that is over is an [`EndedSession`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// Of which domain.
    pub domain: DomainId,
    /// Which.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// Whose seat it holds; none for a named user's (rule E5).
    pub pool: Option<PoolId>,
    /// On which device.
    pub device: DeviceKey,
    /// Since when.
    pub started_at: Time,
    /// From when the log-off clock runs, links apart (rule E6): log-in, the end of a call,
    /// or the moment the last valid link was revoked or used up.
    pub clock_from: Time,
    /// When the last valid call link of the user ends by time; the clock runs from then,
    /// if that is later.
    pub links_until: Option<Time>,
    /// The call that it is in.
    pub call: Option<Call>,
    /// When the device was last heard of. Presence, not activity: it moves no clock but
    /// that of rule E8, and isn't journalled.
    pub seen_at: Time,
    /// The admin who logs the user out when the call ends (rule E7).
    pub log_out_after_call: Option<AccountId>,
    /// The automatic log-off of which the device was told (rule E13).
    pub noticed: Option<Time>,
    /// Whether a seat is reserved for the user; as its row says.
    pub reserved: bool,
}

impl Session {
    /// When it is logged off automatically, as things stand (rule E6); none in a call.
    #[must_use]
    pub fn log_off_at(&self, pool: Option<&Pool>) -> Option<Time> {
        let seconds = pool?.settings.log_off_seconds?;
        if self.call.is_some() {
            return None;
        }
        let from = self
            .links_until
            .map_or(self.clock_from, |links| links.max(self.clock_from));
        Some(from.plus_seconds(seconds))
    }

    /// When its silence has lasted too long, as things stand (rule E8).
    #[must_use]
    pub fn silent_at(&self, pool: Option<&Pool>) -> Option<Time> {
        let seconds = pool?.settings.silence_seconds?;
        Some(self.seen_at.plus_seconds(seconds))
    }

    /// When the device is told of the automatic log-off, unless it was (rule E13).
    #[must_use]
    pub fn notice_at(&self, pool: Option<&Pool>) -> Option<Time> {
        let seconds = pool?.settings.notice_seconds?;
        let log_off_at = self.log_off_at(pool)?;
        (self.noticed != Some(log_off_at)).then(|| log_off_at.plus_seconds(-seconds))
    }

    /// When time next brings something about, as things stand. What a store finds due
    /// sessions by; a named user's never is.
    #[must_use]
    pub fn due_at(&self, pool: Option<&Pool>) -> Option<Time> {
        let all = [
            self.log_off_at(pool),
            self.silent_at(pool),
            self.notice_at(pool),
        ];
        all.into_iter().flatten().min()
    }

    /// The pool's settings changed at `at`: a shorter time counts from then, at most until
    /// the moment that the longer one would have given; a longer one from where it ran.
    pub(crate) fn settings_changed(&mut self, at: Time, from: &PoolSettings, to: &PoolSettings) {
        let expired_link = self.links_until.filter(|until| *until <= at);
        let runs_from = expired_link.map_or(self.clock_from, |link| link.max(self.clock_from));
        self.clock_from = match (from.log_off_seconds, to.log_off_seconds) {
            (Some(old), Some(new)) if new < old => {
                let as_before = runs_from.plus_seconds(old - new);
                runs_from.max(as_before.min(at))
            }
            (None, Some(_)) => self.clock_from.max(at),
            _ => self.clock_from,
        };
        let stricter = match (from.silence_seconds, to.silence_seconds) {
            (Some(old), Some(new)) => new < old,
            (None, Some(_)) => true,
            (_, None) => false,
        };
        if stricter {
            self.seen_at = self.seen_at.max(at);
        }
    }

    /// Whether a guest can call by a link now (rule E11).
    #[must_use]
    pub fn waits_for_guest(&self, now: Time) -> bool {
        self.links_until.is_some_and(|until| now < until)
    }
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EndReason {
    /// The user logged off.
    LoggedOff,
    /// An admin logged the user out (rule E7).
    LoggedOut,
    /// The user went on on another device (rule E5).
    TakenOver,
    /// The pool's log-off clock ran out (rule E6).
    AutomaticLogOff,
    /// The device was silent for too long (rule E8).
    Silent,
    /// The user has another license model now (rule E2).
    Converted,
    /// The user is in another pool now (rule E2).
    PoolChanged,
    /// The user was suspended (rule A7).
    Suspended,
    /// The user was removed (rule A7).
    Removed,
    /// The user was moved to another domain (rule C6).
    Moved,
    /// A named user logged in on one device too many.
    TooManyDevices,
}

impl EndReason {
    /// All reasons.
    pub const ALL: [EndReason; 11] = [
        EndReason::LoggedOff,
        EndReason::LoggedOut,
        EndReason::TakenOver,
        EndReason::AutomaticLogOff,
        EndReason::Silent,
        EndReason::Converted,
        EndReason::PoolChanged,
        EndReason::Suspended,
        EndReason::Removed,
        EndReason::Moved,
        EndReason::TooManyDevices,
    ];

    /// The word for it in API, journal and store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            EndReason::LoggedOff => "logged_off",
            EndReason::LoggedOut => "logged_out",
            EndReason::TakenOver => "taken_over",
            EndReason::AutomaticLogOff => "automatic_log_off",
            EndReason::Silent => "silent",
            EndReason::Converted => "converted",
            EndReason::PoolChanged => "pool_changed",
            EndReason::Suspended => "suspended",
            EndReason::Removed => "removed",
            EndReason::Moved => "moved",
            EndReason::TooManyDevices => "too_many_devices",
        }
    }

    /// The reason of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<EndReason> {
        EndReason::ALL.into_iter().find(|r| r.name() == name)
    }
}

/// A session that is over. Kept for as long as its token is told why (rule E7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndedSession {
    /// Of which domain.
    pub domain: DomainId,
    /// Which.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// Whose seat it held.
    pub pool: Option<PoolId>,
    /// On which device.
    pub device: DeviceKey,
    /// From when,
    pub started_at: Time,
    /// to when.
    pub ended_at: Time,
    /// Why.
    pub reason: EndReason,
    /// By whom; none for what time brought about.
    pub by: Option<AccountId>,
}

/// Someone's wish to log in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogIn {
    /// Of which domain.
    pub domain: DomainId,
    /// Who.
    pub user: UserId,
    /// On which device.
    pub device: DeviceKey,
    /// Whether a session on another device shall end for it.
    pub take_over: bool,
    /// The id that a new session gets.
    pub session: SessionId,
}

/// What a log-in came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoggedIn {
    /// A new session, of the id that was given.
    Started(Vec<Entry>),
    /// The device has a session already and gets it back: a new token, and the clock
    /// unmoved. Counts as presence.
    Resumed(SessionId),
}

/// A log-in that was refused, with what the journal has to say of it (rule E4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub refusal: Refusal,
    /// To be written though nothing else changes: the refusal for want of a free seat.
    pub entries: Vec<Entry>,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Refused {
        Refused {
            refusal,
            entries: vec![],
        }
    }
}

/// Logs a user in on a device (rules E4, E5). Needs the user with its sessions, place in
/// the waiting list and valid call links, its pool, and the domain.
///
/// A shared user takes one seat of the pool, or the seat that was offered to it; newcomers
/// queue behind a waiting list. One on another device takes the session over, if it asks
/// to: the seat stays the user's, even while the pool drains. A named user takes none.
///
/// # Errors
/// [`Refusal::NoSeatAvailable`] with the pool, recorded; [`Refusal::SessionElsewhere`];
/// [`Refusal::NotInStanding`] for a pool of a frozen domain (rule C5);
/// [`Refusal::NotAllowed`] for one who is not active.
pub fn log_in(world: &World, log_in: LogIn) -> Result<LoggedIn, Refused> {
    world.domain(log_in.domain)?;
    let user = world.user(log_in.domain, log_in.user)?;
    let UserState::Active { account } = user.state else {
        return Err(Refusal::NotAllowed.into());
    };
    let mut own = world.sessions_of(log_in.domain, log_in.user);
    if let Some(same) = own.find(|session| session.device == log_in.device) {
        return Ok(LoggedIn::Resumed(same.id));
    }
    match user.license {
        License::Named { .. } => Ok(LoggedIn::Started(named_log_in(world, log_in))),
        License::Shared { pool } => {
            let pool = world.pool(log_in.domain, pool)?;
            shared_log_in(world, log_in, user, account, pool).map(LoggedIn::Started)
        }
    }
}

fn shared_log_in(
    world: &World,
    log_in: LogIn,
    user: &User,
    account: AccountId,
    pool: &Pool,
) -> Result<Vec<Entry>, Refused> {
    if let Some(elsewhere) = world.sessions_of(user.domain, user.id).next() {
        if !log_in.take_over {
            return Err(Refusal::SessionElsewhere {
                session: elsewhere.id,
                device: elsewhere.device,
            }
            .into());
        }
        let by = Some(account);
        let mut entries = end(world, elsewhere, EndReason::TakenOver, by, world.now);
        entries.push(started(world, log_in, Some((pool.id, pool.occupied))));
        return Ok(entries);
    }
    waiting::may_log_in(world, user.domain)?;
    let offered = world
        .waiting
        .get(&(user.domain, user.id))
        .is_some_and(|waiting| waiting.offered_until.is_some());
    if offered || pool.takes(user.reserved) {
        let occupied = pool.occupied.saturating_add(1);
        return Ok(vec![started(world, log_in, Some((pool.id, occupied)))]);
    }
    let refused = Event::LogInRefused {
        user: user.id,
        pool: pool.id,
    };
    Err(Refused {
        refusal: Refusal::NoSeatAvailable {
            kind: SeatKind::SeatLicense,
            pool: Some(pool.id),
        },
        entries: vec![in_domain(world, user.domain, refused)],
    })
}

/// One device too many ends the session that was silent for longest.
fn named_log_in(world: &World, log_in: LogIn) -> Vec<Entry> {
    let own = || world.sessions_of(log_in.domain, log_in.user);
    let mut entries = Vec::new();
    if own().count() >= world.settings.named_devices
        && let Some(stalest) = own().min_by_key(|session| (session.seen_at, session.id))
    {
        entries = end(world, stalest, EndReason::TooManyDevices, None, world.now);
    }
    entries.push(started(world, log_in, None));
    entries
}

fn started(world: &World, log_in: LogIn, seat: Option<(PoolId, u32)>) -> Entry {
    let links = world.valid_links(log_in.domain, log_in.user);
    let started = Event::SessionStarted {
        session: log_in.session,
        user: log_in.user,
        pool: seat.map(|(pool, _)| pool),
        device: log_in.device,
        links_until: links.map(|link| link.valid_until).max(),
        occupied: seat.map_or(0, |(_, occupied)| occupied),
    };
    in_domain(world, log_in.domain, started)
}

/// The user logs off: the seat is free at once.
///
/// # Errors
/// [`Refusal::SessionEnded`], [`Refusal::NotFound`].
pub fn log_off(world: &World, domain: DomainId, id: SessionId) -> Result<Vec<Entry>, Refusal> {
    let session = world.session(domain, id)?;
    let user = world.user(domain, session.user)?;
    let by = user.state.account();
    Ok(end(world, session, EndReason::LoggedOff, by, world.now))
}

/// When an admin's log-out of someone in a call takes effect (rule E7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogOut {
    /// At once; the call ends with the session.
    #[default]
    Now,
    /// When the call ends; at once without one.
    AfterCall,
}

/// An admin logs a user out (rule E7). Needs no standing.
///
/// # Errors
/// [`Refusal::SessionEnded`], [`Refusal::NotFound`].
pub fn log_out(
    world: &World,
    domain: DomainId,
    id: SessionId,
    by: AccountId,
    when: LogOut,
) -> Result<Vec<Entry>, Refusal> {
    let session = world.session(domain, id)?;
    if when == LogOut::Now || session.call.is_none() {
        let by = Some(by);
        return Ok(end(world, session, EndReason::LoggedOut, by, world.now));
    }
    if session.log_out_after_call.is_some() {
        return Ok(vec![]);
    }
    let waits = Event::LogOutAfterCall {
        session: id,
        user: session.user,
        by,
    };
    Ok(vec![in_domain(world, domain, waits)])
}

/// The entries that end a session, with the call that it is in (rule F3).
pub(crate) fn end(
    world: &World,
    session: &Session,
    reason: EndReason,
    by: Option<AccountId>,
    at: Time,
) -> Vec<Entry> {
    let head = Head::Domain(session.domain);
    let call = session.call;
    let call = call.map(|call| calls::ended(session, call.id, CallEnd::SessionEnded));
    let occupied = |pool| {
        let pool = world.pools.get(&(session.domain, pool));
        pool.map_or(0, |pool| pool.occupied.saturating_sub(1))
    };
    let ended = Event::SessionEnded {
        session: session.id,
        user: session.user,
        pool: session.pool,
        reason,
        by,
        started_at: session.started_at,
        occupied: session.pool.map_or(0, occupied),
    };
    let events = call.into_iter().chain([ended]);
    events.map(|event| Entry { head, at, event }).collect()
}

/// Ends all sessions of a user. Of a shared one there is at most one, so `occupied` is
/// right.
pub(crate) fn end_all(
    world: &World,
    domain: DomainId,
    user: UserId,
    reason: EndReason,
    by: Option<AccountId>,
) -> Vec<Entry> {
    world
        .sessions_of(domain, user)
        .flat_map(|session| end(world, session, reason, by, world.now))
        .collect()
}

impl EndedSession {
    /// Until when its token is told why (rule E7); a store may forget it then.
    #[must_use]
    pub fn told_until(&self, settings: &Settings) -> Time {
        self.ended_at.plus_seconds(settings.ended_session_seconds)
    }
}

impl World {
    /// The live session of this domain.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`] for 7 days after it ended, [`Refusal::NotFound`] then.
    pub fn session(&self, domain: DomainId, id: SessionId) -> Result<&Session, Refusal> {
        if let Some(session) = self.sessions.get(&(domain, id)) {
            return Ok(session);
        }
        let ended = self.ended_sessions.get(&(domain, id));
        match ended.filter(|ended| self.now < ended.told_until(&self.settings)) {
            Some(ended) => Err(Refusal::SessionEnded {
                reason: ended.reason,
                by: ended.by,
                at: ended.ended_at,
            }),
            None => Err(Refusal::not_found("session")),
        }
    }

    /// The live sessions of a user: at most one of a shared user, any number of a named one.
    pub fn sessions_of(&self, domain: DomainId, user: UserId) -> impl Iterator<Item = &Session> {
        let all = (domain, SessionId::nth(0))..=(domain, SessionId::nth(u128::MAX));
        let own = self.sessions.range(all).map(|(_, session)| session);
        own.filter(move |session| session.user == user)
    }

    /// The device was heard of: its event stream is open, a heartbeat came, or a report.
    /// Changes the session's `seen_at` and nothing else, and is not journalled (rule E8).
    pub fn seen(&mut self, domain: DomainId, id: SessionId) {
        if let Some(session) = self.sessions.get_mut(&(domain, id)) {
            session.seen_at = session.seen_at.max(self.now);
        }
    }

    pub(crate) fn apply_to_session(&mut self, domain: DomainId, at: Time, event: &Event) {
        match *event {
            Event::SessionStarted { .. } => self.start_session(domain, at, event),
            Event::SessionEnded {
                session,
                reason,
                by,
                ..
            } => self.end_session(domain, session, at, reason, by),
            Event::LogOutAfterCall { session, by, .. } => {
                if let Some(session) = self.sessions.get_mut(&(domain, session)) {
                    session.log_out_after_call = Some(by);
                }
            }
            Event::LogOffNear {
                session,
                log_off_at,
                ..
            } => {
                if let Some(session) = self.sessions.get_mut(&(domain, session)) {
                    session.noticed = Some(log_off_at);
                }
            }
            _ => {}
        }
    }

    fn start_session(&mut self, domain: DomainId, at: Time, event: &Event) {
        let Event::SessionStarted {
            session: id,
            user,
            pool,
            device,
            links_until,
            ..
        } = *event
        else {
            return;
        };
        let row = self.users.get(&(domain, user));
        let session = Session {
            domain,
            id,
            user,
            pool,
            device,
            started_at: at,
            clock_from: at,
            links_until,
            call: None,
            seen_at: at,
            log_out_after_call: None,
            noticed: None,
            reserved: row.is_some_and(|user| user.reserved),
        };
        self.put_session(domain, id, None, Some(session));
    }

    fn end_session(
        &mut self,
        domain: DomainId,
        id: SessionId,
        at: Time,
        reason: EndReason,
        by: Option<AccountId>,
    ) {
        let Some(session) = self.sessions.get(&(domain, id)).copied() else {
            return;
        };
        let ended = EndedSession {
            domain,
            id,
            user: session.user,
            pool: session.pool,
            device: session.device,
            started_at: session.started_at,
            ended_at: at,
            reason,
            by,
        };
        self.put_session(domain, id, Some(session), None);
        self.ended_sessions.insert((domain, id), ended);
    }
}
