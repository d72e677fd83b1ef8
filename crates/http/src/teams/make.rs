//! `POST /v1/domains/{domain}/teams` (rule D5).

use axum::extract::State;
use axum::http::StatusCode;
use usher_app::teams::MakeTeam;

use super::wire::{Team, TeamRequest};
use crate::answer::{Answer, of_reply, render};
use crate::extract::{At, Writes};
use crate::state::Http;
use crate::wire::InDomain;

/// Make a team
#[utoipa::path(
    post, path = "/v1/domains/{domain}/teams", tag = "teams",
    params(InDomain),
    request_body = TeamRequest,
    responses((status = 201, description = "The team", body = Team)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found", "wrong_state"]))),
)]
pub async fn make_team(
    State(http): State<Http>,
    At(InDomain { domain }): At<InDomain>,
    Writes { ask, body }: Writes<TeamRequest>,
) -> Answer {
    let case = MakeTeam {
        domain: domain.0,
        name: body.name,
    };
    let render = render(StatusCode::CREATED, |line| Team::from(line));
    Ok(of_reply(http.app.run(ask, case, render).await?))
}
