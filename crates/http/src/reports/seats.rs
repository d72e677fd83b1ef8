//! `GET /v1/domains/{domain}/reports/seats` (rule E14).

use std::fmt::Write as _;

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use usher_app::reports::{SeatsReport, Span, TimeInUse};
use usher_rules::reports::Step;
use utoipa::{IntoParams, ToSchema};

use super::wire::SeatUse;
use crate::answer::{Answer, ok};
use crate::extract::{Asked, At, Reads};
use crate::state::Http;
use crate::wire::{InDomain, Moment, PoolId, UserId, Zone};

const CSV: &str = "text/csv; charset=utf-8";

/// How long the stretches of a report are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportStep {
    /// Hours.
    #[default]
    Hour,
    /// Days of the zone.
    Day,
}

impl From<ReportStep> for Step {
    fn from(step: ReportStep) -> Self {
        match step {
            ReportStep::Hour => Step::Hour,
            ReportStep::Day => Step::Day,
        }
    }
}

/// Of what.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SeatsReportQuery {
    /// The seat pool.
    #[param(inline)]
    pub pool: PoolId,
    /// From when; 7 days before `to` unless said, 92 days before at most.
    #[param(inline)]
    pub from: Option<Moment>,
    /// Until when; now unless said, and never later.
    #[param(inline)]
    pub to: Option<Moment>,
    /// By the hour or by the day; by the hour unless said.
    #[param(inline)]
    pub step: Option<ReportStep>,
    /// The time zone of days; UTC unless said.
    #[param(inline)]
    pub zone: Option<Zone>,
}

/// For how long a user held a seat of the pool.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UserTime {
    /// The domain user.
    pub user: UserId,
    /// What the person is called; `null` when the user is gone.
    pub name: Option<String>,
    /// In seconds.
    #[schema(minimum = 0)]
    pub seconds: i64,
}

/// How the seats of a pool were used.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SeatsReportAnswer {
    /// The seat pool.
    pub pool: PoolId,
    /// How long the stretches are.
    pub step: ReportStep,
    /// Whole hours or days in their order: the first holds `from`, the last `to`.
    pub stretches: Vec<SeatUse>,
    /// Time in use from the begin of the first stretch to the end of the last; who held a
    /// seat for longest comes first.
    pub users: Vec<UserTime>,
}

impl From<&TimeInUse> for UserTime {
    fn from(line: &TimeInUse) -> Self {
        UserTime {
            user: line.user.into(),
            name: line.name.clone(),
            seconds: line.seconds,
        }
    }
}

/// Report how a pool's seats were used
///
/// Peak, load, log-ins and refused log-ins by the hour or day, and time in use per user,
/// reckoned from the journal. With `Accept: text/csv` the stretches alone, a line each.
#[utoipa::path(
    get, path = "/v1/domains/{domain}/reports/seats", tag = "reports",
    params(InDomain, SeatsReportQuery),
    responses((status = 200, description = "The report", content(
        (SeatsReportAnswer = "application/json"), (String = "text/csv"),
    ))),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn report_seats(
    State(http): State<Http>,
    At(InDomain { domain }): At<InDomain>,
    Asked(query): Asked<SeatsReportQuery>,
    headers: HeaderMap,
    Reads(ask): Reads,
) -> Answer {
    let step = query.step.unwrap_or_default();
    let zone = query.zone.map(|zone| zone.0);
    let zone = zone.unwrap_or_else(usher_rules::billing::Zone::utc);
    let span = Span {
        domain: domain.0,
        pool: query.pool.0,
        from: query.from.map(|from| from.0),
        to: query.to.map(|to| to.0),
    };
    let report = http.app.seats_report(&ask, span, step.into(), zone).await?;
    if wants_csv(&headers) {
        return Ok(csv(&report));
    }
    Ok(ok(&SeatsReportAnswer {
        pool: query.pool,
        step,
        stretches: report.stretches.iter().map(SeatUse::from).collect(),
        users: report.users.iter().map(UserTime::from).collect(),
    }))
}

/// CSV was asked for, and no JSON.
fn wants_csv(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter();
    let texts: Vec<&str> = accepted.filter_map(|value| value.to_str().ok()).collect();
    let has = |kind| texts.iter().any(|text| text.contains(kind));
    has("text/csv") && !has("application/json")
}

/// Times and numbers only: nothing that a spreadsheet could take for a formula.
fn csv(report: &SeatsReport) -> Response {
    let mut text = String::from("from,to,peak,carried_erlangs,log_ins,refused_log_ins\r\n");
    for line in report.stretches.iter().map(SeatUse::from) {
        // Writing to a text never fails.
        let _ = write!(
            text,
            "{},{},{},{},{},{}\r\n",
            line.from.0,
            line.to.0,
            line.peak,
            line.carried_erlangs,
            line.log_ins,
            line.refused_log_ins
        );
    }
    ([(header::CONTENT_TYPE, CSV)], text).into_response()
}
