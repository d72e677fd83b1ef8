//! Ids in their text form.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::shape::text;

macro_rules! ids {
    ($($type:ident, $pattern:expr, $what:literal;)*) => {$(
        #[doc = concat!("The id of ", $what, ".")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $type(pub usher_rules::$type);

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map($type).map_err(serde::de::Error::custom)
            }
        }

        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .pattern(Some($pattern))
                    .description(Some(concat!("The id of ", $what, ".")))
                    .into()
            }
        }

        impl ToSchema for $type {}

        impl From<usher_rules::$type> for $type {
            fn from(id: usher_rules::$type) -> Self {
                $type(id)
            }
        }
    )*};
}

ids! {
    AccountId, text::ACCOUNT_ID, "an account";
    DomainId, text::DOMAIN_ID, "a domain";
    UserId, text::USER_ID, "a domain user";
    TokenId, text::TOKEN_ID, "a token";
}
