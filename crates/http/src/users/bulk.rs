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
use crate::wire::{InDomain, PoolId, TeamId, Tier, UserId};

/// What is done to each user. `set_tier`: an upgrade, a downgrade, or a seat of its own, of the
/// tier in `tier`; `set_pool`: a place in the pool in `pool`; `join_team`, `leave_team`: the team
/// in `team`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum BulkAction {
    SetTier,
    SetPool,
    JoinTeam,
    LeaveTeam,
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
    /// The team, for `join_team` and `leave_team`.
    #[serde(default)]
    pub team: Option<TeamId>,
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
        use BulkAction::{JoinTeam, LeaveTeam, Remove, Resend, Restore, SetPool, SetTier, Suspend};
        self.belongs("tier", self.tier.is_some(), &[SetTier], "set_tier only")?;
        self.belongs("pool", self.pool.is_some(), &[SetPool], "set_pool only")?;
        let of_teams = [JoinTeam, LeaveTeam];
        let only = "join_team and leave_team only";
        self.belongs("team", self.team.is_some(), &of_teams, only)?;
        let tier = self.tier.ok_or_else(missing("tier"));
        let pool = self.pool.ok_or_else(missing("pool"));
        let team = self.team.ok_or_else(missing("team"));
        Ok(match self.action {
            SetTier => Action::License(License::Named { tier: tier?.into() }),
            SetPool => Action::License(License::Shared { pool: pool?.0 }),
            JoinTeam => Action::Join(team?.0),
            LeaveTeam => Action::Leave(team?.0),
            Suspend => Action::Step(Step::Suspend),
            Restore => Action::Step(Step::Restore),
            Remove => Action::Step(Step::Remove),
            Resend => Action::Step(Step::Resend),
        })
    }

    /// Refuses a field that was given with an action that it doesn't belong to.
    fn belongs(
        &self,
        field: &str,
        given: bool,
        to: &[BulkAction],
        only: &str,
    ) -> Result<(), Stopped> {
        if given && !to.contains(&self.action) {
            return Err(Stopped::invalid(field, &format!("belongs to {only}")));
        }
        Ok(())
    }
}

fn missing(field: &'static str) -> impl FnOnce() -> Stopped {
    move || Stopped::invalid(field, "is missing")
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
