//! Stories through the real `usher` binary, told over HTTP, on SQLite and on PostgreSQL.
//!
//! Is not: a place to look inside. No crate of the workspace is linked here; what a story can't
//! see from outside, no user can.
//!
//! A story on PostgreSQL needs a cluster: `cargo xtask test` brings one, and `cargo xtask postgres`
//! starts one for hand use. Without it these stories fail and say so.

mod commands;
mod crash;
mod demo;
mod harness;
mod help_desk;
mod history;
mod last_seat;
mod mail;
mod named_seats;
mod notices;
mod proxies;
mod syncs;
mod waterfall;
