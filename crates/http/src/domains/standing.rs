//! `GET /v1/domains/{domain}/standing`: each prerequisite, and what to do (rule C3).

use axum::extract::State;
use serde::Serialize;
use usher_app::domains::GetDomain;
use usher_rules::standing::{Prerequisite as Inner, Standing as InnerStanding};
use utoipa::ToSchema;

use super::Standing;
use crate::answer::{Answer, look};
use crate::extract::{At, Reads};
use crate::state::Http;
use crate::wire::{InDomain, Moment, Prerequisite, State as StateWord};

/// A domain's standing, prerequisite by prerequisite.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StandingAnswer {
    /// The state.
    pub state: StateWord,
    /// Since when it is lapsed or frozen.
    pub since: Option<Moment>,
    /// When a lapsed one freezes.
    pub until: Option<Moment>,
    /// All four, met or not.
    pub prerequisites: Vec<PrerequisiteAnswer>,
}

/// A prerequisite.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PrerequisiteAnswer {
    /// Which.
    pub name: Prerequisite,
    /// Whether it holds now.
    pub met: bool,
    /// What the owner can do about it, if it does not.
    pub what_to_do: Option<String>,
}

impl From<&InnerStanding> for StandingAnswer {
    fn from(standing: &InnerStanding) -> Self {
        let Standing {
            state,
            since,
            until,
            ..
        } = standing.into();
        let prerequisites = Inner::ALL.into_iter().map(|prerequisite| {
            let met = !standing.missing.contains(&prerequisite);
            PrerequisiteAnswer {
                name: prerequisite.into(),
                met,
                what_to_do: (!met).then(|| prerequisite.what_to_do().to_owned()),
            }
        });
        StandingAnswer {
            state,
            since,
            until,
            prerequisites: prerequisites.collect(),
        }
    }
}

/// See what operating the domain needs, and what to do about what is missing
#[utoipa::path(
    get, path = "/v1/domains/{domain}/standing", tag = "domains",
    params(InDomain),
    responses((status = 200, description = "The standing", body = StandingAnswer)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn see_standing(
    State(http): State<Http>,
    At(InDomain { domain }): At<InDomain>,
    Reads(ask): Reads,
) -> Answer {
    let domain = GetDomain { domain: domain.0 };
    let show = |view: &usher_app::domains::DomainView| StandingAnswer::from(&view.standing);
    look(&http.app, &ask, &domain, show).await
}
