//! `POST /v1/sessions/{session}/calls`, `PATCH /v1/sessions/{session}/calls/{call}` (rule
//! F1).

use axum::extract::State;
use serde::Deserialize;
use usher_app::sessions::ReportCall;
use usher_rules::calls::{self, Report};
use utoipa::{IntoParams, ToSchema};

use super::wire::{OwnSession, Session, after_first_report, after_report};
use crate::answer::{Answer, of_reply};
use crate::extract::{At, Writes};
use crate::state::Http;
use crate::wire::{CallId, Direction, Phase, SessionId};

/// A call of a session.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct OfCall {
    /// The session.
    pub session: SessionId,
    /// The call, by the id that its first report gave.
    pub call: CallId,
}

/// The first report of a call.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallReport {
    /// An id that the device chooses, so that the same report again is about the same call;
    /// the server chooses one unless said.
    #[serde(default)]
    pub id: Option<CallId>,
    /// How far it is; `ringing` unless said.
    #[serde(default)]
    pub phase: Option<Phase>,
    /// Who began it; `made` unless said.
    #[serde(default)]
    pub direction: Option<Direction>,
}

/// A further report of a call.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallProgress {
    /// How far it is.
    pub phase: Phase,
}

/// Report a call
///
/// A session is in one call at a time, and one that rings counts. The same report again
/// changes nothing, however late it comes; clocks use the time at which it came.
#[utoipa::path(
    post, path = "/v1/sessions/{session}/calls", tag = "sessions",
    params(OwnSession),
    request_body = CallReport,
    responses((status = 201, description = "The session with its call", body = Session)),
    extensions(("x-refusals" = json!([
        "not_found", "session_ended", "call_in_progress", "taken",
    ]))),
)]
pub async fn report_call(
    State(http): State<Http>,
    At(OwnSession { session }): At<OwnSession>,
    Writes { ask, body }: Writes<CallReport>,
) -> Answer {
    let case = ReportCall {
        of: http.app.own_session(&ask, session.0).await?,
        report: Report {
            // A request has an id of its own, the same when it is sent again.
            call: body.id.map_or(usher_rules::CallId(ask.request), |id| id.0),
            phase: body.phase.map_or(calls::Phase::Ringing, Into::into),
            direction: body.direction.map_or(calls::Direction::Made, Into::into),
            link: None,
        },
    };
    Ok(of_reply(http.app.run(ask, case, after_first_report).await?))
}

/// Report how a call goes on
///
/// One that was not heard of before counts as made. Where an admin's log-out waited for the
/// end of the call, its end is answered `session_ended`.
#[utoipa::path(
    patch, path = "/v1/sessions/{session}/calls/{call}", tag = "sessions",
    params(OfCall),
    request_body = CallProgress,
    responses((status = 200, description = "The session", body = Session)),
    extensions(("x-refusals" = json!([
        "not_found", "session_ended", "call_in_progress", "taken",
    ]))),
)]
pub async fn report_progress(
    State(http): State<Http>,
    At(OfCall { session, call }): At<OfCall>,
    Writes { ask, body }: Writes<CallProgress>,
) -> Answer {
    let case = ReportCall {
        of: http.app.own_session(&ask, session.0).await?,
        report: Report {
            call: call.0,
            phase: body.phase.into(),
            direction: calls::Direction::Made,
            link: None,
        },
    };
    Ok(of_reply(http.app.run(ask, case, after_report).await?))
}
