//! What one process commits is told to the others: nothing here ever looks by itself.

use std::sync::Arc;

use tokio::sync::mpsc;
use usher_store::{Grown, Store};
use usher_store_postgres::PostgresStore;

use crate::database::Database;
use crate::units::{change, commit, domain_id, opening};

/// What a process hears.
struct Ear(mpsc::UnboundedReceiver<Grown>);

impl Ear {
    fn of(store: &PostgresStore) -> Ear {
        let (heard, ear) = mpsc::unbounded_channel();
        store.hear(Arc::new(move |grown| {
            let _ = heard.send(grown);
        }));
        Ear(ear)
    }

    async fn next(&mut self) -> Grown {
        self.0.recv().await.expect("a hint")
    }

    /// Until it is told of a domain; what it heard by then.
    async fn until(&mut self, n: u128) -> Vec<Grown> {
        let mut heard = vec![];
        while heard.last() != Some(&Grown::Domain(domain_id(n))) {
            heard.push(self.next().await);
        }
        heard
    }
}

/// Waits until as many processes listen.
async fn all_listen(database: &Database, processes: i64) {
    let client = database.connect().await;
    let text = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
        AND application_name = 'usher hints' AND state = 'idle' \
        AND query LIKE 'SELECT pg_backend_pid%'";
    loop {
        let row = client.query_one(text, &[]).await.expect("activity");
        if row.get::<_, i64>(0) == processes {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn j2_what_one_process_commits_is_told_to_the_others() {
    let (database, one) = Database::with_store().await;
    let [two, three] = [database.open().await, database.open().await];
    all_listen(&database, 3).await;
    let mut ears = [&one, &two, &three].map(Ear::of);
    let many = (1..=500).map(opening).collect();
    assert_eq!(one.commit(many).await, vec![Ok(()); 500]);
    for ear in &mut ears[1..] {
        let heard = ear.until(500).await;
        let all = (1..=500).all(|n| heard.contains(&Grown::Domain(domain_id(n))));
        assert!(all || heard.contains(&Grown::Any));
    }
    // What conflicts is nothing to tell, and nobody is told of what it did itself: the first
    // that it hears is what another did.
    assert!(commit(&one, change(1, 7, vec![])).await.is_err());
    assert_eq!(commit(&two, change(2, 1, vec![])).await, Ok(()));
    assert_eq!(ears[2].next().await, Grown::Domain(domain_id(2)));
    assert!(
        !ears[0]
            .until(2)
            .await
            .contains(&Grown::Domain(domain_id(1)))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn j2_who_lost_its_connection_looks_at_all_and_hears_again() {
    let (database, one) = Database::with_store().await;
    let two = database.open().await;
    all_listen(&database, 2).await;
    let mut ear = Ear::of(&two);
    let client = database.connect().await;
    let text = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
        WHERE datname = current_database() AND application_name = 'usher hints'";
    client.execute(text, &[]).await.expect("ended");
    while ear.next().await != Grown::Any {}
    assert_eq!(commit(&one, opening(1)).await, Ok(()));
    ear.until(1).await;
}
