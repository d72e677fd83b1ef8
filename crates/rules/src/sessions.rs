//! Sessions: one user on one device, from log-in to log-off (rules E4 to E8).
//!
//! When a session ends by time is never stored as a fact: it follows from the row and the
//! pool's settings ([`Session::due_at`]).

use crate::calls::Call;
use crate::event::Event;
use crate::ids::{AccountId, DeviceKey, DomainId, PoolId, SessionId, UserId};
use crate::pools::{Pool, PoolSettings};
use crate::refusal::Refusal;
use crate::settings::Settings;
use crate::time::Time;
use crate::world::World;

mod log_in;
mod log_out;

pub use log_in::{LogIn, LoggedIn, Refused, log_in};
pub use log_out::{LogOut, log_off, log_out};
pub(crate) use log_out::{end, end_all};

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

    /// Whether time has ended it, though nobody wrote that down yet.
    #[must_use]
    pub fn is_over(&self, pool: Option<&Pool>, now: Time) -> bool {
        let ends = [self.log_off_at(pool), self.silent_at(pool)];
        ends.into_iter().flatten().any(|at| at <= now)
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

impl Event {
    /// The session that it is about: what the device of that session is told.
    #[must_use]
    pub fn session(&self) -> Option<SessionId> {
        match *self {
            Event::SessionStarted { session, .. }
            | Event::SessionEnded { session, .. }
            | Event::LogOutAfterCall { session, .. }
            | Event::LogOffNear { session, .. }
            | Event::SessionRenewed { session, .. }
            | Event::CallStarted { session, .. }
            | Event::CallAnswered { session, .. }
            | Event::CallEnded { session, .. } => Some(session),
            _ => None,
        }
    }
}
