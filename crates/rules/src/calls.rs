//! Calls that sessions report: ringing, answered, ended (section F).
//!
//! Reports are idempotent and may come late or twice; clocks use the time of receipt. What
//! a proxy reports counts as the device's own report: the same functions, and presence
//! ([`crate::World::seen`]) for both.

use crate::event::Event;
use crate::ids::{CallId, DomainId, LinkId, SessionId, UserId};
use crate::time::Time;
use crate::world::World;

/// Who began it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// The user calls.
    Made,
    /// The user is called.
    Received,
}

impl Direction {
    /// Both.
    pub const ALL: [Direction; 2] = [Direction::Made, Direction::Received];

    /// The word for it in API, journal and store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Direction::Made => "made",
            Direction::Received => "received",
        }
    }

    /// The direction of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Direction> {
        Direction::ALL.into_iter().find(|d| d.name() == name)
    }
}

/// The call that a session is in: it rings or was answered (rule F1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// Which.
    pub id: CallId,
    /// Made or received.
    pub direction: Direction,
    /// The call link that the guest used.
    pub link: Option<LinkId>,
    /// Since when it rings.
    pub started_at: Time,
    /// Since when they talk.
    pub answered_at: Option<Time>,
}

/// A call that is over: remembered, so that a late report of it changes nothing. A store
/// may forget it as it forgets ended sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndedCall {
    /// Of which domain.
    pub domain: DomainId,
    /// Which.
    pub id: CallId,
    /// Of which session.
    pub session: SessionId,
    /// Of which user.
    pub user: UserId,
    /// When.
    pub ended_at: Time,
}

/// Why a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallEnd {
    /// It was reported so.
    Reported,
    /// A heartbeat didn't name it (rule F1).
    Forgotten,
    /// Its session ended (rule F3).
    SessionEnded,
}

impl CallEnd {
    /// All reasons.
    pub const ALL: [CallEnd; 3] = [CallEnd::Reported, CallEnd::Forgotten, CallEnd::SessionEnded];

    /// The word for it in API, journal and store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            CallEnd::Reported => "reported",
            CallEnd::Forgotten => "forgotten",
            CallEnd::SessionEnded => "session_ended",
        }
    }

    /// The reason of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<CallEnd> {
        CallEnd::ALL.into_iter().find(|why| why.name() == name)
    }
}

impl World {
    pub(crate) fn apply_to_call(&mut self, domain: DomainId, at: Time, event: &Event) {
        match *event {
            Event::CallStarted {
                call,
                session,
                direction,
                link,
                ..
            } => {
                if let Some(session) = self.sessions.get_mut(&(domain, session)) {
                    session.call = Some(Call {
                        id: call,
                        direction,
                        link,
                        started_at: at,
                        answered_at: None,
                    });
                }
            }
            Event::CallAnswered { call, session, .. } => {
                let session = self.sessions.get_mut(&(domain, session));
                let own = session.and_then(|session| session.call.as_mut());
                if let Some(own) = own.filter(|own| own.id == call) {
                    own.answered_at = Some(at);
                }
            }
            Event::CallEnded {
                call,
                session,
                user,
                ..
            } => self.end_call(domain, call, session, user, at),
            _ => {}
        }
    }

    /// The clock starts anew when a call ends (rule E6), also when its end is all that was
    /// reported of it; while another call lasts it stands still anyway.
    fn end_call(
        &mut self,
        domain: DomainId,
        id: CallId,
        session: SessionId,
        user: UserId,
        at: Time,
    ) {
        let ended = EndedCall {
            domain,
            id,
            session,
            user,
            ended_at: at,
        };
        self.ended_calls.insert((domain, id), ended);
        let Some(session) = self.sessions.get_mut(&(domain, session)) else {
            return;
        };
        if session.call.is_none_or(|call| call.id == id) {
            session.call = None;
            session.clock_from = at;
        }
    }
}
