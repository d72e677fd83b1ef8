//! `PUT /v1/domains/{domain}/seats`: sets the order (rules A4, A5).

use axum::extract::State;
use serde::Deserialize;
use usher_app::seats::SetOrder;
use utoipa::ToSchema;

use super::preview::{OrderNumbers, PreviewTicket};
use super::see::SeatsAnswer;
use crate::answer::{Answer, change};
use crate::extract::{At, Writes};
use crate::state::Http;
use crate::wire::{InDomain, When};

/// A change of the order, with what its preview gave.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderRequest {
    /// The numbers.
    pub order: OrderNumbers,
    /// When fewer count: at once unless said.
    #[serde(default)]
    pub when: Option<When>,
    /// What the preview gave.
    pub preview: PreviewTicket,
}

/// Order seats
///
/// More takes effect at once and needs good standing. Fewer than are in use is refused, or
/// scheduled for the end of the period with `when: period_end`; nobody is ever evicted.
#[utoipa::path(
    put, path = "/v1/domains/{domain}/seats", tag = "seats",
    params(InDomain),
    request_body = OrderRequest,
    responses((status = 200, description = "The seats", body = SeatsAnswer)),
    extensions(("x-refusals" = json!([
        "not_allowed", "not_found", "not_in_standing", "price_changed", "below_use", "no_price",
        "wrong_state",
    ]))),
)]
pub async fn set_order(
    State(http): State<Http>,
    At(InDomain { domain }): At<InDomain>,
    Writes { ask, body }: Writes<OrderRequest>,
) -> Answer {
    let case = SetOrder {
        domain: domain.0,
        numbers: body.order.into(),
        when: body.when.map(Into::into).unwrap_or_default(),
        expected: body.preview.into(),
    };
    change(&http.app, ask, case, |view| SeatsAnswer::from(view)).await
}
