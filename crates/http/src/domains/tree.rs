//! `GET /v1/domains/{domain}/tree`: totals below, never people (rule C4).

use axum::extract::State;
use serde::Serialize;
use usher_rules::seats::SeatKind;
use usher_store::lists::Totals;
use utoipa::ToSchema;

use crate::answer::{Answer, ok};
use crate::extract::{At, Reads};
use crate::state::Http;
use crate::wire::InDomain;

/// What stands below a domain.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TreeAnswer {
    /// All domains below, at any depth, together; the domain itself not counted.
    pub below: TreeTotals,
}

/// Totals: numbers, never people.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TreeTotals {
    /// Domains.
    #[schema(minimum = 0)]
    pub domains: u64,
    /// Their users: invited, active, suspended.
    #[schema(minimum = 0)]
    pub users: u64,
    /// Their seats.
    pub seats: SeatTotalsByKind,
}

/// Seats by kind.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[allow(missing_docs)]
pub struct SeatTotalsByKind {
    pub domain_user: SeatTotals,
    pub business: SeatTotals,
    pub business_pro: SeatTotals,
    pub seat_license: SeatTotals,
}

/// Seats of one kind.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SeatTotals {
    /// How many are ordered.
    #[schema(minimum = 0)]
    pub ordered: u64,
    /// How many are in use.
    #[schema(minimum = 0)]
    pub in_use: u64,
}

impl From<Totals> for TreeAnswer {
    fn from(totals: Totals) -> Self {
        let of = |kind| SeatTotals {
            ordered: *totals.ordered.get(kind),
            in_use: *totals.in_use.get(kind),
        };
        TreeAnswer {
            below: TreeTotals {
                domains: totals.domains,
                users: totals.users,
                seats: SeatTotalsByKind {
                    domain_user: of(SeatKind::DomainUser),
                    business: of(SeatKind::Business),
                    business_pro: of(SeatKind::BusinessPro),
                    seat_license: of(SeatKind::SeatLicense),
                },
            },
        }
    }
}

/// See the totals of the domains below
#[utoipa::path(
    get, path = "/v1/domains/{domain}/tree", tag = "domains",
    params(InDomain),
    responses((status = 200, description = "The totals", body = TreeAnswer)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn see_tree(
    State(http): State<Http>,
    At(InDomain { domain }): At<InDomain>,
    Reads(ask): Reads,
) -> Answer {
    let totals = http.app.tree(&ask, domain.0).await?;
    Ok(ok(&TreeAnswer::from(totals)))
}
