//! `POST /v1/password-resets`: mails a link for a new password (rule I4).

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::answer::{Answer, of_reply, render};
use crate::extract::OpenWrites;
use crate::state::Http;
use crate::wire::Email;

/// Whose password.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetRequest {
    /// The address.
    pub email: Email,
}

/// What happens next.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ResetAnswer {
    /// For people.
    pub message: String,
}

/// Ask for a new password
///
/// Mails a link, if the address has an account; the answer is the same if not.
#[utoipa::path(
    post, path = "/v1/password-resets", tag = "accounts",
    request_body = ResetRequest,
    responses((status = 202, description = "A mail goes out, if there is an account",
        body = ResetAnswer)),
    security(()),
    extensions(("x-refusals" = json!(["too_many_attempts"]))),
)]
pub async fn request_reset(
    State(http): State<Http>,
    OpenWrites { ask, body }: OpenWrites<ResetRequest>,
) -> Answer {
    let render = render(StatusCode::ACCEPTED, |_: &()| ResetAnswer {
        message: "If this address has an account, a mail is on its way.".to_owned(),
    });
    Ok(of_reply(
        http.app.request_reset(ask, body.email.0, render).await?,
    ))
}
