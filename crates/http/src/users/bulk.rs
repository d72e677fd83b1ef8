//! `POST /v1/domains/{domain}/users/bulk`: one action on many users, each with an outcome
//! of its own (rule D4).

use axum::extract::State;
use serde::{Deserialize, Serialize};
use usher_app::users::Step;
use usher_app::users::bulk::{Action, Bulk};
use usher_rules::Refusal;
use usher_rules::users::License;
use utoipa::ToSchema;

use crate::answer::{Answer, change};
use crate::extract::{At, Writes};
use crate::problem::{Problem, Stopped};
use crate::state::Http;
use crate::wire::{InDomain, PoolId, Tier, UserId};

/// What is done to each user. `set_tier`: an upgrade, a downgrade, or a seat of its own, of the
/// tier in `tier`; `set_pool`: a place in the pool in `pool`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum BulkAction {
    SetTier,
    SetPool,
    Suspend,
    Restore,
    Remove,
    Resend,
}

/// What to do, and to whom.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkRequest {
    /// To whom, one after the other.
    #[schema(min_items = 1, max_items = 1000)]
    pub users: Vec<UserId>,
    /// What.
    pub action: BulkAction,
    /// The tier, for `set_tier`.
    #[serde(default)]
    pub tier: Option<Tier>,
    /// The pool, for `set_pool`.
    #[serde(default)]
    pub pool: Option<PoolId>,
}

/// What became of each user, in the order asked.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BulkAnswer {
    /// User by user.
    pub items: Vec<BulkOutcome>,
}

/// What became of one user.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BulkOutcome {
    /// Which.
    pub user: UserId,
    /// Whether it was done.
    pub done: bool,
    /// Why not, if it was not.
    pub problem: Option<Problem>,
}

impl BulkRequest {
    fn action(&self) -> Result<Action, Stopped> {
        match (self.action, self.tier, self.pool) {
            (BulkAction::SetTier, Some(tier), None) => {
                Ok(Action::License(License::Named { tier: tier.into() }))
            }
            (BulkAction::SetPool, None, Some(pool)) => {
                Ok(Action::License(License::Shared { pool: pool.0 }))
            }
            (BulkAction::SetTier, None, _) => Err(Stopped::invalid("tier", "is missing")),
            (BulkAction::SetPool, _, None) => Err(Stopped::invalid("pool", "is missing")),
            (_, Some(_), _) => Err(Stopped::invalid("tier", "belongs to set_tier only")),
            (_, _, Some(_)) => Err(Stopped::invalid("pool", "belongs to set_pool only")),
            (BulkAction::Suspend, ..) => Ok(Action::Step(Step::Suspend)),
            (BulkAction::Restore, ..) => Ok(Action::Step(Step::Restore)),
            (BulkAction::Remove, ..) => Ok(Action::Step(Step::Remove)),
            (BulkAction::Resend, ..) => Ok(Action::Step(Step::Resend)),
        }
    }
}

fn show(outcomes: &[(usher_rules::UserId, Result<(), Refusal>)]) -> BulkAnswer {
    let items = outcomes.iter().map(|(user, outcome)| BulkOutcome {
        user: (*user).into(),
        done: outcome.is_ok(),
        problem: outcome.as_ref().err().map(Problem::from),
    });
    BulkAnswer {
        items: items.collect(),
    }
}

/// Do one thing to many users
///
/// Each user has an outcome of its own; those that can be done are done together.
#[utoipa::path(
    post, path = "/v1/domains/{domain}/users/bulk", tag = "users",
    params(InDomain),
    request_body = BulkRequest,
    responses((status = 200, description = "What became of each user", body = BulkAnswer)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn bulk_users(
    State(http): State<Http>,
    At(InDomain { domain }): At<InDomain>,
    Writes { ask, body }: Writes<BulkRequest>,
) -> Answer {
    let case = Bulk {
        domain: domain.0,
        action: body.action()?,
        users: body.users.into_iter().map(|user| user.0).collect(),
    };
    change(&http.app, ask, case, |outcomes| show(outcomes)).await
}
