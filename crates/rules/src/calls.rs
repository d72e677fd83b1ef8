//! Calls that sessions report: ringing, answered, ended (section F).
//!
//! Reports are idempotent and may come late or twice; clocks use the time of receipt. What
//! a proxy reports counts as the device's own report: the same functions, and presence
//! ([`crate::World::seen`]) for both.

use crate::event::{Entry, Event};
use crate::ids::{CallId, DomainId, LinkId, SessionId, UserId};
use crate::links;
use crate::refusal::Refusal;
use crate::sessions::{self, EndReason, Session};
use crate::time::Time;
use crate::users::in_domain;
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

/// How far a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// It rings.
    Ringing,
    /// They talk.
    Answered,
    /// It is over.
    Ended,
}

impl Phase {
    /// All phases, in their order.
    pub const ALL: [Phase; 3] = [Phase::Ringing, Phase::Answered, Phase::Ended];

    /// The word for it in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Phase::Ringing => "ringing",
            Phase::Answered => "answered",
            Phase::Ended => "ended",
        }
    }

    /// The phase of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Phase> {
        Phase::ALL.into_iter().find(|phase| phase.name() == name)
    }
}

/// What is reported of a call. Its id is the reporter's: two reports of the same id are
/// about the same call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// Which call.
    pub call: CallId,
    /// How far it is.
    pub phase: Phase,
    /// Made or received; counts for a call not heard of before.
    pub direction: Direction,
    /// The user's call link by which it came, likewise.
    pub link: Option<LinkId>,
}

/// A session, or a proxy for it, reports a call (rule F1). What was said already changes
/// nothing, however late it comes. An answered call uses up the link that it came by, if
/// that is for one call (rule F2).
///
/// # Errors
/// [`Refusal::CallInProgress`] for a second call; [`Refusal::SessionEnded`];
/// [`Refusal::Taken`] for the id of another session's call; [`Refusal::NotFound`] for a
/// link that isn't the user's.
pub fn report(
    world: &World,
    domain: DomainId,
    id: SessionId,
    report: Report,
) -> Result<Vec<Entry>, Refusal> {
    if let Some(ended) = world.ended_calls.get(&(domain, report.call)) {
        // Of an earlier session perhaps, with which it ended.
        let own = |session: &Session| session.user == ended.user;
        return only_own(ended.session == id || world.session(domain, id).is_ok_and(own));
    }
    let session = world.session(domain, id)?;
    if world
        .session_of_call(domain, report.call)
        .is_some_and(|of| of != id)
    {
        return only_own(false);
    }
    match session.call {
        Some(call) if call.id == report.call => Ok(go_on(world, session, call, report.phase)),
        Some(call) if report.phase != Phase::Ended => {
            Err(Refusal::CallInProgress { call: call.id })
        }
        // Its end is the first that is heard of it: remembered, so that a late "ringing"
        // doesn't bring it back.
        _ if report.phase == Phase::Ended => Ok(vec![in_domain(
            world,
            domain,
            ended(session, report.call, CallEnd::Reported),
        )]),
        _ => begin(world, session, report),
    }
}

fn only_own(own: bool) -> Result<Vec<Entry>, Refusal> {
    if own {
        Ok(vec![])
    } else {
        Err(Refusal::Taken { field: "call" })
    }
}

fn begin(world: &World, session: &Session, report: Report) -> Result<Vec<Entry>, Refusal> {
    if let Some(link) = report.link
        && world.link(session.domain, link)?.user != session.user
    {
        return Err(Refusal::not_found("call link"));
    }
    let started = Event::CallStarted {
        call: report.call,
        session: session.id,
        user: session.user,
        direction: report.direction,
        link: report.link,
    };
    let mut entries = vec![in_domain(world, session.domain, started)];
    if report.phase == Phase::Answered {
        entries.extend(answer(world, session, report.call, report.link));
    }
    Ok(entries)
}

fn go_on(world: &World, session: &Session, call: Call, phase: Phase) -> Vec<Entry> {
    match phase {
        Phase::Answered if call.answered_at.is_none() => answer(world, session, call.id, call.link),
        Phase::Ringing | Phase::Answered => vec![],
        Phase::Ended => end(world, session, call.id, CallEnd::Reported),
    }
}

fn answer(world: &World, session: &Session, call: CallId, link: Option<LinkId>) -> Vec<Entry> {
    let answered = Event::CallAnswered {
        call,
        session: session.id,
        user: session.user,
    };
    let mut entries = vec![in_domain(world, session.domain, answered)];
    let link = link.and_then(|link| world.link(session.domain, link).ok());
    entries.extend(link.and_then(|link| links::used(world, link, call)));
    entries
}

/// A call ends, and with it the session of whom an admin wanted out by then (rule E7).
fn end(world: &World, session: &Session, call: CallId, why: CallEnd) -> Vec<Entry> {
    let mut entries = vec![in_domain(world, session.domain, ended(session, call, why))];
    if let Some(by) = session.log_out_after_call {
        let quiet = Session {
            call: None,
            ..*session
        };
        let reason = EndReason::LoggedOut;
        entries.extend(sessions::end(world, &quiet, reason, Some(by), world.now));
    }
    entries
}

/// That a session's call ended.
pub(crate) fn ended(session: &Session, call: CallId, why: CallEnd) -> Event {
    Event::CallEnded {
        call,
        session: session.id,
        user: session.user,
        why,
    }
}

/// A heartbeat: the device is there, and says in which call it is. One that it doesn't name
/// has ended without a report (rule F1), unless a guest's call has just begun to ring, of
/// which the device may not know yet. Moves no clock (rule E6); the caller notes the presence
/// by [`World::seen`].
///
/// # Errors
/// [`Refusal::SessionEnded`], [`Refusal::NotFound`].
pub fn heartbeat(
    world: &World,
    domain: DomainId,
    id: SessionId,
    call: Option<CallId>,
) -> Result<Vec<Entry>, Refusal> {
    let session = world.session(domain, id)?;
    Ok(match session.call {
        Some(own) if call != Some(own.id) && !is_news(world, &own) => {
            end(world, session, own.id, CallEnd::Forgotten)
        }
        _ => vec![],
    })
}

/// Whether it is a guest's call that the device may not have heard of yet.
fn is_news(world: &World, call: &Call) -> bool {
    let until = call
        .started_at
        .plus_seconds(world.settings.guest_ring_seconds);
    call.link.is_some() && call.answered_at.is_none() && world.now < until
}

impl World {
    /// The live session that is in this call.
    #[must_use]
    pub fn session_of_call(&self, domain: DomainId, call: CallId) -> Option<SessionId> {
        let all = (domain, SessionId::nth(0))..=(domain, SessionId::nth(u128::MAX));
        let mut sessions = self.sessions.range(all).map(|(_, session)| session);
        let found = sessions.find(|session| session.call.is_some_and(|own| own.id == call));
        found.map(|session| session.id)
    }

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
