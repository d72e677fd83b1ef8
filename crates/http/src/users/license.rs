//! `PUT /v1/domains/{domain}/users/{user}/license`: upgrades and downgrades (rules A3, A4).

use axum::extract::State;
use usher_app::users::SetLicense;

use super::{License, User};
use crate::answer::{Answer, change};
use crate::extract::{At, Writes};
use crate::state::Http;
use crate::wire::OfUser;

/// Put a user on another tier
///
/// An upgrade takes one seat of its kind, and going from one upgrade to the other takes
/// the new one before it frees the old. A downgrade never needs standing.
#[utoipa::path(
    put, path = "/v1/domains/{domain}/users/{user}/license", tag = "users",
    params(OfUser),
    request_body = License,
    responses((status = 200, description = "The user", body = User)),
    extensions(("x-refusals" = json!([
        "not_allowed", "not_found", "not_in_standing", "no_seat_available",
    ]))),
)]
pub async fn set_license(
    State(http): State<Http>,
    At(OfUser { domain, user }): At<OfUser>,
    Writes { ask, body }: Writes<License>,
) -> Answer {
    let case = SetLicense {
        domain: domain.0,
        user: user.0,
        tier: body.tier.into(),
    };
    change(&http.app, ask, case, |line| User::from(line)).await
}
