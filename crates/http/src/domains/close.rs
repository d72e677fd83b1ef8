//! `DELETE /v1/domains/{domain}`: closes an empty domain (rule C7).

use axum::extract::State;
use usher_app::domains::CloseDomain;

use crate::answer::{Answer, of_reply, render_nothing};
use crate::extract::{At, Nothing, Writes};
use crate::state::Http;
use crate::wire::InDomain;

/// Close an empty domain
///
/// For good. Its owner may, and those who manage the users of the domain above. What it
/// still has ordered ends with it.
#[utoipa::path(
    delete, path = "/v1/domains/{domain}", tag = "domains",
    params(InDomain),
    responses((status = 204, description = "Closed")),
    extensions(("x-refusals" = json!(["not_allowed", "not_found", "wrong_state"]))),
)]
pub async fn close_domain(
    State(http): State<Http>,
    At(InDomain { domain }): At<InDomain>,
    Writes { ask, .. }: Writes<Nothing>,
) -> Answer {
    let case = CloseDomain { domain: domain.0 };
    Ok(of_reply(http.app.run(ask, case, render_nothing()).await?))
}
