//! `POST /v1/sessions/{session}/heartbeat` (rules E8, F1).

use axum::extract::State;
use serde::Deserialize;
use usher_app::sessions::Heartbeat;
use utoipa::ToSchema;

use super::wire::{OwnSession, Session, after_report};
use crate::answer::{Answer, of_reply};
use crate::extract::{At, Writes};
use crate::state::Http;
use crate::wire::CallId;

/// What a device says when it says that it is there.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HeartbeatRequest {
    /// The call that it is in; one that it doesn't name has ended.
    #[serde(default)]
    pub call: Option<CallId>,
}

/// Say that the device is there
///
/// Keeps it from being taken for silent. Moves no log-off clock: being there is not being
/// active. An open event stream does the same.
#[utoipa::path(
    post, path = "/v1/sessions/{session}/heartbeat", tag = "sessions",
    params(OwnSession),
    request_body = HeartbeatRequest,
    responses((status = 200, description = "The session", body = Session)),
    extensions(("x-refusals" = json!(["not_found", "session_ended"]))),
)]
pub async fn send_heartbeat(
    State(http): State<Http>,
    At(OwnSession { session }): At<OwnSession>,
    Writes { ask, body }: Writes<HeartbeatRequest>,
) -> Answer {
    let of = http.app.own_session(&ask, session.0).await?;
    let case = Heartbeat {
        of,
        call: body.call.map(|call| call.0),
    };
    Ok(of_reply(http.app.run(ask, case, after_report).await?))
}
