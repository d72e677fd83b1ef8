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
    /// Per currency, in its minor unit; per seat and month.
    #[schema(schema_with = prices)]
    pub prices: BTreeMap<Currency, Prices>,
}

/// A map whose keys are currencies.
fn prices() -> utoipa::openapi::schema::Object {
    use utoipa::PartialSchema as _;
    use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Ref, Schema, Type};
    let utoipa::openapi::RefOr::T(Schema::Object(name)) = Currency::schema() else {
        return ObjectBuilder::new().build();
    };
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .property_names(Some(Schema::Object(name)))
        .additional_properties(Some(AdditionalProperties::RefOr(
            Ref::from_schema_name("Prices").into(),
        )))
        .min_properties(Some(1))
        .max_properties(Some(50))
        .build()
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
