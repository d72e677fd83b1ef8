//! `GET /v1/domains/{domain}`.

use axum::extract::State;
use usher_app::domains::GetDomain;

use super::Domain;
use crate::answer::{Answer, look};
use crate::extract::{At, Reads};
use crate::state::Http;
use crate::wire::InDomain;

/// See a domain with its standing
#[utoipa::path(
    get, path = "/v1/domains/{domain}", tag = "domains",
    params(InDomain),
    responses((status = 200, description = "The domain", body = Domain)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn see_domain(
    State(http): State<Http>,
    At(InDomain { domain }): At<InDomain>,
    Reads(ask): Reads,
) -> Answer {
    let domain = GetDomain { domain: domain.0 };
    look(&http.app, &ask, &domain, |view| Domain::from(view)).await
}
