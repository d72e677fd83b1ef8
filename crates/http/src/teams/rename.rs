//! `PATCH /v1/domains/{domain}/teams/{team}` (rule D5).

use axum::extract::State;
use usher_app::teams::RenameTeam;

use super::wire::{OfTeam, Team, TeamRequest};
use crate::answer::{Answer, change};
use crate::extract::{At, Writes};
use crate::state::Http;

/// Rename a team
#[utoipa::path(
    patch, path = "/v1/domains/{domain}/teams/{team}", tag = "teams",
    params(OfTeam),
    request_body = TeamRequest,
    responses((status = 200, description = "The team", body = Team)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn rename_team(
    State(http): State<Http>,
    At(OfTeam { domain, team }): At<OfTeam>,
    Writes { ask, body }: Writes<TeamRequest>,
) -> Answer {
    let case = RenameTeam {
        domain: domain.0,
        team: team.0,
        name: body.name,
    };
    change(&http.app, ask, case, |line| Team::from(line)).await
}
