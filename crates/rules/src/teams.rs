//! Teams: who sees whom in the contact list (rule D5). Names are records of the store.

use crate::event::{Entry, Event};
use crate::ids::{DomainId, TeamId, UserId};
use crate::refusal::Refusal;
use crate::users::in_domain;
use crate::world::World;

/// A team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Team {
    /// Of which domain.
    pub domain: DomainId,
    /// Which.
    pub id: TeamId,
}

/// The most teams of a domain.
pub const MAX_TEAMS: u32 = 10_000;

/// The most teams that one user is in.
pub const MAX_TEAMS_OF_USER: usize = 100;

/// Makes a team.
///
/// # Errors
/// [`Refusal::WrongState`] beyond [`MAX_TEAMS`].
pub fn make(world: &World, domain: DomainId, team: TeamId) -> Result<Vec<Entry>, Refusal> {
    if world.domain(domain)?.teams >= MAX_TEAMS {
        return Err(Refusal::WrongState {
            why: "the domain has as many teams as it can have",
        });
    }
    Ok(vec![in_domain(world, domain, Event::TeamMade { team })])
}

/// Deletes a team; who was in it no longer is.
///
/// # Errors
/// [`Refusal::NotFound`].
pub fn delete(world: &World, domain: DomainId, team: TeamId) -> Result<Vec<Entry>, Refusal> {
    world.team(domain, team)?;
    Ok(vec![in_domain(world, domain, Event::TeamDeleted { team })])
}

/// Puts a user into a team, joined or invited. The user's teams must have been loaded.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::WrongState`] beyond [`MAX_TEAMS_OF_USER`].
pub fn join(
    world: &World,
    domain: DomainId,
    team: TeamId,
    user: UserId,
) -> Result<Vec<Entry>, Refusal> {
    world.team(domain, team)?;
    world.user(domain, user)?;
    if world.members.contains(&(domain, team, user)) {
        return Ok(vec![]);
    }
    if world.teams_of(domain, user).count() >= MAX_TEAMS_OF_USER {
        return Err(Refusal::WrongState {
            why: "the user is in as many teams as can be",
        });
    }
    let joined = Event::TeamJoined { team, user };
    Ok(vec![in_domain(world, domain, joined)])
}

/// Takes a user out of a team; nothing when it isn't in it.
#[must_use]
pub fn leave(world: &World, domain: DomainId, team: TeamId, user: UserId) -> Vec<Entry> {
    let inside = world.members.contains(&(domain, team, user));
    let left = inside.then_some(Event::TeamLeft { team, user });
    left.into_iter()
        .map(|event| in_domain(world, domain, event))
        .collect()
}

impl World {
    /// The team of this domain.
    ///
    /// # Errors
    /// [`Refusal::NotFound`].
    pub fn team(&self, domain: DomainId, id: TeamId) -> Result<&Team, Refusal> {
        self.teams
            .get(&(domain, id))
            .ok_or(Refusal::not_found("team"))
    }

    /// The teams that a user is in.
    pub fn teams_of(&self, domain: DomainId, user: UserId) -> impl Iterator<Item = TeamId> {
        let own = move |row: &&(DomainId, TeamId, UserId)| (row.0, row.2) == (domain, user);
        self.members.iter().filter(own).map(|row| row.1)
    }

    /// Whether two users see each other in their contact lists: they share a team (rule
    /// D5). Pools have no say in it.
    #[must_use]
    pub fn share_a_team(&self, domain: DomainId, one: UserId, other: UserId) -> bool {
        let mut teams = self.teams_of(domain, one);
        one != other && teams.any(|team| self.members.contains(&(domain, team, other)))
    }

    pub(crate) fn apply_to_team(&mut self, domain: DomainId, event: &Event) {
        match *event {
            Event::TeamMade { team } => {
                self.teams.insert((domain, team), Team { domain, id: team });
                if let Some(domain) = self.domains.get_mut(&domain) {
                    domain.teams += 1;
                }
            }
            Event::TeamDeleted { team } => {
                self.teams.remove(&(domain, team));
                self.members
                    .retain(|(of, in_team, _)| (*of, *in_team) != (domain, team));
                if let Some(domain) = self.domains.get_mut(&domain) {
                    domain.teams = domain.teams.saturating_sub(1);
                }
            }
            Event::TeamJoined { team, user } => {
                self.members.insert((domain, team, user));
            }
            Event::TeamLeft { team, user } => {
                self.members.remove(&(domain, team, user));
            }
            // Teams don't come along (rule C6).
            Event::UserRemoved { user } | Event::UserMovedOut { user, .. } => {
                self.members
                    .retain(|(of, _, member)| (*of, *member) != (domain, user));
            }
            _ => {}
        }
    }
}
