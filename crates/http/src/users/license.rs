//! `PUT /v1/domains/{domain}/users/{user}/license`: upgrades, downgrades,
//! conversions (rules A3, A4, E2).

use axum::extract::State;
use usher_app::users::SetLicense;

use super::{LicenseRequest, User};
use crate::answer::{Answer, change};
use crate::extract::{At, Writes};
use crate::state::Http;
use crate::wire::OfUser;

/// Give a user another license
///
/// Another tier, a pool, or a seat of its own. An upgrade takes one seat of its kind, and
/// going from one upgrade to the other takes the new one before it frees the old. Converting,
/// or changing the pool, ends a live session with a notice. A downgrade never needs standing.
#[utoipa::path(
    put, path = "/v1/domains/{domain}/users/{user}/license", tag = "users",
    params(OfUser),
    request_body = LicenseRequest,
    responses((status = 200, description = "The user", body = User)),
    extensions(("x-refusals" = json!([
        "not_allowed", "not_found", "not_in_standing", "no_seat_available",
    ]))),
)]
pub async fn set_license(
    State(http): State<Http>,
    At(OfUser { domain, user }): At<OfUser>,
    Writes { ask, body }: Writes<LicenseRequest>,
) -> Answer {
    let case = SetLicense {
        domain: domain.0,
        user: user.0,
        license: body.license()?,
    };
    change(&http.app, ask, case, |line| User::from(line)).await
}
