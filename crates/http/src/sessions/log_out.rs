//! `POST /v1/domains/{domain}/sessions/{session}/log-out` (rule E7).

use axum::extract::State;
use serde::{Deserialize, Serialize};
use usher_app::sessions::LogSomeoneOut;
use usher_rules::sessions::LogOut;
use utoipa::ToSchema;

use super::wire::{OfSession, Session};
use crate::answer::{Answer, change};
use crate::extract::{At, Writes};
use crate::state::Http;

/// When someone is logged out.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogOutRequest {
    /// Whether to wait for the end of the call that it is in; at once unless said.
    #[schema(nullable = false)]
    #[serde(default)]
    pub after_call: Option<bool>,
}

/// What a log-out came to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct LogOutAnswer {
    /// The session, if it goes on until its call ends; `null` when it is over.
    pub session: Option<Session>,
}

/// Log someone out
///
/// The device is told at once, with the reason and by whom, and the seat is free at once;
/// or both when the call ends.
#[utoipa::path(
    post, path = "/v1/domains/{domain}/sessions/{session}/log-out", tag = "sessions",
    params(OfSession),
    request_body = LogOutRequest,
    responses((status = 200, description = "What it came to", body = LogOutAnswer)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found", "session_ended"]))),
)]
pub async fn log_user_out(
    State(http): State<Http>,
    At(of): At<OfSession>,
    Writes { ask, body }: Writes<LogOutRequest>,
) -> Answer {
    let case = LogSomeoneOut {
        of: of.by(&ask),
        when: match body.after_call {
            Some(true) => LogOut::AfterCall,
            _ => LogOut::Now,
        },
    };
    change(&http.app, ask, case, |view| LogOutAnswer {
        session: view.as_ref().map(Session::from),
    })
    .await
}
