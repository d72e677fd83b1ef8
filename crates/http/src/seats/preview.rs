//! `POST /v1/domains/{domain}/seats/preview`: what a change does and costs (rule A5).

use axum::extract::State;
use serde::{Deserialize, Serialize};
use usher_app::seats::{Expected, Numbers, Preview, PreviewView};
use usher_rules::seats::PerKind;
use utoipa::ToSchema;

use super::see::Period;
use crate::answer::{Answer, look};
use crate::extract::{At, Writes};
use crate::state::Http;
use crate::wire::{Currency, InDomain, Quantities, SeatKind, When};

/// Numbers to be ordered; kinds left out stay as they are.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderNumbers {
    /// Domain User seats: the base seat of each named user.
    #[schema(minimum = 0, maximum = 10_000_000)]
    #[serde(default)]
    pub domain_user: Option<u32>,
    /// Business upgrades.
    #[schema(minimum = 0, maximum = 10_000_000)]
    #[serde(default)]
    pub business: Option<u32>,
    /// Business Pro upgrades.
    #[schema(minimum = 0, maximum = 10_000_000)]
    #[serde(default)]
    pub business_pro: Option<u32>,
    /// Shared seats.
    #[schema(minimum = 0, maximum = 10_000_000)]
    #[serde(default)]
    pub seat_license: Option<u32>,
}

impl From<OrderNumbers> for Numbers {
    fn from(order: OrderNumbers) -> Self {
        PerKind([
            order.domain_user,
            order.business,
            order.business_pro,
            order.seat_license,
        ])
    }
}

/// A change to be previewed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewRequest {
    /// The numbers.
    pub order: OrderNumbers,
    /// When fewer count: at once unless said.
    #[serde(default)]
    pub when: Option<When>,
    /// The currency to reckon in, before billing is activated.
    #[serde(default)]
    pub currency: Option<Currency>,
}

/// What a change would do and cost.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PreviewAnswer {
    /// What the change has to carry.
    pub preview: PreviewTicket,
    /// The order as it is.
    pub before: Quantities,
    /// In which currency.
    pub currency: Currency,
    /// What the change costs for the rest of the period, in the currency's minor unit;
    /// collected on the next invoice. Negative: given back.
    pub due_now: i64,
    /// Line by line.
    pub lines: Vec<PreviewLine>,
    /// The running billing period.
    pub period: Period,
}

/// What a preview gives and a change carries: it is refused when one of these no longer
/// holds.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewTicket {
    /// The price book's version.
    #[schema(minimum = 0, maximum = 4_294_967_295_u32)]
    pub price_book: u32,
    /// The order that results.
    pub order: Quantities,
    /// What that order costs per period, in the currency's minor unit.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_u64)]
    pub total_per_period: i64,
}

/// What one kind costs for the rest of the period.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PreviewLine {
    /// The kind.
    pub kind: SeatKind,
    /// How many more; negative: fewer.
    pub quantity: i64,
    /// Per seat and whole period.
    pub price: i64,
    /// For the rest of the period.
    pub amount: i64,
}

impl From<Expected> for PreviewTicket {
    fn from(expected: Expected) -> Self {
        PreviewTicket {
            price_book: expected.price_book,
            order: expected.order.into(),
            total_per_period: expected.total_per_period,
        }
    }
}

impl From<PreviewTicket> for Expected {
    fn from(ticket: PreviewTicket) -> Self {
        Expected {
            price_book: ticket.price_book,
            order: ticket.order.into(),
            total_per_period: ticket.total_per_period,
        }
    }
}

impl From<&PreviewView> for PreviewAnswer {
    fn from(view: &PreviewView) -> Self {
        let lines = view.lines.iter().map(|line| PreviewLine {
            kind: line.kind.into(),
            quantity: line.quantity,
            price: line.price,
            amount: line.amount,
        });
        PreviewAnswer {
            preview: view.expected.into(),
            before: view.before.into(),
            currency: Currency(view.currency),
            due_now: view.due_now,
            lines: lines.collect(),
            period: view.period.into(),
        }
    }
}

/// Preview a change of the order
///
/// Changes nothing.
#[utoipa::path(
    post, path = "/v1/domains/{domain}/seats/preview", tag = "seats",
    params(InDomain),
    request_body = PreviewRequest,
    responses((status = 200, description = "What it would do and cost", body = PreviewAnswer)),
    extensions(("x-refusals" = json!(["not_allowed", "not_found", "no_price", "wrong_state"]))),
)]
pub async fn preview_order(
    State(http): State<Http>,
    At(InDomain { domain }): At<InDomain>,
    Writes { ask, body }: Writes<PreviewRequest>,
) -> Answer {
    let preview = Preview {
        domain: domain.0,
        numbers: body.order.into(),
        when: body.when.map(Into::into).unwrap_or_default(),
        currency: body.currency.map(|currency| currency.0),
    };
    look(&http.app, &ask, &preview, |view| PreviewAnswer::from(view)).await
}
