//! Billing: activation and the billing period (rules C3, G3). Invoices come from the
//! order's history in the journal and the price book; nothing here keeps totals.

use jiff::ToSpan;
use jiff::tz::TimeZone;

use crate::ids::AccountId;
use crate::prices::Currency;
use crate::time::Time;

/// How a domain pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PaymentMethod {
    /// By bank transfer; the operator marks it paid.
    Manual,
}

impl PaymentMethod {
    /// The word for it in API, journal and store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            PaymentMethod::Manual => "manual",
        }
    }

    /// The method of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<PaymentMethod> {
        (name == "manual").then_some(PaymentMethod::Manual)
    }
}

/// The longest name of a time zone that there is room for.
const ZONE_BYTES: usize = 40;

/// The name of an IANA time zone that exists.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Zone([u8; ZONE_BYTES]);

impl Zone {
    /// UTC, unless set.
    #[must_use]
    pub fn utc() -> Zone {
        let mut bytes = [0; ZONE_BYTES];
        bytes[..3].copy_from_slice(b"UTC");
        Zone(bytes)
    }

    /// The zone of this name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Zone> {
        if name.is_empty() || name.len() > ZONE_BYTES || name.contains('\0') {
            return None;
        }
        TimeZone::get(name).ok()?;
        let mut bytes = [0; ZONE_BYTES];
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        Some(Zone(bytes))
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        let end = self.0.iter().position(|b| *b == 0).unwrap_or(ZONE_BYTES);
        std::str::from_utf8(&self.0[..end]).unwrap_or("UTC")
    }
}

impl std::fmt::Debug for Zone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// What was chosen when billing was activated. The name and e-mail that stand on the
/// invoice are personal text and live in a record of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Billing {
    /// In which currency; for good.
    pub currency: Currency,
    /// In which zone days and months are reckoned.
    pub zone: Zone,
    /// How it is paid.
    pub method: PaymentMethod,
    /// Who activated it: a new owner renews it (rule C2).
    pub activated_by: AccountId,
}

/// A billing period: from its first moment up to, not including, its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The first moment.
    pub from: Time,
    /// The first moment after.
    pub to: Time,
}

impl Period {
    /// The calendar month around `now` in a zone.
    #[must_use]
    pub fn month(now: Time, zone: Zone) -> Period {
        let zone = TimeZone::get(zone.name()).unwrap_or(TimeZone::UTC);
        let today = now.timestamp().to_zoned(zone.clone()).date();
        let first = today.first_of_month();
        let start = |date: jiff::civil::Date| {
            date.to_zoned(zone.clone())
                .map_or(now, |zoned| Time::from(zoned.timestamp()))
        };
        let next = first.checked_add(1.month()).unwrap_or(first);
        Period {
            from: start(first),
            to: start(next),
        }
    }

    /// Its length in seconds.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.to.micros_since(self.from) / 1_000_000
    }

    /// What is left of it at `now`, in whole seconds.
    #[must_use]
    pub fn seconds_left(self, now: Time) -> i64 {
        (self.to.micros_since(now) / 1_000_000).clamp(0, self.seconds())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g3_a_month_is_the_zones_month() {
        let now: jiff::Timestamp = "2026-03-31T23:30:00Z".parse().unwrap();
        let utc = Period::month(now.into(), Zone::utc());
        assert_eq!(utc.to.to_string(), "2026-04-01T00:00:00Z");
        let berlin = Period::month(now.into(), Zone::from_name("Europe/Berlin").unwrap());
        assert_eq!(berlin.from.to_string(), "2026-03-31T22:00:00Z");
        assert_eq!(berlin.to.to_string(), "2026-04-30T22:00:00Z");
    }

    #[test]
    fn g3_a_zone_that_does_not_exist_is_none() {
        assert!(Zone::from_name("Mars/Olympus").is_none());
        assert!(Zone::from_name("").is_none());
    }
}
