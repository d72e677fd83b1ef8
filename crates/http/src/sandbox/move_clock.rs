//! `POST /v1/sandbox/clock`: moves the clock on; what waits for time has happened then.

use axum::extract::State;
use serde::Deserialize;
use usher_app::sandbox::FARTHEST_SECONDS;
use usher_rules::Time;
use utoipa::ToSchema;

use super::clock::ClockAnswer;
use crate::answer::{Answer, ok};
use crate::extract::OpenWrites;
use crate::problem::Stopped;
use crate::state::Http;
use crate::wire::Moment;

/// Where to move the clock: one of the two.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(min_properties = 1, max_properties = 1)]
pub struct ClockRequest {
    /// To this moment, not before the present one.
    #[schema(nullable = false)]
    #[serde(default)]
    pub now: Option<Moment>,
    /// By so many seconds.
    #[schema(minimum = 0, maximum = 3_162_240_000_u64)]
    #[serde(default)]
    pub advance_seconds: Option<i64>,
}

async fn target(http: &Http, said: ClockRequest) -> Result<Time, Stopped> {
    let now = http
        .app
        .store
        .now()
        .await
        .map_err(usher_app::Failure::Store)?;
    match (said.now, said.advance_seconds) {
        (Some(to), None) => Ok(to.0),
        (None, Some(seconds)) => Ok(now.plus_seconds(seconds.min(FARTHEST_SECONDS))),
        _ => Err(Stopped::invalid(
            "now",
            "give either now or advance_seconds",
        )),
    }
}

/// Move the sandbox's clock
///
/// Forward only. Everything that waits for time has happened when this answers.
#[utoipa::path(
    post, path = "/v1/sandbox/clock", tag = "sandbox",
    request_body = ClockRequest,
    responses((status = 200, description = "The time now", body = ClockAnswer)),
    security(()),
    extensions(("x-refusals" = json!(["not_found"]))),
)]
pub async fn move_clock(
    State(http): State<Http>,
    OpenWrites { body, .. }: OpenWrites<ClockRequest>,
) -> Answer {
    if !http.app.store.is_sandbox() {
        return Err(Stopped::not_found());
    }
    let to = target(&http, body).await?;
    let now = http.app.move_clock(to).await?;
    Ok(ok(&ClockAnswer { now: now.into() }))
}
