//! `GET /v1/domains/{domain}/users/{user}`.

use axum::extract::State;
use usher_app::users::GetUser;

use super::User;
use crate::answer::{Answer, look};
use crate::extract::{At, Reads};
use crate::state::Http;
use crate::wire::OfUser;

/// See a user
#[utoipa::path(
    get, path = "/v1/domains/{domain}/users/{user}", tag = "users",
    params(OfUser),
    responses((status = 200, description = "The user", body = User)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn see_user(
    State(http): State<Http>,
    At(OfUser { domain, user }): At<OfUser>,
    Reads(ask): Reads,
) -> Answer {
    let (domain, user) = (domain.0, user.0);
    look(&http.app, &ask, &GetUser { domain, user }, |line| {
        User::from(line)
    })
    .await
}
