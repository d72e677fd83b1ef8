//! What every test needs: a world, callers in it, and the document to hold answers against.

pub mod checked_in;
pub mod client;
pub mod conform;
pub mod desk;
pub mod people;
pub mod reader;
pub mod world;

pub use client::{Answer, Client};
pub use world::World;
