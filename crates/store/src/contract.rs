//! The suite.
pub mod events;
