//! One value per kind of seat.

use serde::{Deserialize, Serialize};
use usher_rules::seats::PerKind;
use utoipa::ToSchema;

/// A number of seats of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Quantities {
    /// Domain User seats: the base seat of each named user.
    #[schema(minimum = 0, maximum = 10_000_000)]
    pub domain_user: u32,
    /// Business upgrades.
    #[schema(minimum = 0, maximum = 10_000_000)]
    pub business: u32,
    /// Business Pro upgrades.
    #[schema(minimum = 0, maximum = 10_000_000)]
    pub business_pro: u32,
    /// Shared seats.
    #[schema(minimum = 0, maximum = 10_000_000)]
    pub seat_license: u32,
}

impl From<PerKind<u32>> for Quantities {
    fn from(PerKind([domain_user, business, business_pro, seat_license]): PerKind<u32>) -> Self {
        Self {
            domain_user,
            business,
            business_pro,
            seat_license,
        }
    }
}

impl From<Quantities> for PerKind<u32> {
    fn from(all: Quantities) -> Self {
        PerKind([
            all.domain_user,
            all.business,
            all.business_pro,
            all.seat_license,
        ])
    }
}

/// Prices per seat and month, in the currency's minor unit (cents, where it has them).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// A Domain User seat.
    #[schema(minimum = 0, maximum = 100_000_000)]
    pub domain_user: i64,
    /// A Business upgrade.
    #[schema(minimum = 0, maximum = 100_000_000)]
    pub business: i64,
    /// A Business Pro upgrade.
    #[schema(minimum = 0, maximum = 100_000_000)]
    pub business_pro: i64,
    /// A shared seat.
    #[schema(minimum = 0, maximum = 100_000_000)]
    pub seat_license: i64,
}

impl From<PerKind<i64>> for Prices {
    fn from(PerKind([domain_user, business, business_pro, seat_license]): PerKind<i64>) -> Self {
        Self {
            domain_user,
            business,
            business_pro,
            seat_license,
        }
    }
}

impl From<Prices> for PerKind<i64> {
    fn from(all: Prices) -> Self {
        PerKind([
            all.domain_user,
            all.business,
            all.business_pro,
            all.seat_license,
        ])
    }
}
