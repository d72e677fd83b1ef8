//! A team as the API shows it.

use serde::{Deserialize, Serialize};
use usher_store::lists::TeamLine;
use utoipa::{IntoParams, ToSchema};

use crate::wire::{DomainId, Moment, TeamId, UserId};

/// A team: who is in one sees the others in the contact list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Team {
    /// Its id.
    pub id: TeamId,
    /// What it is called.
    pub name: String,
    /// How many are in it, invited ones among them. The list of users, filtered by `team`,
    /// says who.
    #[schema(minimum = 0)]
    pub members: u64,
    /// When it was made.
    pub created_at: Moment,
}

impl From<&TeamLine> for Team {
    fn from(line: &TeamLine) -> Self {
        Team {
            id: line.record.team.into(),
            name: line.record.name.clone(),
            members: line.members,
            created_at: line.record.created_at.into(),
        }
    }
}

/// What a team is called.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamRequest {
    /// Its name.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
}

/// A team.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct OfTeam {
    /// The domain.
    pub domain: DomainId,
    /// The team.
    pub team: TeamId,
}

/// A place in a team.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct OfMember {
    /// The domain.
    pub domain: DomainId,
    /// The team.
    pub team: TeamId,
    /// The domain user.
    pub user: UserId,
}
