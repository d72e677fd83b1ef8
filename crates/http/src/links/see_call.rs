//! `GET /v1/call-links/{token}/calls/{call}` (rule F2): how far a guest's call is.

use axum::extract::State;

use super::wire::{GuestCallAnswer, OfGuestCall};
use crate::answer::{Answer, ok};
use crate::extract::At;
use crate::problem::Stopped;
use crate::state::Http;

/// See how far a guest's call is
///
/// A call that is over is known for a week.
#[utoipa::path(
    get, path = "/v1/call-links/{token}/calls/{call}", tag = "call links",
    params(OfGuestCall),
    responses((status = 200, description = "The call", body = GuestCallAnswer)),
    security(()),
    extensions(("x-refusals" = json!(["not_found"]))),
)]
pub async fn see_guest_call(
    State(http): State<Http>,
    At(OfGuestCall { token, call }): At<OfGuestCall>,
) -> Answer {
    let view = http.app.call_link(&token, Some(call.0)).await?;
    let call = view.call.ok_or_else(Stopped::not_found)?;
    Ok(ok(&GuestCallAnswer::from(&call)))
}
