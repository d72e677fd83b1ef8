//! `POST /v1/password-resets/{token}`: a new password with the mailed token (rule I4).

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::answer::{Answer, of_reply, render_nothing};
use crate::extract::{At, OpenWrites};
use crate::state::Http;
use crate::wire::BySecret;

/// The new password.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// The new password.
    #[schema(min_length = 10, max_length = 200)]
    pub password: String,
}

/// Choose a new password with the mailed token
///
/// All log-ins end.
#[utoipa::path(
    post, path = "/v1/password-resets/{token}", tag = "accounts",
    params(BySecret),
    request_body = NewPassword,
    responses((status = 204, description = "The password is another one now")),
    security(()),
    extensions(("x-refusals" = json!(["not_found", "not_allowed", "too_many_attempts"]))),
)]
pub async fn reset_password(
    State(http): State<Http>,
    At(BySecret { token }): At<BySecret>,
    OpenWrites { ask, body }: OpenWrites<NewPassword>,
) -> Answer {
    let reset = http
        .app
        .reset_password(ask, token, body.password, render_nothing());
    Ok(of_reply(reset.await?))
}
