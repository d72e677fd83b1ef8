//! `GET /v1/sandbox/clock`.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::{Answer, ok};
use crate::problem::Stopped;
use crate::state::Http;
use crate::wire::Moment;

/// The sandbox's time.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ClockAnswer {
    /// What its clock says.
    pub now: Moment,
}

/// See the sandbox's clock
#[utoipa::path(
    get, path = "/v1/sandbox/clock", tag = "sandbox",
    responses((status = 200, description = "The time", body = ClockAnswer)),
    security(()),
    extensions(("x-refusals" = json!(["not_found"]))),
)]
pub async fn see_clock(State(http): State<Http>) -> Answer {
    if !http.app.store.is_sandbox() {
        return Err(Stopped::not_found());
    }
    let now = http
        .app
        .store
        .now()
        .await
        .map_err(usher_app::Failure::Store)?;
    Ok(ok(&ClockAnswer { now: now.into() }))
}
