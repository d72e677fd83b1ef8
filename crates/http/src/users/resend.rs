//! `POST /v1/domains/{domain}/users/{user}/resend` (rule A2).

use axum::extract::State;
use usher_app::users::{Step, TakeStep};

use super::User;
use crate::answer::{Answer, change};
use crate::extract::{At, Nothing, Writes};
use crate::state::Http;
use crate::wire::OfUser;

/// Send an invitation again
///
/// With a new link and new time; the former link is void. One that expired or was declined
/// takes its seats anew.
#[utoipa::path(
    post, path = "/v1/domains/{domain}/users/{user}/resend", tag = "users",
    params(OfUser),
    request_body = Nothing,
    responses((status = 200, description = "The user", body = User)),
    extensions(("x-refusals" = json!([
        "not_allowed", "not_found", "not_in_standing", "no_seat_available", "wrong_state",
    ]))),
)]
pub async fn resend_invitation(
    State(http): State<Http>,
    At(OfUser { domain, user }): At<OfUser>,
    Writes { ask, .. }: Writes<Nothing>,
) -> Answer {
    let case = TakeStep {
        domain: domain.0,
        user: user.0,
        step: Step::Resend,
    };
    // Only who was removed is none.
    change(&http.app, ask, case, |line| line.as_ref().map(User::from)).await
}
