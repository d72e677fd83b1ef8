//! `DELETE /v1/domains/{domain}/teams/{team}/members/{user}` (rule D5).

use axum::extract::State;
use usher_app::teams::SetMember;

use super::wire::OfMember;
use crate::answer::{Answer, of_reply, render_nothing};
use crate::extract::{At, Nothing, Writes};
use crate::state::Http;

/// Take a user out of a team
///
/// One who isn't in it stays out.
#[utoipa::path(
    delete, path = "/v1/domains/{domain}/teams/{team}/members/{user}", tag = "teams",
    params(OfMember),
    responses((status = 204, description = "The user is not in the team")),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn leave_team(
    State(http): State<Http>,
    At(OfMember { domain, team, user }): At<OfMember>,
    Writes { ask, .. }: Writes<Nothing>,
) -> Answer {
    let case = SetMember {
        domain: domain.0,
        team: team.0,
        user: user.0,
        inside: false,
    };
    Ok(of_reply(http.app.run(ask, case, render_nothing()).await?))
}
