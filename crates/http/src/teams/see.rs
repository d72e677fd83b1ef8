//! `GET /v1/domains/{domain}/teams/{team}` (rule D5).

use axum::extract::State;
use usher_app::teams::GetTeam;

use super::wire::{OfTeam, Team};
use crate::answer::{Answer, look};
use crate::extract::{At, Reads};
use crate::state::Http;

/// See a team
#[utoipa::path(
    get, path = "/v1/domains/{domain}/teams/{team}", tag = "teams",
    params(OfTeam),
    responses((status = 200, description = "The team", body = Team)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn see_team(
    State(http): State<Http>,
    At(OfTeam { domain, team }): At<OfTeam>,
    Reads(ask): Reads,
) -> Answer {
    let (domain, team) = (domain.0, team.0);
    look(&http.app, &ask, &GetTeam { domain, team }, |line| {
        Team::from(line)
    })
    .await
}
