//! `DELETE /v1/domains/{domain}/teams/{team}` (rule D5).

use axum::extract::State;
use usher_app::teams::DeleteTeam;

use super::wire::OfTeam;
use crate::answer::{Answer, of_reply, render_nothing};
use crate::extract::{At, Nothing, Writes};
use crate::state::Http;

/// Delete a team
///
/// Who was in it no longer is, and no longer sees the others by it.
#[utoipa::path(
    delete, path = "/v1/domains/{domain}/teams/{team}", tag = "teams",
    params(OfTeam),
    responses((status = 204, description = "Deleted")),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn delete_team(
    State(http): State<Http>,
    At(OfTeam { domain, team }): At<OfTeam>,
    Writes { ask, .. }: Writes<Nothing>,
) -> Answer {
    let case = DeleteTeam {
        domain: domain.0,
        team: team.0,
    };
    Ok(of_reply(http.app.run(ask, case, render_nothing()).await?))
}
