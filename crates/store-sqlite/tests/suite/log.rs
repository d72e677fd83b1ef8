//! The write-ahead log.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::time::{Duration, Instant};

use usher_rules::{Time, UnitId};
use usher_store::records::Mail;
use usher_store::{Store, Unit, Write};
use uuid::Uuid;

use crate::folder::Folder;

/// A unit of one mail with so much text.
fn mail(n: u128, bytes: usize) -> Unit {
    let now = Time(1);
    Unit {
        id: UnitId(Uuid::from_u128(n)),
        at: now,
        heads: vec![],
        journal: vec![],
        writes: vec![Write::Mail(Mail {
            id: Uuid::from_u128(n),
            template: "invitation".to_owned(),
            recipient: "ann@example.com".to_owned(),
            params: "x".repeat(bytes),
            created_at: now,
            due_at: now,
            attempts: 0,
            sent_at: None,
        })],
    }
}

/// How often the log has begun anew: the checkpoint sequence number of its header.
fn generation(log: &File) -> u32 {
    let mut number = [0; 4];
    log.read_exact_at(&mut number, 12).unwrap();
    u32::from_be_bytes(number)
}

/// While somebody always writes: the moment for it does not come by itself.
#[tokio::test]
async fn it_begins_anew_under_load() {
    let folder = Folder::new();
    let store = folder.open(false).unwrap();
    store.commit(vec![mail(0, 1)]).await;
    let log = File::open(folder.0.join("usher.db-wal")).unwrap();
    let first = generation(&log);
    let until = Instant::now() + Duration::from_secs(60);
    let mut commits = 0;
    while generation(&log) < first + 3 {
        assert!(Instant::now() < until, "after {commits} commits");
        commits += 1;
        let outcome = store.commit(vec![mail(commits, 400_000)]).await;
        assert_eq!(outcome, [Ok(())]);
    }
    // Each time after thousands of pages, of which a commit has a hundred.
    assert!((40..1000).contains(&commits), "{commits} commits");
    drop(store);
    let kept: i64 = folder
        .sql()
        .query_row("SELECT count(*) FROM mail", [], |row| row.get(0))
        .unwrap();
    assert_eq!(kept, i64::try_from(commits).unwrap() + 1);
}
