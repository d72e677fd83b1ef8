//! `DELETE /v1/me/call-links/{link}` (rule F2).

use axum::extract::State;
use usher_app::links::RevokeLink;

use super::wire::OfLink;
use crate::answer::{Answer, of_reply, render_nothing};
use crate::extract::{At, Nothing, Writes};
use crate::state::Http;

/// Revoke a call link
///
/// One that is no longer valid stays what it is.
#[utoipa::path(
    delete, path = "/v1/me/call-links/{link}", tag = "call links",
    params(OfLink),
    responses((status = 204, description = "It is not valid")),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn revoke_call_link(
    State(http): State<Http>,
    At(OfLink { link }): At<OfLink>,
    Writes { ask, .. }: Writes<Nothing>,
) -> Answer {
    let (domain, user) = http.app.managed_place(&ask).await?;
    let link = link.0;
    let case = RevokeLink { domain, user, link };
    Ok(of_reply(http.app.run(ask, case, render_nothing()).await?))
}
