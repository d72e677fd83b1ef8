//! Ids in their text form.

use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::shape::text;

/// Reads what has a text form, without keeping the text.
struct Parsed<T>(PhantomData<T>);

impl<T: FromStr<Err: Display>> Visitor<'_> for Parsed<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

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
                deserializer.deserialize_str(Parsed(PhantomData)).map($type)
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
    PoolId, text::POOL_ID, "a seat pool";
    TokenId, text::TOKEN_ID, "a token";
    TeamId, text::TEAM_ID, "a team";
    LinkId, text::LINK_ID, "a call link";
    ContactId, text::CONTACT_ID, "a contact that a user added";
    SessionId, text::SESSION_ID, "a session";
    CallId, text::CALL_ID, "a call, chosen by who reports it first";
}
