//! How sessions end: by their user, by an admin, and with what they rely on (rules E7, F3).

use super::{EndReason, Session};
use crate::calls::{self, CallEnd};
use crate::event::{Entry, Event};
use crate::ids::{AccountId, DomainId, Head, SessionId, UserId};
use crate::refusal::Refusal;
use crate::time::Time;
use crate::users::in_domain;
use crate::world::World;

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
