//! The API through its router, on a store in memory. Every answer that a test gets is held
//! against the OpenAPI document.

mod accounts;
mod calls;
mod contacts;
mod document;
mod domains;
mod events;
mod guest;
mod harness;
mod input;
mod invitations;
mod links;
mod me;
mod operator;
mod pages;
mod pools;
mod proxies;
mod reports;
mod roles;
mod sandbox;
mod seats;
mod sessions;
mod streams;
mod teams;
mod users;
mod waiting;
mod writes;
