//! `PUT /v1/me/totp`: a code confirms the authenticator (rule I4).

use axum::extract::State;
use serde::Deserialize;
use usher_app::accounts::totp::ConfirmTotp;
use utoipa::ToSchema;

use crate::answer::{Answer, of_reply, render_nothing};
use crate::extract::Writes;
use crate::state::Http;

/// What the authenticator shows.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TotpCode {
    /// Six digits.
    #[schema(pattern = "^[0-9]{6}$")]
    pub code: String,
}

/// Confirm one-time codes
///
/// From now on a log-in needs one.
#[utoipa::path(
    put, path = "/v1/me/totp", tag = "me",
    request_body = TotpCode,
    responses((status = 204, description = "Log-ins need a code now")),
    extensions(("x-refusals" = json!([
        "not_allowed", "wrong_credentials", "wrong_state", "too_many_attempts",
    ]))),
)]
pub async fn confirm_totp(
    State(http): State<Http>,
    Writes { ask, body }: Writes<TotpCode>,
) -> Answer {
    let case = ConfirmTotp {
        account: http.app.who(&ask).await?,
        code: body.code,
    };
    Ok(of_reply(http.app.run(ask, case, render_nothing()).await?))
}
