//! The embedded store: SQLite in one folder.
//!
//! One thread writes: it takes all commits that wait, writes them in one transaction with
//! one sync, and answers each ([`write`]). A few threads read: each takes all loads that
//! wait and runs them in one read transaction ([`read`]); their connections can't write.
//!
//! Absent here, on purpose: decisions, and the text of the shared queries
//! (`usher_store::queries`). Only the server names this crate.

mod maintain;
mod open;
mod read;
mod rows;
mod store;
mod write;

pub use maintain::{backup, restore};
pub use open::Options;
pub use store::SqliteStore;
