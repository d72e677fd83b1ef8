//! The price book (rules A5, G1): money is integer minor units, rounding is half to even,
//! once per line.

use std::collections::BTreeMap;
use std::fmt;

use crate::billing::Period;
use crate::refusal::Refusal;
use crate::seats::{PerKind, Quantities, SeatKind};
use crate::time::Time;

/// An ISO 4217 currency code: three capital letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

impl Currency {
    /// Euro, for tests and examples.
    pub const EUR: Currency = Currency(*b"EUR");

    /// The currency of this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Currency> {
        let bytes: [u8; 3] = code.as_bytes().try_into().ok()?;
        bytes
            .iter()
            .all(u8::is_ascii_uppercase)
            .then_some(Currency(bytes))
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An amount in the currency's minor unit (cents, where it has them).
pub type Minor = i64;

/// The highest price per seat and month: keeps every total within range.
pub const MAX_PRICE: Minor = 100_000_000;

/// Prices per seat and month from a date on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceBook {
    /// Counts up with each change.
    pub version: u32,
    /// Valid from this moment until the next version is.
    pub from: Time,
    /// Per currency, per kind.
    pub prices: BTreeMap<Currency, PerKind<Minor>>,
}

impl PriceBook {
    /// The prices in a currency.
    ///
    /// # Errors
    /// [`Refusal::NoPrice`] when there are none in this currency.
    pub fn in_currency(&self, currency: Currency) -> Result<&PerKind<Minor>, Refusal> {
        self.prices
            .get(&currency)
            .ok_or(Refusal::NoPrice { currency })
    }

    /// What an order costs per billing period.
    ///
    /// # Errors
    /// [`Refusal::NoPrice`] when there are no prices in this currency.
    pub fn total(&self, currency: Currency, order: &Quantities) -> Result<Minor, Refusal> {
        let prices = self.in_currency(currency)?;
        Ok(SeatKind::ALL
            .into_iter()
            .map(|kind| prices.get(kind) * Minor::from(*order.get(kind)))
            .sum())
    }
}

/// One line of what a change costs in the running period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProratedLine {
    /// The kind.
    pub kind: SeatKind,
    /// How many more (or, negative, fewer).
    pub quantity: i64,
    /// Per seat and whole period.
    pub price: Minor,
    /// For the rest of the period.
    pub amount: Minor,
}

/// What going from one order to another costs for the rest of the period, to the second
/// (rule G3), each line rounded once, half to even.
#[must_use]
pub fn prorate(
    prices: &PerKind<Minor>,
    before: &Quantities,
    after: &Quantities,
    period: Period,
    now: Time,
) -> Vec<ProratedLine> {
    let whole = i128::from(period.seconds().max(1));
    let rest = i128::from(period.seconds_left(now));
    SeatKind::ALL
        .into_iter()
        .filter(|kind| before.get(*kind) != after.get(*kind))
        .map(|kind| {
            let quantity = i64::from(*after.get(kind)) - i64::from(*before.get(kind));
            let price = *prices.get(kind);
            let exact = i128::from(quantity) * i128::from(price) * rest;
            ProratedLine {
                kind,
                quantity,
                price,
                amount: divide_half_even(exact, whole),
            }
        })
        .collect()
}

/// `dividend / divisor`, rounded to the nearest integer, halves to the even one.
///
/// The result must fit 64 bits, which [`MAX_PRICE`] and the largest order see to.
#[must_use]
pub fn divide_half_even(dividend: i128, divisor: i128) -> Minor {
    let floor = dividend.div_euclid(divisor);
    let twice = dividend.rem_euclid(divisor) * 2;
    let up = twice > divisor || (twice == divisor && floor % 2 != 0);
    (floor + i128::from(up)) as Minor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g1_rounding_is_half_to_even() {
        let cases = [
            (5, 2, 2),
            (7, 2, 4),
            (-5, 2, -2),
            (-7, 2, -4),
            (10, 3, 3),
            (11, 3, 4),
        ];
        for (dividend, divisor, quotient) in cases {
            assert_eq!(divide_half_even(dividend, divisor), quotient);
        }
    }

    #[test]
    fn a5_half_a_period_costs_half() {
        let prices = PerKind([400, 600, 1200, 900]);
        let period = Period {
            from: Time::ZERO,
            to: Time::ZERO.plus_seconds(1000),
        };
        let lines = prorate(
            &prices,
            &Quantities::default(),
            &PerKind([20, 3, 0, 0]),
            period,
            Time::ZERO.plus_seconds(500),
        );
        assert_eq!(lines.iter().map(|l| l.amount).sum::<i64>(), 4000 + 900);
    }
}
