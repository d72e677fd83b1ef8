//! The embedded store: SQLite in one folder.
//!
//! One thread writes: it takes all commits that wait, writes them in one transaction with
//! one sync, and answers each ([`write`]). Loads that arrive together share one read
//! transaction, lists go to a few threads ([`read`]); neither's connections can write.
//!
//! Absent here, on purpose: decisions, and the text of the shared queries
//! (`usher_store::queries`). Only the server names this crate.

mod checkpoint;
mod clock;
mod journal;
mod maintain;
mod open;
mod put;
mod read;
mod rows;
mod store;
mod write;

pub use maintain::{backup, restore};
pub use open::Options;
pub use store::SqliteStore;
