//! `PUT /v1/operator/prices`: a new price book (rule G1).

use std::collections::BTreeMap;

use axum::extract::State;
use serde::Deserialize;
use usher_app::operator::SetPrices;
use utoipa::ToSchema;

use crate::answer::{Answer, change};
use crate::extract::Writes;
use crate::prices::PriceBookAnswer;
use crate::state::Http;
use crate::wire::{Currency, Moment, Prices};

/// A new price book.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PricesRequest {
    /// From when it is valid; at once, unless said. Never in the past.
    #[serde(default)]
    pub from: Option<Moment>,
    /// Per currency, in its minor unit; per seat and month. 1 to 50 currencies, and all of
    /// the latest price book's.
    pub prices: BTreeMap<Currency, Prices>,
}

/// Set prices
///
/// The former price book stays valid until then. Orders carry the version that their
/// preview was made with.
#[utoipa::path(
    put, path = "/v1/operator/prices", tag = "operator",
    request_body = PricesRequest,
    responses((status = 200, description = "The new price book", body = PriceBookAnswer)),
    extensions(("x-refusals" = json!(["not_allowed"]))),
)]
pub async fn set_prices(
    State(http): State<Http>,
    Writes { ask, body }: Writes<PricesRequest>,
) -> Answer {
    let prices = body.prices.into_iter();
    let case = SetPrices {
        from: body.from.map(|from| from.0),
        prices: prices
            .map(|(currency, prices)| (currency.0, prices.into()))
            .collect(),
    };
    change(&http.app, ask, case, |book| PriceBookAnswer::from(book)).await
}
