//! Texts of a certain form.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use usher_rules::{Time, billing, prices};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::shape::text;

/// Types that are written and read as a text: how, and what the document says of it.
macro_rules! texts {
    ($(
        $(#[doc = $doc:literal])*
        $type:ident($inner:ty): $write:expr, $read:expr, $schema:expr;
    )*) => {$(
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $type(pub $inner);

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let write: fn(&$inner) -> _ = $write;
                serializer.collect_str(&write(&self.0))
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let read: fn(String) -> Option<$inner> = $read;
                let value = read(String::deserialize(deserializer)?);
                value.map($type).ok_or_else(|| serde::de::Error::custom("not of its form"))
            }
        }

        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                let describe: fn(ObjectBuilder) -> ObjectBuilder = $schema;
                describe(ObjectBuilder::new().schema_type(Type::String))
                    .description(Some(concat!($($doc),*).trim()))
                    .into()
            }
        }

        impl ToSchema for $type {}
    )*};
}

texts! {
    /// An e-mail address. Case does not count.
    Email(String): Clone::clone, Some, |schema| schema
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Email)))
        .pattern(Some(text::EMAIL))
        .min_length(Some(3))
        .max_length(Some(usher_app::limits::EMAIL));

    /// A domain's prefix: letters, digits and inner hyphens. Case does not count.
    Prefix(String): Clone::clone, Some, |schema| schema
        .pattern(Some(text::PREFIX))
        .min_length(Some(*usher_app::limits::PREFIX.start()))
        .max_length(Some(*usher_app::limits::PREFIX.end()));

    /// A currency, by its code (ISO 4217).
    Currency(prices::Currency):
        |currency| *currency,
        |text| prices::Currency::from_code(&text),
        |schema| schema.pattern(Some(text::CURRENCY));

    /// The name of an IANA time zone, such as `Europe/Vienna`.
    Zone(billing::Zone):
        |zone| zone.name().to_owned(),
        |text| billing::Zone::from_name(&text),
        |schema| schema.pattern(Some(text::ZONE)).min_length(Some(1)).max_length(Some(40));

    /// A moment (RFC 3339); answers give it in UTC.
    Moment(Time):
        |time| *time,
        |text| text.parse::<jiff::Timestamp>().ok().map(Time::from),
        |schema| schema
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .pattern(Some(text::MOMENT));
}

impl From<Time> for Moment {
    fn from(time: Time) -> Self {
        Moment(time)
    }
}

// Prices are listed by currency.
impl PartialOrd for Currency {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Currency {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}
