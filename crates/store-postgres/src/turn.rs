//! Turns: who waits for a head's turn waits for an advisory lock, on a connection that
//! holds nothing else. The lock goes with the connection, so that a process that dies
//! gives its turns back.

use deadpool_postgres::{Object, Pool};
use tokio::runtime::Handle;
use tokio_postgres::Config;
use usher_rules::Head;
use usher_store::{Result, Turn};

use crate::connect::{Purpose, pool, taken};
use crate::error::translate;

/// How many turns a process holds or waits for at a time.
const CONNECTIONS: usize = 16;

/// Where turns are waited for.
pub(crate) struct Turns {
    pool: Pool,
}

impl Turns {
    pub(crate) fn new(config: &Config) -> Result<Turns> {
        let pool = pool(config, Purpose::Turn, CONNECTIONS)?;
        Ok(Turns { pool })
    }

    pub(crate) async fn wait_for(&self, head: Head) -> Result<Box<dyn Turn>> {
        let connection = self.pool.get().await.map_err(taken)?;
        // From here on dropped with its connection, until the lock is known to be held.
        let mut held = Held {
            connection: Some(connection),
            key: key(head),
            locked: false,
        };
        if let Some(connection) = &held.connection {
            let lock = connection
                .prepare_cached("SELECT pg_advisory_lock($1)")
                .await;
            let lock = lock.map_err(translate)?;
            connection
                .execute(&lock, &[&held.key])
                .await
                .map_err(translate)?;
        }
        held.locked = true;
        Ok(Box::new(held))
    }
}

/// Two heads with one key only wait for each other without need.
fn key(head: Head) -> i64 {
    let (high, low) = head.key().as_u64_pair();
    (high ^ low).cast_signed()
}

struct Held {
    connection: Option<Object>,
    key: i64,
    locked: bool,
}

impl Turn for Held {}

impl Drop for Held {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else {
            return;
        };
        match Handle::try_current() {
            Ok(runtime) if self.locked => {
                runtime.spawn(give_back(connection, self.key));
            }
            // Waiting still, or nobody left to wait for the answer: hang up.
            _ => drop(Object::take(connection)),
        }
    }
}

async fn give_back(connection: Object, key: i64) {
    let unlock = connection
        .prepare_cached("SELECT pg_advisory_unlock($1)")
        .await;
    let unlocked = match unlock {
        Ok(unlock) => connection.execute(&unlock, &[&key]).await.map(|_| ()),
        Err(error) => Err(error),
    };
    if unlocked.is_err() {
        drop(Object::take(connection));
    }
}
