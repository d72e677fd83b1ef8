//! The memory store passes the contract, and breaks as it is told to.

use std::sync::Arc;

use usher_rules::Time;
use usher_store::contract;
use usher_store::memory::MemoryStore;

const NOW: Time = Time(1_760_000_000_000_000);

#[tokio::test]
async fn the_contract_holds() {
    contract::run_all(async || Arc::new(MemoryStore::new(NOW)) as _).await;
}

#[tokio::test]
async fn the_contract_holds_in_a_sandbox() {
    contract::run_all(async || Arc::new(MemoryStore::sandbox(NOW)) as _).await;
}

#[tokio::test]
async fn two_stores_agree_about_random_changes() {
    for seed in 1..=20 {
        let store = || Arc::new(MemoryStore::new(NOW));
        contract::parallel::compare(seed, 300, store(), store()).await;
    }
}
