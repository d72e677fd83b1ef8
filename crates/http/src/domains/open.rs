//! `POST /v1/domains`: a domain of one's own (rule C1).

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use usher_app::domains::OpenDomain;
use utoipa::ToSchema;

use super::Domain;
use crate::answer::{Answer, of_reply, render};
use crate::extract::Writes;
use crate::state::Http;
use crate::wire::Prefix;

/// A domain to be made.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDomain {
    /// The name that people read.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// Unique; who joins has to name it. Kept in small letters.
    pub prefix: Prefix,
}

/// Make a domain of one's own
///
/// A root domain, or, for a domain user, one below the domain that manages it. It is
/// `incomplete` until its owner has all that operating it needs.
#[utoipa::path(
    post, path = "/v1/domains", tag = "domains",
    request_body = NewDomain,
    responses((status = 201, description = "The domain", body = Domain)),
    extensions(("x-refusals" = json!(["not_allowed", "owns_a_domain", "taken"]))),
)]
pub async fn open_domain(
    State(http): State<Http>,
    Writes { ask, body }: Writes<NewDomain>,
) -> Answer {
    let case = OpenDomain {
        owner: http.app.who(&ask).await?,
        name: body.name,
        prefix: body.prefix.0,
    };
    let render = render(StatusCode::CREATED, |view| Domain::from(view));
    Ok(of_reply(http.app.run(ask, case, render).await?))
}
