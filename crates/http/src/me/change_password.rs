//! `PUT /v1/me/password`.

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::answer::{Answer, of_reply, render_nothing};
use crate::extract::Writes;
use crate::state::Http;

/// The password, before and after.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The present one.
    #[schema(min_length = 1, max_length = 200)]
    pub current: String,
    /// The new one.
    #[schema(min_length = 10, max_length = 200)]
    pub new: String,
}

/// Change one's password
///
/// All other log-ins end.
#[utoipa::path(
    put, path = "/v1/me/password", tag = "me",
    request_body = PasswordChange,
    responses((status = 204, description = "The password is another one now")),
    extensions(("x-refusals" = json!(["not_allowed", "wrong_credentials", "too_many_attempts"]))),
)]
pub async fn change_password(
    State(http): State<Http>,
    Writes { ask, body }: Writes<PasswordChange>,
) -> Answer {
    let change = http
        .app
        .change_password(ask, body.current, body.new, render_nothing());
    Ok(of_reply(change.await?))
}
