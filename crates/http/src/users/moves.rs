//! `POST /v1/domains/{domain}/users/{user}/move`: to another domain of the tree (rule C6).

use axum::extract::State;
use serde::Deserialize;
use usher_app::users::moves::MoveUser;
use usher_rules::users::License;
use utoipa::ToSchema;

use super::User;
use crate::answer::{Answer, change};
use crate::extract::{Asked, At, Writes};
use crate::problem::Stopped;
use crate::state::Http;
use crate::wire::{DomainId, DryRun, OfUser, PoolId, Tier};

/// Where to.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveRequest {
    /// Another domain of the same tree, that the caller administers too.
    pub to: DomainId,
    /// A named seat of this tier there.
    #[serde(default)]
    pub tier: Option<Tier>,
    /// A pool there; a shared user needs one, unless it gets a named seat.
    #[serde(default)]
    pub pool: Option<PoolId>,
}

impl MoveRequest {
    fn license(&self) -> Result<Option<License>, Stopped> {
        match (self.tier, self.pool) {
            (None, None) => Ok(None),
            (Some(tier), None) => Ok(Some(License::Named { tier: tier.into() })),
            (None, Some(pool)) => Ok(Some(License::Shared { pool: pool.0 })),
            (Some(_), Some(_)) => Err(Stopped::invalid("tier", "is the pool's")),
        }
    }
}

/// Move a user to another domain of the tree
///
/// The seat is taken there before it is freed here. A sub-domain that the user owns comes
/// along; the role becomes `member`.
#[utoipa::path(
    post, path = "/v1/domains/{domain}/users/{user}/move", tag = "users",
    params(OfUser, DryRun),
    request_body = MoveRequest,
    responses((status = 200, description = "The user as it is, or would be, there", body = User)),
    extensions(("x-refusals" = json!([
        "not_allowed", "not_found", "not_in_standing", "no_seat_available", "taken",
        "would_make_a_circle", "wrong_state",
    ]))),
)]
pub async fn move_user(
    State(http): State<Http>,
    At(OfUser { domain, user }): At<OfUser>,
    Asked(DryRun { dry_run }): Asked<DryRun>,
    Writes { ask, body }: Writes<MoveRequest>,
) -> Answer {
    let case = MoveUser {
        domain: domain.0,
        user: user.0,
        to: body.to.0,
        license: body.license()?,
        dry_run,
    };
    change(&http.app, ask, case, |line| User::from(line)).await
}
