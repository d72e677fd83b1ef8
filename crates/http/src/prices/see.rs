//! `GET /v1/prices`: the current price book, for anyone (rule A5).

use std::collections::BTreeMap;

use axum::extract::State;
use serde::Serialize;
use usher_app::Ask;
use usher_app::operator::GetPrices;
use usher_rules::prices::PriceBook;
use utoipa::ToSchema;

use crate::answer::{Answer, look};
use crate::state::Http;
use crate::wire::{Currency, Moment, Prices};

/// A price book: prices per seat and month.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PriceBookAnswer {
    /// Counts up with each change.
    #[schema(minimum = 1)]
    pub version: u32,
    /// Valid from this moment until the next version is.
    pub from: Moment,
    /// Per currency, in its minor unit.
    pub prices: BTreeMap<Currency, Prices>,
}

impl From<&PriceBook> for PriceBookAnswer {
    fn from(book: &PriceBook) -> Self {
        let prices = book.prices.iter();
        PriceBookAnswer {
            version: book.version,
            from: book.from.into(),
            prices: prices
                .map(|(currency, prices)| (Currency(*currency), (*prices).into()))
                .collect(),
        }
    }
}

/// See the price book
#[utoipa::path(
    get, path = "/v1/prices", tag = "prices",
    responses((status = 200, description = "The current prices", body = PriceBookAnswer)),
    security(()),
    extensions(("x-refusals" = json!(["not_found"]))),
)]
pub async fn see_prices(State(http): State<Http>) -> Answer {
    let nobody = Ask::default();
    look(&http.app, &nobody, &GetPrices, |book| {
        PriceBookAnswer::from(book)
    })
    .await
}
