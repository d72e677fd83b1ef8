//! What is measured. `rates`, `growth`, `storm`, `streams` and `sessions` are the groups of figures;
//! the rest is what they share.

mod desks;
pub mod growth;
pub mod rates;
mod served;
pub mod sessions;
pub mod storm;
pub mod streams;
mod throughput;
mod usher;
