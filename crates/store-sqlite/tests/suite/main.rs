//! The embedded store's own tests, in one program.

mod constraints;
mod folder;
mod log;
mod plans;
mod store;
