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
use usher_store::tables::{HEADS, JOURNAL, Row, Table, Value, journal_row};
use usher_store::{Committed, Error, Result, Unit};
use uuid::Uuid;

use crate::rows::{bind, error};

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
    pub fn start(connection: Connection, max_batch: usize) -> Result<Writer> {
        let (jobs, queue) = mpsc::unbounded_channel();
        let stopped = Arc::new(AtomicBool::new(false));
        let thread = Thread {
            connection,
            texts: HashMap::new(),
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
    texts: HashMap<(&'static str, bool), String>,
    stopped: Arc<AtomicBool>,
}

/// In which order a unit's rows are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    AsGiven,
    ClearedFirst,
}

/// Versions of heads as they are inside the running transaction.
type Versions = HashMap<Uuid, u64>;

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
        let mut versions = Versions::new();
        let mut outcomes = Vec::with_capacity(units.len());
        for unit in units {
            let outcome = match self.fits(unit, &mut versions) {
                Ok(true) => self.write(unit, order).map(|()| {
                    for change in &unit.heads {
                        versions.insert(change.head.key(), change.next);
                    }
                }),
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

    fn fits(&self, unit: &Unit, versions: &mut Versions) -> Result<bool> {
        for change in &unit.heads {
            let version = match versions.entry(change.head.key()) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(unknown) => *unknown.insert(self.version(change.head.key())?),
            };
            if version != change.expected {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn version(&self, head: Uuid) -> Result<u64> {
        let version: Option<i64> = self
            .connection
            .prepare_cached("SELECT version FROM heads WHERE id = ?1")
            .and_then(|mut s| s.query_row([head.as_bytes()], |row| row.get(0)).optional())
            .map_err(error)?;
        Ok(version.and_then(|v| u64::try_from(v).ok()).unwrap_or(0))
    }

    fn write(&mut self, unit: &Unit, order: Order) -> Result<()> {
        for change in &unit.heads {
            let values = vec![
                Value::Id(Some(change.head.key())),
                Value::Int(i64::try_from(change.next).ok()),
                Value::Int(Some(unit.at.0)),
            ];
            self.put(&HEADS, &values)?;
        }
        for entry in &unit.journal {
            self.put(&JOURNAL, &journal_row(unit, entry))?;
        }
        let rows: Vec<Row> = unit.writes.iter().map(|write| write.row()).collect();
        if order == Order::ClearedFirst {
            for row in &rows {
                let (Row::Put(table, values) | Row::Remove(table, values)) = row;
                self.statement(table, true, &values[..table.key.len()])?;
            }
        }
        for row in rows {
            match row {
                Row::Put(table, values) => self.put(table, &values)?,
                Row::Remove(table, key) => self.statement(table, true, &key)?,
            }
        }
        Ok(())
    }

    fn put(&mut self, table: &'static Table, values: &[Value]) -> Result<()> {
        self.statement(table, false, values)
    }

    fn statement(&mut self, table: &'static Table, remove: bool, values: &[Value]) -> Result<()> {
        let text = self
            .texts
            .entry((table.name, remove))
            .or_insert_with(|| if remove { delete(table) } else { upsert(table) });
        let mut statement = self.connection.prepare_cached(text).map_err(error)?;
        bind(&mut statement, values).map_err(error)?;
        statement.raw_execute().map(|_| ()).map_err(error)
    }
}

fn is_refused(failure: &Error) -> bool {
    matches!(failure, Error::NotUnique(_) | Error::Constraint(_))
}

/// The journal is only ever appended to; every other row is written whole.
fn upsert(table: &Table) -> String {
    let columns: Vec<_> = table.columns().map(|(name, _)| name).collect();
    let marks: Vec<_> = (1..=columns.len()).map(|n| format!("?{n}")).collect();
    let insert = format!(
        "INSERT INTO {} ({}) VALUES ({})",
        table.name,
        columns.join(", "),
        marks.join(", ")
    );
    if std::ptr::eq(table, &JOURNAL) {
        return insert;
    }
    let key: Vec<_> = table.key.iter().map(|(name, _)| *name).collect();
    let sets: Vec<_> = table
        .rest
        .iter()
        .map(|(name, _)| format!("{name} = excluded.{name}"))
        .collect();
    format!(
        "{insert} ON CONFLICT ({}) DO UPDATE SET {}",
        key.join(", "),
        sets.join(", ")
    )
}

fn delete(table: &Table) -> String {
    let key: Vec<_> = table
        .key
        .iter()
        .enumerate()
        .map(|(n, (name, _))| format!("{name} = ?{}", n + 1))
        .collect();
    format!("DELETE FROM {} WHERE {}", table.name, key.join(" AND "))
}
