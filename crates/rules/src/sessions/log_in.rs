//! Logging in (rules E4, E5): who gets a seat, who is refused, who takes over.

use super::{EndReason, end};
use crate::event::{Entry, Event};
use crate::ids::{AccountId, DeviceKey, DomainId, PoolId, SessionId, UserId};
use crate::pools::Pool;
use crate::refusal::Refusal;
use crate::seats::SeatKind;
use crate::users::{License, User, UserState, in_domain};
use crate::waiting;
use crate::world::World;

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
