//! The embedded store against the suite that every store passes, and what is its own:
//! constraints in the database, backups, a sandbox for good.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use usher_store::contract;
use usher_store::{Error, Store};
use usher_store_sqlite::{Options, SqliteStore, backup, restore};

/// A folder that is gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("usher-sqlite-{}-{n}", std::process::id());
        Folder(std::env::temp_dir().join(name))
    }

    fn open(&self, sandbox: bool) -> Result<SqliteStore, Error> {
        SqliteStore::open(&Options {
            sandbox: Some(sandbox),
            ..Options::new(&self.0)
        })
    }

    fn sql(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.0.join("usher.db")).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

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

/// A seats row with room for nothing but what the statement tries.
const SEATS: &str = "INSERT INTO seats VALUES (zeroblob(16), 0, 0, 0, 2, 1, NULL, NULL, \
    0, 0, NULL, NULL, 0, 0, NULL, NULL, 0, 0, NULL, NULL, NULL)";

#[test]
fn a1_the_database_refuses_more_in_use_than_ordered() {
    let folder = Folder::new();
    drop(folder.open(false).unwrap());
    let sql = folder.sql();
    sql.execute(SEATS, []).unwrap();
    for bad in [
        "UPDATE seats SET domain_user_in_use = 3",
        "UPDATE seats SET domain_user_ordered = 0",
        "UPDATE seats SET business_in_use = 1",
        "UPDATE seats SET business_pro_in_use = -1",
        "UPDATE seats SET seat_license_in_use = 1",
    ] {
        let refused = sql.execute(bad, []).unwrap_err().to_string();
        assert!(
            refused.contains("CHECK constraint failed"),
            "{bad}: {refused}"
        );
    }
    assert_eq!(
        sql.execute("UPDATE seats SET domain_user_in_use = 2", []),
        Ok(1)
    );
}

#[test]
fn a1_the_database_refuses_a_person_in_two_seats() {
    let folder = Folder::new();
    drop(folder.open(false).unwrap());
    let sql = folder.sql();
    let user = "INSERT INTO users VALUES (?1, ?2, 'active', NULL, ?3, 'named', 'base', NULL, \
        'member', 0, 0, NULL, 0)";
    let id = |n: u8| vec![n; 16];
    sql.execute(user, (id(1), id(1), id(9))).unwrap();
    let twice = [
        (id(1), id(1), id(8)),
        (id(1), id(2), id(9)),
        (id(2), id(1), id(9)),
    ];
    for (domain, user_id, account) in twice {
        let refused = sql.execute(user, (domain, user_id, account)).unwrap_err();
        assert!(refused.to_string().contains("UNIQUE"), "{refused}");
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
