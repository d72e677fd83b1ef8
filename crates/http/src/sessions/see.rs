//! `GET /v1/domains/{domain}/sessions/{session}` (rules E7, E11).

use axum::extract::State;
use usher_app::sessions::GetSession;

use super::wire::{OfSession, Session};
use crate::answer::{Answer, look};
use crate::extract::{At, Reads};
use crate::state::Http;

/// See a session
///
/// By its device, or who may see pools. For 7 days after the end the answer says why it
/// ended, by whom and when.
#[utoipa::path(
    get, path = "/v1/domains/{domain}/sessions/{session}", tag = "sessions",
    params(OfSession),
    responses((status = 200, description = "The session", body = Session)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found", "session_ended"]))),
)]
pub async fn see_session(
    State(http): State<Http>,
    At(of): At<OfSession>,
    Reads(ask): Reads,
) -> Answer {
    let case = GetSession(of.by(&ask));
    look(&http.app, &ask, &case, |view| Session::from(view)).await
}
