//! `PUT /v1/me/plan`: a plan of one's own (rule C2).

use axum::extract::State;
use serde::{Deserialize, Serialize};
use usher_app::accounts::SetPlan;
use usher_rules::accounts::{Account, Place};
use utoipa::ToSchema;

use crate::answer::{Answer, change};
use crate::extract::Writes;
use crate::state::Http;
use crate::wire::Plan;

/// Which plan.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanRequest {
    /// The plan.
    pub plan: Plan,
}

fn show(account: &Account) -> PlanRequest {
    let plan = match account.place {
        Place::Unmanaged { plan } => plan.into(),
        // Refused before it comes to this.
        Place::Managed { .. } => Plan::Personal,
    };
    PlanRequest { plan }
}

/// Choose a plan of one's own
///
/// Only an account that no domain manages has one.
#[utoipa::path(
    put, path = "/v1/me/plan", tag = "me",
    request_body = PlanRequest,
    responses((status = 200, description = "The plan", body = PlanRequest)),
    extensions(("x-refusals" = json!(["not_allowed", "wrong_state"]))),
)]
pub async fn set_plan(
    State(http): State<Http>,
    Writes { ask, body }: Writes<PlanRequest>,
) -> Answer {
    let case = SetPlan {
        account: http.app.who(&ask).await?,
        plan: body.plan.into(),
    };
    change(&http.app, ask, case, show).await
}
