//! What handlers take out of a request: who asks, ids from the path, a query, a body.
//! Whatever is wrong with one of these is a problem before the handler runs.

mod body;
mod caller;
mod path;

pub use body::{Nothing, OpenWrites, Writes, read_bytes, read_json};
pub use caller::{Reads, SESSION_COOKIE, writer};
pub use path::{Asked, At};
