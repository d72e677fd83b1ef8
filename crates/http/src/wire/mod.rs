//! What several endpoints send and take: twins of inner types, never the same. An inner
//! type can change without the API noticing, and the other way round.

mod ids;
mod page;
mod path;
mod seats;
mod texts;
mod words;

use serde::{Deserialize, Deserializer};

pub use ids::{
    AccountId, CallId, ContactId, DomainId, LinkId, PoolId, SessionId, TeamId, TokenId, UserId,
};
pub use page::{Cursor, PageQuery, limit};
pub use path::{BySecret, DryRun, InDomain, OfAccount, OfToken, OfUser};
pub use seats::{Prices, Quantities};
pub use texts::{Currency, Email, Moment, Prefix, Zone};
pub use words::{
    Direction, EndReason, Feature, Identity, LicenseModel, LinkState, PaymentMethod, Permission,
    Phase, Plan, Prerequisite, Role, SeatKind, State, Tier, UserState, When,
};

/// Tells a field that is `null` from one that is left out.
///
/// # Errors
/// The inner type's.
pub fn given<'de, T, D>(from: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(from).map(Some)
}
