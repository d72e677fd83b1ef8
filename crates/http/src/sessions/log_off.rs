//! `DELETE /v1/sessions/{session}` (rule E4).

use axum::extract::State;
use usher_app::sessions::LogOff;

use super::wire::OwnSession;
use crate::answer::{Answer, of_reply, render_nothing};
use crate::extract::{At, Nothing, Writes};
use crate::state::Http;

/// Log off
///
/// By the session's device. The seat is free at once; a call ends with the session.
#[utoipa::path(
    delete, path = "/v1/sessions/{session}", tag = "sessions",
    params(OwnSession),
    responses((status = 204, description = "Logged off")),
    extensions(("x-refusals" = json!(["not_found", "session_ended"]))),
)]
pub async fn log_off(
    State(http): State<Http>,
    At(OwnSession { session }): At<OwnSession>,
    Writes { ask, .. }: Writes<Nothing>,
) -> Answer {
    let of = http.app.own_session(&ask, session.0).await?;
    let case = LogOff(of);
    Ok(of_reply(http.app.run(ask, case, render_nothing()).await?))
}
