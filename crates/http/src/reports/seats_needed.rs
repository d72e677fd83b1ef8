//! `GET /v1/domains/{domain}/reports/seats-needed` (rule E14).

use axum::extract::State;
use serde::{Deserialize, Serialize};
use usher_app::reports::{SeatsNeeded, Span};
use utoipa::{IntoParams, ToSchema};

use super::wire::{SeatUse, thousandths};
use crate::answer::{Answer, ok};
use crate::extract::{Asked, At, Reads};
use crate::state::Http;
use crate::wire::{InDomain, Moment, PoolId};

/// One log-in in a hundred, unless said.
const REFUSED: f64 = 0.01;

/// What the number of seats rests on.
const ASSUMPTIONS: [&str; 5] = [
    "Erlang B: log-ins come independently of one another and at an even rate within the hour, \
     no matter how many users are logged in.",
    "Who is refused does not try again. Where users do, they are counted more than once and the \
     load comes out too great.",
    "The offered load is the carried load of the hour, times all its log-ins over those that \
     took a seat: who was refused would have stayed as long as the others, on average. Of an \
     hour in which nobody took a seat, the carried load alone counts.",
    "The busy hour is the whole hour (UTC) of the asked time with the greatest offered load; at \
     other hours a smaller share is refused.",
    "Few users for many seats, or a waiting list, make the true share differ.",
];

/// Of what, and for which share of refused log-ins.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SeatsNeededQuery {
    /// The seat pool.
    #[param(inline)]
    pub pool: PoolId,
    /// From when; 7 days before `to` unless said, 92 days before at most.
    #[param(inline)]
    pub from: Option<Moment>,
    /// Until when; now unless said, and never later.
    #[param(inline)]
    pub to: Option<Moment>,
    /// The share of log-ins that may be refused; 0.01 unless said.
    #[param(minimum = 0.0001, maximum = 0.5)]
    pub refused: Option<f64>,
}

/// How many seats the load of a pool needs.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SeatsNeededAnswer {
    /// The seat pool.
    pub pool: PoolId,
    /// From when,
    pub from: Moment,
    /// to when hours were looked at: whole ones.
    pub to: Moment,
    /// The share of log-ins that may be refused.
    pub refused: f64,
    /// The hour with the greatest offered load.
    pub busy_hour: SeatUse,
    /// The load that was offered then, in erlangs: what was carried, and what refused log-ins
    /// would have added.
    #[schema(minimum = 0)]
    pub offered_erlangs: f64,
    /// How many seats refuse no more than that share of it.
    #[schema(minimum = 0)]
    pub seats_needed: u32,
    /// How many seats the pool has now.
    #[schema(minimum = 0)]
    pub seats: u32,
    /// The share that so many refuse, reckoned in the same way.
    #[schema(minimum = 0, maximum = 1)]
    pub refused_with_seats: f64,
    /// What all this rests on.
    pub assumptions: Vec<String>,
}

impl SeatsNeededAnswer {
    fn new(pool: PoolId, refused: f64, needed: &SeatsNeeded) -> SeatsNeededAnswer {
        SeatsNeededAnswer {
            pool,
            from: needed.from.into(),
            to: needed.to.into(),
            refused,
            busy_hour: SeatUse::from(&needed.busy_hour),
            offered_erlangs: thousandths(needed.busy_hour.offered()),
            seats_needed: needed.seats_needed,
            seats: needed.seats,
            refused_with_seats: needed.refused_now,
            assumptions: ASSUMPTIONS.map(str::to_owned).to_vec(),
        }
    }
}

/// Report how many seats a pool needs
///
/// For a chosen share of refused log-ins, by the busiest hour that was measured (Erlang B).
#[utoipa::path(
    get, path = "/v1/domains/{domain}/reports/seats-needed", tag = "reports",
    params(InDomain, SeatsNeededQuery),
    responses((status = 200, description = "The report", body = SeatsNeededAnswer)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn report_seats_needed(
    State(http): State<Http>,
    At(InDomain { domain }): At<InDomain>,
    Asked(query): Asked<SeatsNeededQuery>,
    Reads(ask): Reads,
) -> Answer {
    let refused = query.refused.unwrap_or(REFUSED);
    let span = Span {
        domain: domain.0,
        pool: query.pool.0,
        from: query.from.map(|from| from.0),
        to: query.to.map(|to| to.0),
    };
    let needed = http.app.seats_needed(&ask, span, refused).await?;
    Ok(ok(&SeatsNeededAnswer::new(query.pool, refused, &needed)))
}
