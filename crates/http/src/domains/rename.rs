//! `PATCH /v1/domains/{domain}`: another name.

use axum::extract::State;
use serde::Deserialize;
use usher_app::domains::RenameDomain;
use utoipa::ToSchema;

use super::Domain;
use crate::answer::{Answer, change};
use crate::extract::{At, Writes};
use crate::state::Http;
use crate::wire::InDomain;

/// What changes of a domain.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DomainChanges {
    /// The name that people read.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
}

/// Rename a domain
#[utoipa::path(
    patch, path = "/v1/domains/{domain}", tag = "domains",
    params(InDomain),
    request_body = DomainChanges,
    responses((status = 200, description = "The domain", body = Domain)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn rename_domain(
    State(http): State<Http>,
    At(InDomain { domain }): At<InDomain>,
    Writes { ask, body }: Writes<DomainChanges>,
) -> Answer {
    let case = RenameDomain {
        domain: domain.0,
        name: body.name,
    };
    change(&http.app, ask, case, |view| Domain::from(view)).await
}
