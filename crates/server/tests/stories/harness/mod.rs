//! What every story needs: a place to keep data, servers on it, a client, and a small world.

pub mod client;
pub mod figures;
pub mod place;
pub mod server;
pub mod smtp;
pub mod trace;
pub mod world;

pub use client::{Answer, Client};
pub use place::Place;
pub use server::Server;
pub use world::World;

/// A number that no other story of this machine uses now: for folders, databases and addresses.
pub fn unique() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{}_{next}", std::process::id())
}
