//! What every store does, this one too.

use std::sync::Arc;

use usher_store::memory::MemoryStore;
use usher_store::{Store, contract};

use crate::database::Database;

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_holds() {
    let database = Database::empty().await;
    contract::run_all(async || Arc::new(database.open_emptied().await) as Arc<dyn Store>).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_changes_do_the_same_as_in_memory() {
    let database = Database::empty().await;
    for seed in 1..=4 {
        let store = database.open_emptied().await;
        let now = store.now().await.expect("a time");
        let memory = Arc::new(MemoryStore::new(now));
        contract::parallel::compare(seed, 300, Arc::new(store), memory).await;
    }
}
