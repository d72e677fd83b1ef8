//! `GET /v1/domains/{domain}/seats`.

use axum::extract::State;
use serde::Serialize;
use usher_app::seats::{GetSeats, SeatsView};
use usher_rules::billing;
use usher_rules::seats::{Seat, SeatKind};
use utoipa::ToSchema;

use crate::answer::{Answer, look};
use crate::extract::{At, Reads};
use crate::state::Http;
use crate::wire::{Currency, InDomain, Moment};

/// A domain's seats, and what they cost.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SeatsAnswer {
    /// Kind by kind.
    pub seats: SeatsByKind,
    /// What the order costs per period, in the currency's minor unit; `null` before billing
    /// is activated.
    pub total_per_period: Option<i64>,
    /// In which currency.
    pub currency: Option<Currency>,
    /// The running billing period.
    pub period: Period,
}

/// Seats, kind by kind.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SeatsByKind {
    /// The base seat of each named user.
    pub domain_user: SeatAnswer,
    /// Business upgrades.
    pub business: SeatAnswer,
    /// Business Pro upgrades.
    pub business_pro: SeatAnswer,
    /// Shared seats.
    pub seat_license: SeatAnswer,
}

/// One kind of seat.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SeatAnswer {
    /// How many are ordered.
    #[schema(minimum = 0)]
    pub ordered: u32,
    /// How many are in use; never more than ordered.
    #[schema(minimum = 0)]
    pub in_use: u32,
    /// How many can still be taken.
    #[schema(minimum = 0)]
    pub available: u32,
    /// A decrease that waits for the end of the period.
    pub scheduled: Option<ScheduledSeats>,
}

/// A decrease that waits.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ScheduledSeats {
    /// What the order becomes, or what is in use then, if that is more.
    #[schema(minimum = 0)]
    pub quantity: u32,
    /// When.
    pub at: Moment,
}

/// A billing period: from its first moment up to, not including, its end.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Period {
    /// The first moment.
    pub from: Moment,
    /// The first moment after.
    pub to: Moment,
}

impl From<billing::Period> for Period {
    fn from(period: billing::Period) -> Self {
        Period {
            from: period.from.into(),
            to: period.to.into(),
        }
    }
}

impl From<&Seat> for SeatAnswer {
    fn from(seat: &Seat) -> Self {
        SeatAnswer {
            ordered: seat.ordered,
            in_use: seat.in_use,
            available: seat.available(),
            scheduled: seat.scheduled.map(|scheduled| ScheduledSeats {
                quantity: scheduled.quantity,
                at: scheduled.at.into(),
            }),
        }
    }
}

impl From<&SeatsView> for SeatsAnswer {
    fn from(view: &SeatsView) -> Self {
        let of = |kind| view.seats.get(kind).into();
        SeatsAnswer {
            seats: SeatsByKind {
                domain_user: of(SeatKind::DomainUser),
                business: of(SeatKind::Business),
                business_pro: of(SeatKind::BusinessPro),
                seat_license: of(SeatKind::SeatLicense),
            },
            total_per_period: view.total.map(|(_, total)| total),
            currency: view.total.map(|(currency, _)| Currency(currency)),
            period: view.period.into(),
        }
    }
}

/// See the domain's seats
#[utoipa::path(
    get, path = "/v1/domains/{domain}/seats", tag = "seats",
    params(InDomain),
    responses((status = 200, description = "The seats", body = SeatsAnswer)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found"]))),
)]
pub async fn see_seats(
    State(http): State<Http>,
    At(InDomain { domain }): At<InDomain>,
    Reads(ask): Reads,
) -> Answer {
    let seats = GetSeats { domain: domain.0 };
    look(&http.app, &ask, &seats, |view| SeatsAnswer::from(view)).await
}
