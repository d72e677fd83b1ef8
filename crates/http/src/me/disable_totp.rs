//! `DELETE /v1/me/totp`: no more one-time codes (rule I4).

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::answer::{Answer, of_reply, render_nothing};
use crate::extract::Writes;
use crate::state::Http;

/// The password, once more.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordAgain {
    /// The password.
    #[schema(min_length = 1, max_length = 200)]
    pub password: String,
}

/// Stop using one-time codes
#[utoipa::path(
    delete, path = "/v1/me/totp", tag = "me",
    request_body = PasswordAgain,
    responses((status = 204, description = "Log-ins need no code now")),
    extensions(("x-refusals" = json!(["not_allowed", "wrong_credentials", "too_many_attempts"]))),
)]
pub async fn disable_totp(
    State(http): State<Http>,
    Writes { ask, body }: Writes<PasswordAgain>,
) -> Answer {
    let disable = http.app.disable_totp(ask, body.password, render_nothing());
    Ok(of_reply(disable.await?))
}
