//! `POST /v1/domains/{domain}/users/{user}/suspend` (rule A7).

use axum::extract::State;
use usher_app::users::{Step, TakeStep};

use super::User;
use crate::answer::{Answer, change};
use crate::extract::{At, Nothing, Writes};
use crate::state::Http;
use crate::wire::OfUser;

/// Suspend a user
///
/// Frees every seat that it used, in the same step. A suspended user can do nothing and
/// keeps its data.
#[utoipa::path(
    post, path = "/v1/domains/{domain}/users/{user}/suspend", tag = "users",
    params(OfUser),
    request_body = Nothing,
    responses((status = 200, description = "The user", body = User)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found", "wrong_state"]))),
)]
pub async fn suspend_user(
    State(http): State<Http>,
    At(OfUser { domain, user }): At<OfUser>,
    Writes { ask, .. }: Writes<Nothing>,
) -> Answer {
    let case = TakeStep {
        domain: domain.0,
        user: user.0,
        step: Step::Suspend,
    };
    // Only who was removed is none.
    change(&http.app, ask, case, |line| line.as_ref().map(User::from)).await
}
