//! `POST /v1/me/totp`: a secret for an authenticator (rule I4, RFC 6238).

use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use usher_app::accounts::totp::{BeginTotp, TotpSecret};
use utoipa::ToSchema;

use crate::answer::{Answer, of_reply, render};
use crate::extract::{Nothing, Writes};
use crate::state::Http;

/// What goes into an authenticator, shown once.
#[derive(Clone, Serialize, ToSchema)]
pub struct TotpAnswer {
    /// In base32.
    pub secret: String,
    /// The same as an `otpauth://` address, for a QR code.
    pub url: String,
}

impl From<&TotpSecret> for TotpAnswer {
    fn from(secret: &TotpSecret) -> Self {
        TotpAnswer {
            secret: secret.secret.clone(),
            url: secret.url.clone(),
        }
    }
}

/// Begin to use one-time codes
///
/// Gives the secret for an authenticator. It counts once a code has confirmed it.
#[utoipa::path(
    post, path = "/v1/me/totp", tag = "me",
    request_body = Nothing,
    responses((status = 201, description = "The secret, shown once", body = TotpAnswer)),
    extensions(("x-refusals" = json!(["not_allowed", "wrong_state"]))),
)]
pub async fn begin_totp(State(http): State<Http>, Writes { ask, .. }: Writes<Nothing>) -> Answer {
    let account = http.app.who(&ask).await?;
    let render = render(StatusCode::CREATED, |secret| TotpAnswer::from(secret));
    Ok(of_reply(
        http.app.run(ask, BeginTotp { account }, render).await?,
    ))
}
