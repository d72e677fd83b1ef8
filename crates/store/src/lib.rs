//! The port: what the app asks of storage, and what every store promises.
//!
//! - [`Store::load`] gives a [`Snapshot`]: all that was asked for, at one moment.
//! - [`Store::commit`] takes [`Unit`]s: journal entries and the rows after them, under the
//!   versions that the decision was made on. Each is on disk whole, or not at all.
//!
//! The tables ([`tables`]) and the text of the queries ([`queries`]) are shared by the SQL
//! engines; an engine adds connections, batching and durability. [`memory`] is a store
//! for tests and simulation, and [`through`] lets something come between it and an app.
//! [`contract`] is the suite that every store passes.
//!
//! Absent here, on purpose: decisions (they are `usher-rules`'), authorisation, HTTP, and
//! anything that only one engine can do.

pub mod codec;
pub mod contract;
pub mod error;
pub mod kept;
pub mod lists;
pub mod load;
pub mod memory;
pub mod planted;
pub mod port;
pub mod queries;
pub mod records;
pub mod snapshot;
pub mod tables;
pub mod through;
pub mod unit;

pub use error::{Error, Result};
pub use load::Load;
pub use port::{Grown, Store, Turn};
pub use snapshot::{HeadState, Snapshot, Soonest};
pub use unit::{Committed, HeadChange, JournalEntry, Unit, Write};
