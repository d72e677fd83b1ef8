//! Turns: who waits for a head's turn waits for an advisory lock, on a connection that
//! holds nothing else. The lock goes with the connection, so that a process that dies
//! gives its turns back. A commit out of turn looks whether somebody has it
//! ([`crate::batch::MOVE_HEADS`]), so that who has is not overtaken.

use deadpool_postgres::{Object, Pool};
use tokio::runtime::Handle;
use usher_rules::Head;
use usher_store::{Result, Turn};
use uuid::Uuid;

use crate::connect::{Config, Purpose, pool, taken};
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

    /// Waits for all of them, in one order everywhere: nobody waits in a circle.
    pub(crate) async fn wait_for(&self, heads: &[Head]) -> Result<Box<dyn Turn>> {
        let connection = self.pool.get().await.map_err(taken)?;
        // From here on dropped with its connection, until the lock is known to be held.
        let mut held = Held {
            connection: Some(connection),
            locked: false,
        };
        let mut keys: Vec<i64> = heads.iter().map(|head| key(head.key())).collect();
        keys.sort_unstable();
        keys.dedup();
        if let Some(connection) = &held.connection {
            let lock = connection.prepare_cached(LOCK).await;
            let lock = lock.map_err(translate)?;
            for key in keys {
                let locked = connection.execute(&lock, &[&key]).await;
                locked.map_err(translate)?;
            }
        }
        held.locked = true;
        Ok(Box::new(held))
    }
}

const LOCK: &str = "SELECT pg_advisory_lock($1)";
const UNLOCK: &str = "SELECT pg_advisory_unlock_all()";

/// The key of a head's lock. Two heads with one key only wait for each other without need.
pub(crate) fn key(head: Uuid) -> i64 {
    let (high, low) = head.as_u64_pair();
    (high ^ low).cast_signed()
}

struct Held {
    connection: Option<Object>,
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
                runtime.spawn(give_back(connection));
            }
            // Waiting still, or nobody left to wait for the answer: hang up.
            _ => drop(Object::take(connection)),
        }
    }
}

async fn give_back(connection: Object) {
    let unlocked = match connection.prepare_cached(UNLOCK).await {
        Ok(unlock) => connection.execute(&unlock, &[]).await.map(|_| ()),
        Err(error) => Err(error),
    };
    if unlocked.is_err() {
        drop(Object::take(connection));
    }
}
