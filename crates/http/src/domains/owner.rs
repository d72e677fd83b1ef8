//! `PUT /v1/domains/{domain}/owner`: hands the domain over (rule C7).

use axum::extract::State;
use serde::Deserialize;
use usher_app::domains::HandOver;
use utoipa::ToSchema;

use crate::answer::{Answer, of_reply, render_nothing};
use crate::extract::{At, Writes};
use crate::state::Http;
use crate::wire::{Email, InDomain};

/// To whom.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandOverRequest {
    /// The new owner's address: at the root an account that no domain manages, below a user
    /// of the same domain above; one who owns none.
    pub email: Email,
}

/// Hand a domain over
///
/// Its owner may, and those who manage the users of the domain above. The new owner renews
/// billing, and verifies if that was never done.
#[utoipa::path(
    put, path = "/v1/domains/{domain}/owner", tag = "domains",
    params(InDomain),
    request_body = HandOverRequest,
    responses((status = 204, description = "Handed over")),
    extensions(("x-refusals" = json!([
        "not_allowed", "not_found", "owns_a_domain", "wrong_state",
    ]))),
)]
pub async fn hand_over(
    State(http): State<Http>,
    At(InDomain { domain }): At<InDomain>,
    Writes { ask, body }: Writes<HandOverRequest>,
) -> Answer {
    let case = HandOver {
        domain: domain.0,
        to: body.email.0,
    };
    let reply = http.app.run(ask, case, render_nothing()).await?;
    Ok(of_reply(reply))
}
