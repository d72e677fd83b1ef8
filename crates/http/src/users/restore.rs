//! `POST /v1/domains/{domain}/users/{user}/restore` (rule A7).

use axum::extract::State;
use usher_app::users::{Step, TakeStep};

use super::User;
use crate::answer::{Answer, change};
use crate::extract::{At, Nothing, Writes};
use crate::state::Http;
use crate::wire::OfUser;

/// Restore a suspended user
///
/// Takes its seats anew.
#[utoipa::path(
    post, path = "/v1/domains/{domain}/users/{user}/restore", tag = "users",
    params(OfUser),
    request_body = Nothing,
    responses((status = 200, description = "The user", body = User)),
    extensions(("x-refusals" = json!([
        "not_allowed", "not_found", "not_in_standing", "no_seat_available", "wrong_state",
    ]))),
)]
pub async fn restore_user(
    State(http): State<Http>,
    At(OfUser { domain, user }): At<OfUser>,
    Writes { ask, .. }: Writes<Nothing>,
) -> Answer {
    let case = TakeStep {
        domain: domain.0,
        user: user.0,
        step: Step::Restore,
    };
    // Only who was removed is none.
    change(&http.app, ask, case, |line| line.as_ref().map(User::from)).await
}
