//! `POST /v1/logout`: ends the token that comes along.

use axum::extract::State;
use axum::http::header;
use usher_app::login::LogOut;

use super::log_in::cookie;
use crate::answer::{Answer, of_reply, render_nothing};
use crate::extract::{Nothing, Writes};
use crate::state::Http;

/// Log out
///
/// Ends the token that comes along, and the panel's cookie.
#[utoipa::path(
    post, path = "/v1/logout", tag = "accounts",
    request_body = Nothing,
    responses((status = 204, description = "Logged out")),
    extensions(("x-refusals" = json!(["not_allowed"]))),
)]
pub async fn log_out(State(http): State<Http>, Writes { ask, .. }: Writes<Nothing>) -> Answer {
    let account = http.app.who(&ask).await?;
    let reply = http
        .app
        .run(ask, LogOut { account }, render_nothing())
        .await?;
    let mut response = of_reply(reply);
    let ended = cookie("", false, "; Max-Age=0");
    response.headers_mut().insert(header::SET_COOKIE, ended);
    Ok(response)
}
