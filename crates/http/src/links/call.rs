//! `POST /v1/call-links/{token}/calls` (rule F2): a guest calls.

use axum::extract::State;
use axum::http::StatusCode;

use super::wire::{ByLink, GuestCallAnswer};
use crate::answer::{Answer, of_reply, render};
use crate::extract::{At, Nothing, OpenWrites};
use crate::state::Http;

/// Call by a link
///
/// It rings on the user's device: of several, on the one heard of last that is in no call.
/// While it rings, calling once more gives the same call.
#[utoipa::path(
    post, path = "/v1/call-links/{token}/calls", tag = "call links",
    params(ByLink),
    request_body = Nothing,
    responses((status = 201, description = "The call, which rings", body = GuestCallAnswer)),
    security(()),
    extensions(("x-refusals" = json!([
        "not_found", "link_not_valid", "user_logged_off", "call_in_progress",
    ]))),
)]
pub async fn call_by_link(
    State(http): State<Http>,
    At(ByLink { token }): At<ByLink>,
    OpenWrites { ask, .. }: OpenWrites<Nothing>,
) -> Answer {
    let render = render(StatusCode::CREATED, |call| GuestCallAnswer::from(call));
    Ok(of_reply(http.app.call_by_link(ask, &token, render).await?))
}
