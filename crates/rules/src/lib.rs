//! What may happen in Usher, and nothing else.
//!
//! Every decision is a pure function: the state it looks at, the command, the time and
//! the ids go in; events or a [`Refusal`] come out. Applying the events to the state is
//! pure as well ([`World::apply`]), so that whoever replays a journal arrives at the same
//! state.
//!
//! Absent here, on purpose: async, I/O, clocks, randomness, SQL, HTTP, serialisation.
//! Everyone may depend on this crate; it depends on no other crate of the workspace.

pub mod accounts;
pub mod billing;
pub mod calls;
pub mod contacts;
mod counts;
pub mod domains;
pub mod event;
pub mod ids;
pub mod links;
pub mod moves;
pub mod pools;
pub mod prices;
pub mod refusal;
pub mod reports;
pub mod roles;
pub mod seats;
pub mod sessions;
pub mod settings;
pub mod settle;
pub mod standing;
pub mod teams;
pub mod tiers;
pub mod time;
pub mod users;
pub mod waiting;
pub mod world;

pub use event::{Entry, Event};
pub use ids::{
    AccountId, CallId, ContactId, DeviceKey, DomainId, Head, LinkId, PoolId, SessionId, TeamId,
    TokenId, UnitId, UserId,
};
pub use refusal::Refusal;
pub use settings::Settings;
pub use time::Time;
pub use world::World;
