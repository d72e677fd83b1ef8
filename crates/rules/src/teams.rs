//! Teams: who sees whom in the contact list (rule D5). Names are records of the store.

use crate::event::Event;
use crate::ids::{DomainId, TeamId};
use crate::world::World;

/// A team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Team {
    /// Of which domain.
    pub domain: DomainId,
    /// Which.
    pub id: TeamId,
}

impl World {
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
