//! The embedded store against the suite that every store passes, and what is its own:
//! backups, a sandbox for good.

use std::sync::Arc;

use usher_store::contract;
use usher_store::{Error, Store};
use usher_store_sqlite::{backup, restore};

use crate::folder::Folder;

#[tokio::test(flavor = "multi_thread")]
async fn it_passes_the_suite() {
    let folders = std::sync::Mutex::new(Vec::new());
    contract::run_all(async || {
        let folder = Folder::new();
        let store = folder.open(true).unwrap();
        folders.lock().unwrap().push(folder);
        Arc::new(store) as Arc<dyn Store>
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_does_what_the_memory_store_does() {
    for seed in 0..8 {
        let folder = Folder::new();
        let here: Arc<dyn Store> = Arc::new(folder.open(false).unwrap());
        let now = here.now().await.unwrap();
        let there: Arc<dyn Store> = Arc::new(usher_store::memory::MemoryStore::new(now));
        contract::parallel::compare(seed, 60, here, there).await;
    }
}

#[tokio::test]
async fn a_backup_is_a_whole_store_and_overwrites_nothing() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    let store = folder.open(false).unwrap();
    let file = folder.0.join("backup.db");
    backup(&folder.0, &file).unwrap();
    assert!(backup(&folder.0, &file).is_err(), "it is there already");
    restore(&file, &elsewhere.0).unwrap();
    assert!(
        restore(&file, &elsewhere.0).is_err(),
        "there is a store already"
    );
    let restored = elsewhere.open(false).unwrap();
    assert_eq!(restored.check().await, Ok(vec![]));
    drop(store);
}

#[test]
fn a_damaged_backup_is_not_restored() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    std::fs::create_dir_all(&folder.0).unwrap();
    let file = folder.0.join("no-backup");
    std::fs::write(&file, b"not a database").unwrap();
    assert!(restore(&file, &elsewhere.0).is_err());
    assert!(!elsewhere.0.join("usher.db").exists());
}

#[test]
fn a_sandbox_is_one_for_good_and_nothing_else_becomes_one() {
    for made_as in [true, false] {
        let folder = Folder::new();
        drop(folder.open(made_as).unwrap());
        assert!(matches!(folder.open(!made_as), Err(Error::Sandbox(_))));
        assert!(folder.open(made_as).is_ok());
    }
}
