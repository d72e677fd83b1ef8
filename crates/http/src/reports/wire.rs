//! How a pool was used, as reports show it.

use serde::Serialize;
use usher_rules::reports::Usage;
use utoipa::ToSchema;

use crate::wire::Moment;

/// How a pool was used in one stretch of time.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SeatUse {
    /// The first moment.
    pub from: Moment,
    /// The first moment after.
    pub to: Moment,
    /// The most seats that were occupied at a time.
    #[schema(minimum = 0)]
    pub peak: u32,
    /// Seats occupied on average until `to`, or until now: the carried load, in erlangs.
    #[schema(minimum = 0)]
    pub carried_erlangs: f64,
    /// Log-ins that took a seat; a take-over takes none.
    #[schema(minimum = 0)]
    pub log_ins: u32,
    /// Log-ins that were refused for want of a seat.
    #[schema(minimum = 0)]
    pub refused_log_ins: u32,
}

impl From<&Usage> for SeatUse {
    fn from(usage: &Usage) -> Self {
        SeatUse {
            from: usage.from.into(),
            to: usage.to.into(),
            peak: usage.peak,
            carried_erlangs: thousandths(usage.carried),
            log_ins: usage.started,
            refused_log_ins: usage.refused,
        }
    }
}

/// A measured number, to three digits after the point: more would feign precision.
pub fn thousandths(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}
