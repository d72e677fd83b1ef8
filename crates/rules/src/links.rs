//! Call links, with which guests call a user (rule F2). A link belongs to the user and
//! outlives sessions. What guests are called is a record of the store.

use crate::event::{Entry, Event};
use crate::ids::{CallId, DomainId, LinkId, UserId};
use crate::refusal::Refusal;
use crate::time::Time;
use crate::users::in_domain;
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
