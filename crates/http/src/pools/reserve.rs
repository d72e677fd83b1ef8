//! `PUT /v1/domains/{domain}/users/{user}/reservation` (rule E13).

use axum::extract::State;
use serde::Deserialize;
use usher_app::pools::Reserve;
use utoipa::ToSchema;

use crate::answer::{Answer, change};
use crate::extract::{At, Writes};
use crate::state::Http;
use crate::users::User;
use crate::wire::OfUser;

/// Whether a seat is reserved.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReservationRequest {
    /// Whether a seat of its pool is kept for the user.
    pub reserved: bool,
}

/// Reserve a seat of its pool for a user, or no longer
#[utoipa::path(
    put, path = "/v1/domains/{domain}/users/{user}/reservation", tag = "pools",
    params(OfUser),
    request_body = ReservationRequest,
    responses((status = 200, description = "The user", body = User)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found", "wrong_state"]))),
)]
pub async fn reserve_seat(
    State(http): State<Http>,
    At(OfUser { domain, user }): At<OfUser>,
    Writes { ask, body }: Writes<ReservationRequest>,
) -> Answer {
    let case = Reserve {
        domain: domain.0,
        user: user.0,
        reserved: body.reserved,
    };
    change(&http.app, ask, case, |line| User::from(line)).await
}
