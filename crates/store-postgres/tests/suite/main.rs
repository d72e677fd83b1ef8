//! The store on PostgreSQL: the suite that every store passes, and what only this engine
//! has to show: its constraints, its schema, its plans, several processes, connections that break.

mod breaking;
mod constraints;
mod contract;
mod database;
mod hints;
mod opening;
mod plans;
mod proxy;
mod schema;
mod sharing;
mod tls;
mod units;
