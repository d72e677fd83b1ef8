//! `POST /v1/invitations/{token}/accept` (rule D1).

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use usher_app::invitations::Acceptance;
use utoipa::ToSchema;

use crate::answer::{Answer, of_reply, render};
use crate::extract::{At, OpenWrites};
use crate::problem::Stopped;
use crate::state::Http;
use crate::users::User;
use crate::wire::{BySecret, Email, Prefix};

/// What someone who accepts says.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptRequest {
    /// The prefix of the domain.
    pub domain_prefix: Prefix,
    /// The address that the invitation went to.
    pub email: Email,
    /// For a new account: what the person is called; the address, unless said.
    #[schema(min_length = 1, max_length = 100)]
    #[serde(default)]
    pub name: Option<String>,
    /// For a new account: its password. Without one, the account that is signed in joins.
    #[schema(min_length = 10, max_length = 200)]
    #[serde(default)]
    pub password: Option<String>,
}

/// Accept an invitation
///
/// With a password a new account is made. Without, the account that is signed in joins: one
/// that no domain manages, that owns none, and that has the invitation's address.
#[utoipa::path(
    post, path = "/v1/invitations/{token}/accept", tag = "invitations",
    params(BySecret),
    request_body = AcceptRequest,
    responses((status = 200, description = "The domain user", body = User)),
    security((), ("bearer" = []), ("cookie" = [])),
    extensions(("x-refusals" = json!([
        "not_signed_in", "not_allowed", "not_found", "owns_a_domain", "wrong_state",
        "too_many_attempts",
    ]))),
)]
pub async fn accept_invitation(
    State(http): State<Http>,
    At(BySecret { token }): At<BySecret>,
    OpenWrites { ask, body }: OpenWrites<AcceptRequest>,
) -> Answer {
    let said = Acceptance {
        token,
        domain_prefix: body.domain_prefix.0,
        new: match (body.name, body.password) {
            (None, None) => None,
            (name, Some(password)) => Some((name.unwrap_or(body.email.0.clone()), password)),
            (Some(_), None) => return Err(Stopped::invalid("password", "is missing")),
        },
        email: body.email.0,
    };
    let render = render(StatusCode::OK, |line| User::from(line));
    Ok(of_reply(http.app.accept(ask, said, render).await?))
}
