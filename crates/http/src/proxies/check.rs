//! `GET /v1/proxy/check`: may someone have live service (rules B1, E12)?

use axum::extract::State;
use serde::{Deserialize, Serialize};
use usher_app::proxies::report::{Check, Checked};
use usher_rules::tiers::Feature;
use utoipa::{IntoParams, ToSchema};

use super::wire::whom;
use crate::answer::{Answer, look};
use crate::extract::{Asked, Reads};
use crate::sessions::Session;
use crate::state::Http;
use crate::users::EntitlementsAnswer;
use crate::wire::{AccountId, DomainId, Email, UserId};

/// Of whom the proxy asks: by one of the two.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CheckQuery {
    /// The account.
    #[param(inline)]
    pub account: Option<AccountId>,
    /// The account's address.
    #[param(inline)]
    pub email: Option<Email>,
}

/// What a proxy is told.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProxyCheck {
    /// Whether it may have live service through a proxy now.
    pub live: bool,
    /// The account.
    pub account: AccountId,
    /// The domain that manages it.
    pub domain: Option<DomainId>,
    /// As which user.
    pub user: Option<UserId>,
    /// Feature by feature, and why not.
    pub entitlements: EntitlementsAnswer,
    /// Where it is logged in, in the order of log-in.
    pub sessions: Vec<Session>,
}

impl From<&Checked> for ProxyCheck {
    fn from(checked: &Checked) -> Self {
        ProxyCheck {
            live: checked.entitlements.check(Feature::Proxy).is_ok(),
            account: checked.account.into(),
            domain: checked.user.map(|(domain, _)| domain.into()),
            user: checked.user.map(|(_, user)| user.into()),
            entitlements: EntitlementsAnswer::from(&checked.entitlements),
            sessions: checked.sessions.iter().map(Session::from).collect(),
        }
    }
}

/// Ask whether someone may have live service
///
/// By a proxy with a credential of its own. Derived at this moment: who shares the seats of a
/// pool has nothing live without a session.
#[utoipa::path(
    get, path = "/v1/proxy/check", tag = "proxies",
    params(CheckQuery),
    responses((status = 200, description = "What it may do now", body = ProxyCheck)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn check_live_service(
    State(http): State<Http>,
    Asked(query): Asked<CheckQuery>,
    Reads(ask): Reads,
) -> Answer {
    let check = Check(whom(query.account, query.email)?);
    look(&http.app, &ask, &check, |checked| ProxyCheck::from(checked)).await
}
