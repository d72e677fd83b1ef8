//! `PUT /v1/proxy/calls/{call}`: a proxy reports a call (rule F1).

use axum::extract::State;
use serde::Deserialize;
use usher_app::proxies::report::ProxyReport;
use usher_rules::calls::{self, Report};
use utoipa::{IntoParams, ToSchema};

use super::wire::{ProxyReportAnswer, whom};
use crate::answer::{Answer, change};
use crate::extract::{At, Writes};
use crate::state::Http;
use crate::wire::{AccountId, CallId, Direction, Email, Phase};

/// A call.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ProxiedCall {
    /// The call: by the id that its first report gave, whoever made it.
    pub call: CallId,
}

/// How a call goes.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProxiedCallReport {
    /// Whose call: the account; or the address, one of the two.
    #[serde(default)]
    pub account: Option<AccountId>,
    /// The account's address.
    #[serde(default)]
    pub email: Option<Email>,
    /// The id that the device gives itself: of a user who is on several.
    #[schema(min_length = 1, max_length = 200)]
    #[serde(default)]
    pub device: Option<String>,
    /// How far it is.
    pub phase: Phase,
    /// Who began it; `made` unless said. Counts for a call not heard of before.
    #[serde(default)]
    pub direction: Option<Direction>,
}

/// Report a call as a proxy
///
/// Counts as the device's own report, and that it is there. The same report again changes
/// nothing, however late it comes.
#[utoipa::path(
    put, path = "/v1/proxy/calls/{call}", tag = "proxies",
    params(ProxiedCall),
    request_body = ProxiedCallReport,
    responses((status = 200, description = "The session with its call", body = ProxyReportAnswer)),
    extensions(("x-refusals" = json!([
        "not_allowed", "not_found", "call_in_progress", "taken",
    ]))),
)]
pub async fn report_call_by_proxy(
    State(http): State<Http>,
    At(ProxiedCall { call }): At<ProxiedCall>,
    Writes { ask, body }: Writes<ProxiedCallReport>,
) -> Answer {
    let whom = whom(body.account, body.email)?;
    let (domain, user) = http.app.seat_of(&ask, whom).await?;
    let case = ProxyReport {
        domain,
        user,
        device: body.device,
        call: Some(Report {
            call: call.0,
            phase: body.phase.into(),
            direction: body.direction.map_or(calls::Direction::Made, Into::into),
            link: None,
        }),
    };
    change(&http.app, ask, case, |view| ProxyReportAnswer::from(view)).await
}
