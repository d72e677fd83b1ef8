//! The suite that every store passes, and a comparison of two stores by random changes.
//!
//! A store's tests call [`run_all`] with a way to make an empty store, and
//! [`parallel::compare`] with a [`crate::memory::MemoryStore`] beside it. A case that two
//! stores could answer differently belongs here, not in one store's own tests.
//!
//! Cases name times relative to [`Store::now`] wherever a store compares them with its
//! own clock.

mod answers;
mod attempts;
pub(crate) mod build;
mod calls;
mod clocks;
mod commit;
mod contacts;
mod desk;
mod dice;
mod due;
pub mod events;
mod full;
mod isolation;
mod journal;
pub(crate) mod load;
mod mail;
pub mod parallel;
mod people;
mod pools;
mod seating;
mod sessions;
mod teams;
mod trees;
mod unique;
mod upkeep;
mod waiting;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::Store;

/// A case in the middle.
pub type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One thing that every store does. It wants an empty store of its own.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// What it shows, with the rule's id where there is one.
    pub name: &'static str,
    /// Panics when the store does otherwise.
    pub run: fn(Arc<dyn Store>) -> Running,
}

/// The cases of a module, by the functions' names.
macro_rules! cases {
    ($($case:ident,)*) => {
        pub(super) static CASES: &[$crate::contract::Case] = &[$(
            $crate::contract::Case {
                name: stringify!($case),
                run: |store| Box::pin($case(store)),
            },
        )*];
    };
}
use cases as list;

/// All cases.
pub fn cases() -> impl Iterator<Item = Case> {
    [
        full::CASES,
        commit::CASES,
        contacts::CASES,
        answers::CASES,
        attempts::CASES,
        unique::CASES,
        journal::CASES,
        load::CASES,
        isolation::CASES,
        people::CASES,
        trees::CASES,
        due::CASES,
        mail::CASES,
        upkeep::CASES,
        pools::CASES,
        sessions::CASES,
        seating::CASES,
        clocks::CASES,
        calls::CASES,
        waiting::CASES,
        teams::CASES,
        desk::CASES,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// Runs every case, each on a store that `make` makes for it, empty.
///
/// # Panics
/// With the names of the cases that the store does not pass, once all have run.
pub async fn run_all(make: impl AsyncFn() -> Arc<dyn Store>) {
    let mut failed = Vec::new();
    for case in cases() {
        let store = make().await;
        // A task of its own, so that one failure doesn't hide the rest.
        if tokio::spawn((case.run)(store)).await.is_err() {
            failed.push(case.name);
        }
    }
    assert!(failed.is_empty(), "cases that failed: {failed:#?}");
}
