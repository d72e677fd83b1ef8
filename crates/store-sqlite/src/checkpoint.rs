//! Checkpoints: what the write-ahead log holds is copied into the database's file beside the
//! writer, not by it.
//!
//! A thread copies what was there when it began, while the writer writes on. What came
//! meanwhile the writer copies itself once it is little: only a log that is copied whole
//! begins anew, and while somebody always writes no other has the moment for it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use rusqlite::Connection;
use usher_store::{Error, Result};

use crate::open::{self, Options};
use crate::rows::error;

/// Pages in the log from which on it is worth copying.
const WORTH: u64 = 4000;

/// Pages that the writer copies itself.
const LITTLE: u64 = 1000;

/// Pages in the log from which on the writer waits for the copy, however much it is: a bound
/// on the log.
const TOO_MUCH: u64 = 64 * WORTH;

/// The writer's side.
pub struct Checkpoints {
    /// Pages in the log after the last commit.
    logged: Arc<AtomicU64>,
    beside: Arc<Beside>,
    wake: mpsc::SyncSender<()>,
    failed: Arc<AtomicBool>,
}

/// What the thread says of its last round.
#[derive(Default)]
struct Beside {
    runs: AtomicBool,
    /// Pages of the log that are copied.
    copied: AtomicU64,
}

impl Checkpoints {
    /// For the writer's connection. `stopped` is set when the disk fails.
    pub fn start(
        writer: &mut Connection,
        options: &Options,
        stopped: &Arc<AtomicBool>,
    ) -> Result<Checkpoints> {
        let logged = Arc::new(AtomicU64::new(0));
        let note = logged.clone();
        // In place of the automatic checkpoint.
        let hook = move |_: &mut rusqlite::hooks::Wal, pages| {
            note.store(u64::try_from(pages).unwrap_or(0), Ordering::Relaxed);
            Ok(())
        };
        writer.wal_hook(Some(hook)).map_err(error)?;
        let beside = Arc::new(Beside::default());
        let (wake, woken) = mpsc::sync_channel(1);
        let connection = open::checkpointer(options)?;
        let (at, failed) = (beside.clone(), stopped.clone());
        thread::Builder::new()
            .name("usher-checkpoint".to_owned())
            .spawn(move || {
                while woken.recv().is_ok() {
                    if let Some(copied) = copy(&connection, &failed) {
                        at.copied.store(copied, Ordering::Relaxed);
                    }
                    at.runs.store(false, Ordering::Release);
                }
            })
            .map_err(|e| Error::Unavailable(e.to_string()))?;
        Ok(Checkpoints {
            logged,
            beside,
            wake,
            failed: stopped.clone(),
        })
    }

    /// After a commit: has the log copied, or finishes the copy.
    pub fn after_commit(&self, writer: &Connection) {
        let logged = self.logged.load(Ordering::Relaxed);
        // What was copied of a log that has begun anew since says nothing of this one.
        let copied = self.beside.copied.load(Ordering::Relaxed);
        if logged < copied {
            self.beside.copied.store(0, Ordering::Relaxed);
        }
        if logged < WORTH || self.beside.runs.load(Ordering::Acquire) && logged < TOO_MUCH {
            return;
        }
        let copied = self.beside.copied.load(Ordering::Relaxed);
        if logged.saturating_sub(copied) <= LITTLE || logged >= TOO_MUCH {
            copy(writer, &self.failed);
            self.beside.copied.store(0, Ordering::Relaxed);
        } else {
            self.beside.runs.store(true, Ordering::Release);
            let _ = self.wake.try_send(());
        }
    }
}

/// Copies what nobody reads any more, without waiting for anyone. Gives how many of the log's
/// pages are copied by now.
fn copy(connection: &Connection, failed: &AtomicBool) -> Option<u64> {
    let copied = connection
        .prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")
        .and_then(|mut statement| statement.query_row([], |row| row.get::<_, i64>(2)));
    match copied.map_err(error) {
        Ok(pages) => u64::try_from(pages).ok(),
        Err(failure) => {
            // The log still holds it all; but a disk that fails is not written to any more.
            if matches!(failure, Error::Stopped(_)) {
                failed.store(true, Ordering::SeqCst);
            }
            tracing::error!(%failure, "the write-ahead log could not be copied");
            None
        }
    }
}
