//! Prices as JSON, the way a price book's row keeps them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use usher_rules::prices::{Currency, Minor};
use usher_rules::seats::PerKind;

use super::twins::Text;
use crate::{Error, Result};

#[derive(Serialize, Deserialize)]
struct PerKindTwin {
    domain_user: Minor,
    business: Minor,
    business_pro: Minor,
    seat_license: Minor,
}

/// Prices as JSON: currency → kind → minor units.
#[must_use]
pub fn encode_prices(prices: &BTreeMap<Currency, PerKind<Minor>>) -> String {
    let twins: BTreeMap<Text<Currency>, PerKindTwin> = prices
        .iter()
        .map(
            |(currency, PerKind([domain_user, business, business_pro, seat_license]))| {
                let twin = PerKindTwin {
                    domain_user: *domain_user,
                    business: *business,
                    business_pro: *business_pro,
                    seat_license: *seat_license,
                };
                (Text(*currency), twin)
            },
        )
        .collect();
    super::write(&twins)
}

/// Prices from JSON.
///
/// # Errors
/// [`Error::Inconsistent`] for anything else.
pub fn decode_prices(text: &str) -> Result<BTreeMap<Currency, PerKind<Minor>>> {
    let twins: BTreeMap<Text<Currency>, PerKindTwin> = serde_json::from_str(text)
        .map_err(|error| Error::inconsistent("price_books", error.to_string()))?;
    Ok(twins
        .into_iter()
        .map(|(currency, twin)| {
            let prices = PerKind([
                twin.domain_user,
                twin.business,
                twin.business_pro,
                twin.seat_license,
            ]);
            (currency.0, prices)
        })
        .collect())
}
