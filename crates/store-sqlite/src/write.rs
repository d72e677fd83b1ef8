//! The writer: one thread that takes all commits that wait, writes them in one
//! transaction, syncs once, and then answers.
//!
//! A unit whose heads have moved on is left out before anything of it is written, so the
//! usual path needs no savepoints. When the database refuses a row, the transaction is
//! rolled back and the units are written one by one: the poisoned one fails alone.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use rusqlite::{Connection, OptionalExtension};
use tokio::sync::{mpsc, oneshot};
use usher_store::records::{Attempts, Remembered};
use usher_store::tables::Row;
use usher_store::{Committed, Error, Result, Unit, Write};
use uuid::Uuid;

use crate::checkpoint::Checkpoints;
use crate::journal::{self, End};
use crate::open::Options;
use crate::put::Rows;
use crate::rows::error;

/// What the writer is asked to do.
enum Job {
    Commit(Vec<Unit>, oneshot::Sender<Vec<Committed>>),
    Run(Box<dyn FnOnce(&Connection) + Send>),
}

/// The thread that writes.
pub struct Writer {
    jobs: mpsc::UnboundedSender<Job>,
    stopped: Arc<AtomicBool>,
}

const STOPPED: &str = "a former write could not be made durable; restart the server";

impl Writer {
    pub fn start(mut connection: Connection, options: &Options) -> Result<Writer> {
        let (jobs, queue) = mpsc::unbounded_channel();
        let stopped = Arc::new(AtomicBool::new(false));
        let checkpoints = Checkpoints::start(&mut connection, options, &stopped)?;
        let max_batch = options.max_batch;
        let thread = Thread {
            connection,
            checkpoints,
            rows: Rows::default(),
            stopped: stopped.clone(),
        };
        thread::Builder::new()
            .name("usher-writer".to_owned())
            .spawn(move || thread.serve(queue, max_batch))
            .map_err(|e| Error::Unavailable(e.to_string()))?;
        Ok(Writer { jobs, stopped })
    }

    pub async fn commit(&self, units: Vec<Unit>) -> Vec<Committed> {
        let count = units.len();
        let (answer, answered) = oneshot::channel();
        if self.jobs.send(Job::Commit(units, answer)).is_err() {
            return vec![Err(Error::Unavailable("the writer is gone".to_owned())); count];
        }
        answered
            .await
            .unwrap_or_else(|_| vec![Err(Error::Unknown("the writer is gone".to_owned())); count])
    }

    /// Runs a write that is not a unit (mails, forgetting) on the writer's connection.
    pub async fn run<T: Send + 'static>(
        &self,
        write: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.ready()?;
        let (answer, answered) = oneshot::channel();
        let stopped = self.stopped.clone();
        let job = Job::Run(Box::new(move |connection| {
            let result = write(connection);
            if matches!(result, Err(Error::Stopped(_))) {
                stopped.store(true, Ordering::SeqCst);
            }
            let _ = answer.send(result);
        }));
        let gone = || Error::Unavailable("the writer is gone".to_owned());
        self.jobs.send(job).map_err(|_| gone())?;
        answered.await.unwrap_or_else(|_| Err(gone()))
    }

    pub fn ready(&self) -> Result<()> {
        if self.stopped.load(Ordering::SeqCst) {
            Err(Error::Stopped(STOPPED.to_owned()))
        } else {
            Ok(())
        }
    }
}

struct Thread {
    connection: Connection,
    checkpoints: Checkpoints,
    rows: Rows,
    stopped: Arc<AtomicBool>,
}

/// In which order a unit's rows are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    AsGiven,
    ClearedFirst,
}

/// Where journals end inside the running transaction.
type Ends = HashMap<Uuid, End>;

impl Thread {
    fn serve(mut self, mut queue: mpsc::UnboundedReceiver<Job>, max_batch: usize) {
        while let Some(job) = queue.blocking_recv() {
            let mut waiting = vec![job];
            let mut units = 0;
            while units < max_batch {
                let Ok(job) = queue.try_recv() else { break };
                if let Job::Commit(more, _) = &job {
                    units += more.len();
                }
                waiting.push(job);
            }
            self.work(waiting);
        }
    }

    fn work(&mut self, jobs: Vec<Job>) {
        let mut units = Vec::new();
        let mut answers = Vec::new();
        let mut others = Vec::new();
        for job in jobs {
            match job {
                Job::Commit(more, answer) => {
                    answers.push((more.len(), answer));
                    units.extend(more);
                }
                Job::Run(run) => others.push(run),
            }
        }
        let mut outcomes = self.commit(&units).into_iter();
        for (count, answer) in answers {
            let _ = answer.send(outcomes.by_ref().take(count).collect());
        }
        for run in others {
            run(&self.connection);
        }
        self.checkpoints.after_commit(&self.connection);
    }

    fn commit(&mut self, units: &[Unit]) -> Vec<Committed> {
        if units.is_empty() {
            return vec![];
        }
        if self.stopped.load(Ordering::SeqCst) {
            return vec![Err(Error::Stopped(STOPPED.to_owned())); units.len()];
        }
        match self.together(units, Order::AsGiven) {
            Ok(outcomes) => outcomes,
            Err(failure) if units.len() > 1 && is_refused(&failure) => units
                .iter()
                .flat_map(|unit| self.commit(std::slice::from_ref(unit)))
                .collect(),
            Err(Error::NotUnique(_)) => vec![self.alone(&units[0])],
            Err(failure) => vec![Err(failure); units.len()],
        }
    }

    /// A name may pass from one row to another within a unit: then every row is taken away
    /// before any is written. What is not unique after that is not unique.
    fn alone(&mut self, unit: &Unit) -> Committed {
        let outcomes = self.together(std::slice::from_ref(unit), Order::ClearedFirst)?;
        outcomes.into_iter().collect()
    }

    /// One transaction. An error means that nothing of it happened, or that the store has
    /// stopped.
    fn together(&mut self, units: &[Unit], order: Order) -> Result<Vec<Committed>> {
        self.execute("BEGIN IMMEDIATE")?;
        let mut ends = Ends::new();
        let mut outcomes = Vec::with_capacity(units.len());
        for unit in units {
            let outcome = match self.fits(unit, &mut ends) {
                Ok(true) => self.write(unit, order, &mut ends),
                Ok(false) => {
                    outcomes.push(Err(Error::Conflict));
                    continue;
                }
                Err(failure) => Err(failure),
            };
            if let Err(failure) = outcome {
                self.stop_if_broken(&failure);
                let _ = self.execute("ROLLBACK");
                return Err(failure);
            }
            outcomes.push(Ok(()));
        }
        if let Err(failure) = self.execute("COMMIT") {
            // Whether it will be there after a restart can't be told: acknowledge nothing
            // more until someone has looked.
            self.stopped.store(true, Ordering::SeqCst);
            tracing::error!(%failure, "a commit could not be made durable; the store has stopped");
            let _ = self.execute("ROLLBACK");
            return Err(Error::Stopped(failure.to_string()));
        }
        Ok(outcomes)
    }

    fn stop_if_broken(&self, failure: &Error) {
        if let Error::Stopped(what) = failure {
            self.stopped.store(true, Ordering::SeqCst);
            tracing::error!(what, "the disk failed; the store has stopped");
        }
    }

    fn execute(&self, text: &str) -> Result<()> {
        let mut statement = self.connection.prepare_cached(text).map_err(error)?;
        statement.execute([]).map(|_| ()).map_err(error)
    }

    fn fits(&self, unit: &Unit, ends: &mut Ends) -> Result<bool> {
        for change in &unit.heads {
            let key = change.head.key();
            let end = match ends.entry(key) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(unknown) => *unknown.insert(journal::end(&self.connection, key)?),
            };
            if end.version != change.expected {
                return Ok(false);
            }
        }
        for write in &unit.writes {
            let overtaken = match write {
                Write::Attempts(new) => self.is_overtaken(new)?,
                Write::Remembered(new) => self.is_remembered(new)?,
                _ => false,
            };
            if overtaken {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether the row of attempts that is there is another than the one that was seen.
    fn is_overtaken(&self, new: &Attempts) -> Result<bool> {
        let version: Option<i64> = self
            .connection
            .prepare_cached("SELECT version FROM attempts WHERE key = ?1")
            .and_then(|mut s| s.query_row([&new.key[..]], |row| row.get(0)).optional())
            .map_err(error)?;
        Ok(version.is_some_and(|version| version != new.version))
    }

    /// Whether another answer was given under the same key meanwhile.
    fn is_remembered(&self, new: &Remembered) -> Result<bool> {
        let earliest = new.at.plus_seconds(-Remembered::KEPT_SECONDS);
        self.connection
            .prepare_cached("SELECT 1 FROM remembered WHERE head = ?1 AND key = ?2 AND at > ?3")
            .and_then(|mut s| s.exists((new.head.as_bytes(), &new.key[..], earliest.0)))
            .map_err(error)
    }

    fn write(&mut self, unit: &Unit, order: Order, ends: &mut Ends) -> Result<()> {
        for entry in &unit.journal {
            let end = ends.entry(entry.head.key()).or_default();
            *end = journal::append(&self.connection, unit, entry, *end)?;
        }
        for change in &unit.heads {
            let end = ends.entry(change.head.key()).or_default();
            end.version = change.next;
            journal::close(&self.connection, change.head.key(), *end, unit)?;
        }
        let mut rows: Vec<Row> = unit.writes.iter().map(|write| write.row()).collect();
        if rows.iter().any(Row::ends_a_session) {
            rows.sort_by_key(|row| !row.ends_a_session());
        }
        if order == Order::ClearedFirst {
            for row in &rows {
                self.rows.clear(&self.connection, row)?;
            }
        }
        for row in &rows {
            self.rows.write(&self.connection, row)?;
        }
        Ok(())
    }
}

fn is_refused(failure: &Error) -> bool {
    matches!(failure, Error::NotUnique(_) | Error::Constraint(_))
}
