//! Call links, with which guests call a user (rule F2). A link belongs to the user and
//! outlives sessions. What guests are called is a record of the store.

use std::ops::RangeInclusive;

use crate::calls::{self, Direction, Phase, Report};
use crate::event::{Entry, Event};
use crate::ids::{CallId, DomainId, LinkId, UserId};
use crate::refusal::Refusal;
use crate::time::Time;
use crate::users::{UserState, in_domain};
use crate::world::World;

/// What is recorded of a link; that its time has passed is derived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkRecord {
    /// Neither used up nor revoked.
    Open,
    /// The one call that it was for was answered.
    Used {
        /// That call.
        call: CallId,
        /// When.
        at: Time,
    },
    /// Taken back.
    Revoked {
        /// When.
        at: Time,
    },
}

/// A link's state, as the guest's page shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkState {
    /// A guest can call.
    Valid,
    /// It was for one call, which was answered.
    Used,
    /// Its time has passed.
    Expired,
    /// It was taken back.
    Revoked,
}

impl LinkState {
    /// All states.
    pub const ALL: [LinkState; 4] = [
        LinkState::Valid,
        LinkState::Used,
        LinkState::Expired,
        LinkState::Revoked,
    ];

    /// The word for it in API and store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            LinkState::Valid => "valid",
            LinkState::Used => "used",
            LinkState::Expired => "expired",
            LinkState::Revoked => "revoked",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<LinkState> {
        LinkState::ALL.into_iter().find(|s| s.name() == name)
    }
}

/// A user's link with which a guest can call until it is no longer valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLink {
    /// Of which domain.
    pub domain: DomainId,
    /// Which.
    pub id: LinkId,
    /// Whose.
    pub user: UserId,
    /// When it was made.
    pub made_at: Time,
    /// The first moment at which it is no longer valid by time.
    pub valid_until: Time,
    /// Whether the first answered call uses it up.
    pub one_call: bool,
    /// Used, revoked, or neither.
    pub record: LinkRecord,
}

impl CallLink {
    /// Its state at a moment.
    #[must_use]
    pub fn state(&self, now: Time) -> LinkState {
        match self.record {
            LinkRecord::Used { .. } => LinkState::Used,
            LinkRecord::Revoked { .. } => LinkState::Revoked,
            LinkRecord::Open if now < self.valid_until => LinkState::Valid,
            LinkRecord::Open => LinkState::Expired,
        }
    }
}

/// How long a link may be valid, in seconds: 1 minute to 30 days.
pub const VALIDITY_SECONDS: RangeInclusive<i64> = 60..=30 * 86_400;

/// The most links of one user that are valid at a time.
pub const MAX_VALID_LINKS: usize = 100;

/// Makes a call link that is valid for so many seconds, or for as many as the user's pool
/// allows (rules E6, F2).
///
/// # Errors
/// [`Refusal::Invalid`] for a validity out of range, [`Refusal::NotAllowed`] for one who is
/// not active, [`Refusal::WrongState`] beyond [`MAX_VALID_LINKS`].
pub fn make(
    world: &World,
    domain: DomainId,
    user: UserId,
    link: LinkId,
    seconds: i64,
    one_call: bool,
) -> Result<Vec<Entry>, Refusal> {
    let row = world.user(domain, user)?;
    if !matches!(row.state, UserState::Active { .. }) {
        return Err(Refusal::NotAllowed);
    }
    if !VALIDITY_SECONDS.contains(&seconds) {
        return Err(Refusal::Invalid {
            field: "valid_seconds",
            why: "1 minute to 30 days",
        });
    }
    if world.valid_links(domain, user).count() >= MAX_VALID_LINKS {
        return Err(Refusal::WrongState {
            why: "too many call links are valid; revoke some",
        });
    }
    let seconds = match row.license.pool() {
        Some(pool) => seconds.min(world.pool(domain, pool)?.settings.link_cap_seconds),
        None => seconds,
    };
    let made = Event::LinkMade {
        link,
        user,
        valid_until: world.now.plus_seconds(seconds),
        one_call,
    };
    Ok(vec![in_domain(world, domain, made)])
}

/// Takes a link back. One that is no longer valid stays what it is.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn revoke(world: &World, domain: DomainId, id: LinkId) -> Result<Vec<Entry>, Refusal> {
    let link = world.link(domain, id)?;
    if link.state(world.now) != LinkState::Valid {
        return Ok(vec![]);
    }
    let revoked = Event::LinkRevoked {
        link: id,
        user: link.user,
        left_until: others_until(world, link),
    };
    Ok(vec![in_domain(world, domain, revoked)])
}

/// When the last of the user's other valid links ends.
fn others_until(world: &World, link: &CallLink) -> Option<Time> {
    let valid = world.valid_links(link.domain, link.user);
    let others = valid.filter(|other| other.id != link.id);
    others.map(|other| other.valid_until).max()
}

/// What an answered call does to the link that it came by.
pub(crate) fn used(world: &World, link: &CallLink, call: CallId) -> Option<Entry> {
    let used_up = link.one_call && link.state(world.now) == LinkState::Valid;
    let used = Event::LinkUsed {
        link: link.id,
        user: link.user,
        call,
        left_until: others_until(world, link),
    };
    used_up.then(|| in_domain(world, link.domain, used))
}

/// A guest calls by a link: it rings on the user's device, on the one heard of last where
/// there are several (rule F2). Needs the user's sessions. The same call again changes
/// nothing.
///
/// # Errors
/// [`Refusal::LinkNotValid`] with its state, [`Refusal::UserLoggedOff`],
/// [`Refusal::CallInProgress`].
pub fn ring(
    world: &World,
    domain: DomainId,
    id: LinkId,
    call: CallId,
) -> Result<Vec<Entry>, Refusal> {
    let link = world.link(domain, id)?;
    if world.session_of_call(domain, call).is_some()
        || world.ended_calls.contains_key(&(domain, call))
    {
        return Ok(vec![]);
    }
    match link.state(world.now) {
        LinkState::Valid => {}
        state => return Err(Refusal::LinkNotValid { state }),
    }
    let sessions = world.sessions_of(domain, link.user);
    // One that is in no call before one that is.
    let session = sessions.max_by_key(|s| (s.call.is_none(), s.seen_at, s.id));
    let session = session.ok_or(Refusal::UserLoggedOff)?.id;
    let report = Report {
        call,
        phase: Phase::Ringing,
        direction: Direction::Received,
        link: Some(id),
    };
    calls::report(world, domain, session, report)
}

/// Revokes all valid links of a user who leaves the domain.
pub(crate) fn revoke_all(world: &World, domain: DomainId, user: UserId) -> Vec<Entry> {
    let mut left: Vec<&CallLink> = world.valid_links(domain, user).collect();
    left.sort_by_key(|link| std::cmp::Reverse(link.valid_until));
    let mut entries = Vec::with_capacity(left.len());
    while let Some(link) = left.pop() {
        let revoked = Event::LinkRevoked {
            link: link.id,
            user,
            left_until: left.first().map(|link| link.valid_until),
        };
        entries.push(in_domain(world, domain, revoked));
    }
    entries
}

impl World {
    /// The call link of this domain, in whatever state.
    ///
    /// # Errors
    /// [`Refusal::NotFound`].
    pub fn link(&self, domain: DomainId, id: LinkId) -> Result<&CallLink, Refusal> {
        self.links
            .get(&(domain, id))
            .ok_or(Refusal::not_found("call link"))
    }

    /// The user's links that are valid now, all of which must have been loaded.
    pub fn valid_links(&self, domain: DomainId, user: UserId) -> impl Iterator<Item = &CallLink> {
        let all = (domain, LinkId::nth(0))..=(domain, LinkId::nth(u128::MAX));
        let own = self.links.range(all).map(|(_, link)| link);
        own.filter(move |link| link.user == user && link.state(self.now) == LinkState::Valid)
    }

    /// The call that rings by this link: a guest who calls once more while it does means the
    /// same call. The user's sessions must have been loaded.
    #[must_use]
    pub fn ringing_by(&self, link: &CallLink) -> Option<CallId> {
        let sessions = self.sessions_of(link.domain, link.user);
        let mut calls = sessions.filter_map(|session| session.call);
        let rings = calls.find(|call| call.link == Some(link.id) && call.answered_at.is_none());
        rings.map(|call| call.id)
    }

    pub(crate) fn apply_to_link(&mut self, domain: DomainId, at: Time, event: &Event) {
        match *event {
            Event::LinkMade {
                link: id,
                user,
                valid_until,
                one_call,
            } => {
                let link = CallLink {
                    domain,
                    id,
                    user,
                    made_at: at,
                    valid_until,
                    one_call,
                    record: LinkRecord::Open,
                };
                self.links.insert((domain, id), link);
                self.link_added(domain, user, valid_until);
            }
            Event::LinkUsed {
                link,
                user,
                call,
                left_until,
            } => {
                self.record_link(domain, link, LinkRecord::Used { call, at });
                self.link_gone(domain, user, left_until, at);
            }
            Event::LinkRevoked {
                link,
                user,
                left_until,
            } => {
                self.record_link(domain, link, LinkRecord::Revoked { at });
                self.link_gone(domain, user, left_until, at);
            }
            _ => {}
        }
    }

    fn record_link(&mut self, domain: DomainId, id: LinkId, record: LinkRecord) {
        if let Some(link) = self.links.get_mut(&(domain, id)) {
            link.record = record;
        }
    }

    fn link_added(&mut self, domain: DomainId, user: UserId, until: Time) {
        for session in self.sessions.values_mut() {
            if (session.domain, session.user) == (domain, user) {
                session.links_until = session.links_until.max(Some(until));
            }
        }
    }

    /// The clock starts anew when the last valid link is gone (rule E6).
    fn link_gone(&mut self, domain: DomainId, user: UserId, left_until: Option<Time>, at: Time) {
        for session in self.sessions.values_mut() {
            if (session.domain, session.user) == (domain, user) {
                session.links_until = left_until;
                if left_until.is_none() {
                    session.clock_from = at;
                }
            }
        }
    }
}
