//! `PUT /v1/proxy/registrations`: a proxy reports that a device is registered (rules E8, F1).

use axum::extract::State;
use serde::Deserialize;
use usher_app::proxies::report::ProxyReport;
use utoipa::ToSchema;

use super::wire::{ProxyReportAnswer, whom};
use crate::answer::{Answer, change};
use crate::extract::Writes;
use crate::state::Http;
use crate::wire::{AccountId, Email};

/// A device that is registered.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegistrationReport {
    /// Whose: the account; or the address, one of the two.
    #[serde(default)]
    pub account: Option<AccountId>,
    /// The account's address.
    #[serde(default)]
    pub email: Option<Email>,
    /// The id that the device gives itself: of a user who is on several.
    #[schema(min_length = 1, max_length = 200)]
    #[serde(default)]
    pub device: Option<String>,
}

/// Report that a device is registered
///
/// Keeps it from being taken for silent, as its own heartbeat does, but ends no call. Moves no
/// log-off clock: being there is not being active.
#[utoipa::path(
    put, path = "/v1/proxy/registrations", tag = "proxies",
    request_body = RegistrationReport,
    responses((status = 200, description = "The session", body = ProxyReportAnswer)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn report_registration(
    State(http): State<Http>,
    Writes { ask, body }: Writes<RegistrationReport>,
) -> Answer {
    let whom = whom(body.account, body.email)?;
    let (domain, user) = http.app.seat_of(&ask, whom).await?;
    let case = ProxyReport {
        domain,
        user,
        device: body.device,
        call: None,
    };
    change(&http.app, ask, case, |view| ProxyReportAnswer::from(view)).await
}
