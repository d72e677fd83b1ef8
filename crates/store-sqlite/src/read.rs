//! Readers, on connections that can't write.
//!
//! A load looks up a few rows by key, which takes microseconds: less than handing it to
//! another thread. So it runs right where it is asked for, in a read transaction of its
//! own ([`Loads`]). Lists and reports can take long: they go to threads ([`Readers`]).

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use rusqlite::Connection;
use tokio::sync::oneshot;
use usher_rules::Time;
use usher_store::queries::loads;
use usher_store::{Error, Load, Result, Snapshot};

use crate::open::{self, Options};
use crate::rows::{Cells, bind, error, text_of};

type Job = Box<dyn FnOnce(&Connection) + Send>;

/// The most jobs that share one read transaction: a bound on how old a snapshot can get.
const MAX_SHARED: usize = 64;

#[derive(Default)]
struct Queue {
    jobs: Mutex<(VecDeque<Job>, bool)>,
    bell: Condvar,
}

/// The threads that read.
pub struct Readers {
    queue: Arc<Queue>,
}

impl Readers {
    pub fn start(options: &Options) -> Result<Readers> {
        let queue = Arc::new(Queue::default());
        for n in 0..options.readers.max(1) {
            let connection = open::reader(options)?;
            let queue = queue.clone();
            thread::Builder::new()
                .name(format!("usher-reader-{n}"))
                .spawn(move || serve(&connection, &queue))
                .map_err(|e| Error::Unavailable(e.to_string()))?;
        }
        Ok(Readers { queue })
    }

    /// Runs a read on one of the threads.
    pub async fn run<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            // Whoever asked may have gone: then nobody misses the answer.
            let _ = answer.send(read(connection));
        });
        {
            let mut jobs = lock(&self.queue.jobs);
            jobs.0.push_back(job);
        }
        self.queue.bell.notify_one();
        answered
            .await
            .unwrap_or_else(|_| Err(Error::Unavailable("the reader is gone".to_owned())))
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        lock(&self.queue.jobs).1 = true;
        self.queue.bell.notify_all();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(connection: &Connection, queue: &Queue) {
    while let Some(jobs) = next(queue) {
        // A read transaction sees one moment; without it each statement sees its own.
        let begun = connection.execute_batch("BEGIN").is_ok();
        for job in jobs {
            job(connection);
        }
        if begun {
            let _ = connection.execute_batch("COMMIT");
        }
    }
}

fn next(queue: &Queue) -> Option<Vec<Job>> {
    let mut jobs = lock(&queue.jobs);
    loop {
        if !jobs.0.is_empty() {
            let count = jobs.0.len().min(MAX_SHARED);
            return Some(jobs.0.drain(..count).collect());
        }
        if jobs.1 {
            return None;
        }
        jobs = queue
            .bell
            .wait(jobs)
            .unwrap_or_else(PoisonError::into_inner);
    }
}

/// Connections for loads; as many as loads ever ran at the same instant.
pub struct Loads {
    options: Options,
    idle: Mutex<Vec<Connection>>,
}

impl Loads {
    pub fn new(options: &Options) -> Loads {
        Loads {
            options: options.clone(),
            idle: Mutex::default(),
        }
    }

    /// Runs a load at one moment.
    pub fn run(&self, wanted: &Load, now: Time) -> Result<Snapshot> {
        let idle = lock(&self.idle).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open::reader(&self.options)?,
        };
        transaction(&connection, "BEGIN")?;
        let snapshot = load(&connection, wanted, now);
        transaction(&connection, "COMMIT")?;
        lock(&self.idle).push(connection);
        snapshot
    }
}

fn transaction(connection: &Connection, text: &str) -> Result<()> {
    let mut statement = connection.prepare_cached(text).map_err(error)?;
    statement.execute([]).map(|_| ()).map_err(error)
}

/// Runs the steps of a load.
fn load(connection: &Connection, load: &Load, now: Time) -> Result<Snapshot> {
    let mut snapshot = Snapshot::default();
    snapshot.world.now = now;
    for step in loads::steps(load, now) {
        let mut statement = connection
            .prepare_cached(text_of(step.query))
            .map_err(error)?;
        for key in &step.keys {
            bind(&mut statement, key).map_err(error)?;
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next().map_err(error)? {
                (step.query.read)(&Cells(row), &mut snapshot)?;
            }
        }
    }
    Ok(snapshot)
}
