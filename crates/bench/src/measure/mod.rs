//! What is measured. `rates` and `growth` are the two groups of figures; the rest is what they share.

pub mod growth;
pub mod rates;
mod served;
mod throughput;
mod usher;
