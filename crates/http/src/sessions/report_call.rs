//! `PUT /v1/domains/{domain}/sessions/{session}/calls/{call}` (rule F1).

use axum::extract::State;
use serde::Deserialize;
use usher_app::sessions::ReportCall;
use usher_rules::calls::{self, Report};
use utoipa::{IntoParams, ToSchema};

use super::wire::{OfSession, Session, after_report};
use crate::answer::{Answer, of_reply};
use crate::extract::{At, Writes};
use crate::state::Http;
use crate::wire::{CallId, Direction, DomainId, Phase, SessionId};

/// A call of a session.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct OfCall {
    /// The domain.
    pub domain: DomainId,
    /// The session.
    pub session: SessionId,
    /// The call: an id that the device chooses, the same in all reports of it.
    pub call: CallId,
}

/// A report of a call.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallReport {
    /// How far it is.
    pub phase: Phase,
    /// Who began it; `made` unless said. Counts in the first report.
    #[serde(default)]
    pub direction: Option<Direction>,
}

/// Report a call
///
/// A session is in one call at a time, and one that rings counts. The same report again
/// changes nothing, however late it comes; clocks use the time at which it came. Where an
/// admin's log-out waited for the end of the call, its end is answered `session_ended`.
#[utoipa::path(
    put, path = "/v1/domains/{domain}/sessions/{session}/calls/{call}", tag = "sessions",
    params(OfCall),
    request_body = CallReport,
    responses((status = 200, description = "The session", body = Session)),
    extensions(("x-refusals" = json!([
        "not_found", "session_ended", "call_in_progress", "taken",
    ]))),
)]
pub async fn report_call(
    State(http): State<Http>,
    At(OfCall {
        domain,
        session,
        call,
    }): At<OfCall>,
    Writes { ask, body }: Writes<CallReport>,
) -> Answer {
    let case = ReportCall {
        of: OfSession { domain, session }.by(&ask),
        report: Report {
            call: call.0,
            phase: body.phase.into(),
            direction: body.direction.map_or(calls::Direction::Made, Into::into),
            link: None,
        },
    };
    Ok(of_reply(http.app.run(ask, case, after_report).await?))
}
