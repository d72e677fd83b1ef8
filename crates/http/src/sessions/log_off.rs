//! `DELETE /v1/domains/{domain}/sessions/{session}` (rule E4).

use axum::extract::State;
use usher_app::sessions::LogOff;

use super::wire::OfSession;
use crate::answer::{Answer, of_reply, render_nothing};
use crate::extract::{At, Nothing, Writes};
use crate::state::Http;

/// Log off
///
/// By the session's device. The seat is free at once; a call ends with the session.
#[utoipa::path(
    delete, path = "/v1/domains/{domain}/sessions/{session}", tag = "sessions",
    params(OfSession),
    responses((status = 204, description = "Logged off")),
    extensions(("x-refusals" = json!(["not_found", "session_ended"]))),
)]
pub async fn log_off(
    State(http): State<Http>,
    At(of): At<OfSession>,
    Writes { ask, .. }: Writes<Nothing>,
) -> Answer {
    let case = LogOff(of.by(&ask));
    Ok(of_reply(http.app.run(ask, case, render_nothing()).await?))
}
