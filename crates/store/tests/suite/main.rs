//! What the crate itself can show: the journal's payloads, and the suite of contract cases
//! on the memory store.

mod codec;
mod memory;
