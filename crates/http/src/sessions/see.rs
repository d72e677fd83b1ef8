//! `GET /v1/domains/{domain}/sessions/{session}` and `GET /v1/sessions/{session}` (rules E7,
//! E11).

use axum::extract::State;
use usher_app::sessions::{GetSession, OwnSession as OwnSeat};

use super::wire::{OfSession, OwnSession, Session};
use crate::answer::{Answer, look};
use crate::extract::{At, Reads};
use crate::state::Http;

/// See a session
///
/// By who may see pools. For 7 days after the end the answer says why it
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

/// See one's own session
///
/// By its device. For 7 days after the end the answer says why it ended, by whom and when.
#[utoipa::path(
    get, path = "/v1/sessions/{session}", tag = "sessions",
    params(OwnSession),
    responses((status = 200, description = "The session", body = Session)),
    extensions(("x-refusals" = json!(["not_found", "session_ended"]))),
)]
pub async fn see_own_session(
    State(http): State<Http>,
    At(OwnSession { session }): At<OwnSession>,
    Reads(ask): Reads,
) -> Answer {
    let of = http.app.own_session(&ask, session.0).await?;
    look(&http.app, &ask, &OwnSeat(of), |view| Session::from(view)).await
}
