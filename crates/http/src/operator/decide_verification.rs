//! `POST /v1/operator/verifications/{account}`: approves or rejects (rule G7).

use axum::extract::State;
use serde::{Deserialize, Serialize};
use usher_app::operator::DecideVerification;
use utoipa::ToSchema;

use crate::answer::{Answer, change};
use crate::extract::{At, Writes};
use crate::problem::Stopped;
use crate::state::Http;
use crate::wire::{AccountId, Identity, OfAccount};

/// A decision.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionRequest {
    /// Which.
    pub decision: Decision,
    /// Why not, when it is rejected; the person reads it.
    #[schema(min_length = 1, max_length = 100)]
    #[serde(default)]
    pub reason: Option<String>,
}

/// A decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The identity is proven, for good.
    Approve,
    /// It is not; the person may try again.
    Reject,
}

/// What was decided.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DecisionAnswer {
    /// Whose identity.
    pub account: AccountId,
    /// How far verification is.
    pub identity: Identity,
}

/// Approve or reject an identity
#[utoipa::path(
    post, path = "/v1/operator/verifications/{account}", tag = "operator",
    params(OfAccount),
    request_body = DecisionRequest,
    responses((status = 200, description = "What was decided", body = DecisionAnswer)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found", "wrong_state"]))),
)]
pub async fn decide_verification(
    State(http): State<Http>,
    At(OfAccount { account }): At<OfAccount>,
    Writes { ask, body }: Writes<DecisionRequest>,
) -> Answer {
    let approve = body.decision == Decision::Approve;
    if !approve && body.reason.is_none() {
        return Err(Stopped::invalid(
            "reason",
            "is missing: the person reads it",
        ));
    }
    let case = DecideVerification {
        account: account.0,
        approve,
        reason: body.reason,
    };
    let show = move |identity: &usher_rules::accounts::Identity| DecisionAnswer {
        account,
        identity: (*identity).into(),
    };
    change(&http.app, ask, case, show).await
}
