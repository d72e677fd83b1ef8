//! Readers, on connections that can't write.
//!
//! A load looks up a few rows by key, which takes microseconds: less than handing it to
//! another thread. So loads run on the threads that ask for them ([`Loads`]). Lists and
//! reports can take long: they go to threads of their own ([`Readers`]).

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;

use rusqlite::Connection;
use tokio::sync::oneshot;
use usher_rules::Time;
use usher_store::load::{Needs, ROUNDS};
use usher_store::port::ENDLESS;
use usher_store::queries::loads;
use usher_store::tables::Value;
use usher_store::{Error, Load, Result, Snapshot};

use crate::clock::Clock;
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

/// Who waits for the next read transaction, and for what.
struct Request {
    needs: Arc<dyn Needs>,
    /// What is known already, and what is needed first.
    snapshot: Snapshot,
    first: Load,
    answer: oneshot::Sender<Result<Snapshot>>,
}

/// Loads. Those that arrive together share one read transaction: it is what costs most of
/// a small one, and after each commit it has to look at its pages anew.
pub struct Loads {
    options: Options,
    /// As many as transactions ever ran at the same instant.
    idle: Mutex<Vec<Connection>>,
    waiting: Mutex<Vec<Request>>,
}

impl Loads {
    pub fn new(options: &Options) -> Loads {
        Loads {
            options: options.clone(),
            idle: Mutex::default(),
            waiting: Mutex::default(),
        }
    }

    /// Loads what is needed at one moment after this call began.
    pub async fn run(self: &Arc<Self>, needs: Arc<dyn Needs>, clock: Clock) -> Result<Snapshot> {
        let mut snapshot = Snapshot::default();
        let first = needs.more(&mut snapshot);
        if first.is_empty() {
            snapshot.world.now = clock.now().max(first.not_before);
            return Ok(snapshot);
        }
        let (answer, answered) = oneshot::channel();
        let is_first = {
            let mut waiting = lock(&self.waiting);
            waiting.push(Request {
                needs,
                snapshot,
                first,
                answer,
            });
            waiting.len() == 1
        };
        if is_first {
            let loads = self.clone();
            // A task of its own: who asked first may go, and the others still wait.
            tokio::spawn(async move {
                // Who else is about to ask does so now.
                tokio::task::yield_now().await;
                loads.serve(&clock);
            });
        }
        let gone = || Error::Unavailable("the store is closing".to_owned());
        answered.await.unwrap_or_else(|_| Err(gone()))
    }

    fn serve(&self, clock: &Clock) {
        let requests = std::mem::take(&mut *lock(&self.waiting));
        for shared in in_shares(requests) {
            if let Err((error, answers)) = self.together(shared, clock) {
                for answer in answers {
                    let _ = answer.send(Err(error.clone()));
                }
            }
        }
    }

    /// Answers loads from one read transaction.
    fn together(&self, requests: Vec<Request>, clock: &Clock) -> std::result::Result<(), Failed> {
        let idle = lock(&self.idle).pop();
        let connection = match idle.map_or_else(|| open::reader(&self.options), Ok) {
            Ok(connection) => connection,
            Err(error) => return Err((error, answers(requests))),
        };
        let now = clock.now();
        if let Err(error) = transaction(&connection, "BEGIN") {
            return Err((error, answers(requests)));
        }
        for request in requests {
            let gathered = gather(
                &connection,
                &*request.needs,
                now,
                request.snapshot,
                request.first,
            );
            // Who asked may have gone.
            let _ = request.answer.send(gathered);
        }
        // A connection that can't end its transaction is not used again.
        if transaction(&connection, "COMMIT").is_ok() {
            lock(&self.idle).push(connection);
        }
        Ok(())
    }
}

/// Why loads were not run, and who waits to be told.
type Failed = (Error, Vec<oneshot::Sender<Result<Snapshot>>>);

fn answers(requests: Vec<Request>) -> Vec<oneshot::Sender<Result<Snapshot>>> {
    requests.into_iter().map(|request| request.answer).collect()
}

fn in_shares(mut requests: Vec<Request>) -> impl Iterator<Item = Vec<Request>> {
    std::iter::from_fn(move || {
        let rest = requests.split_off(requests.len().min(MAX_SHARED));
        let share = std::mem::replace(&mut requests, rest);
        (!share.is_empty()).then_some(share)
    })
}

fn transaction(connection: &Connection, text: &str) -> Result<()> {
    let mut statement = connection.prepare_cached(text).map_err(error)?;
    statement.execute([]).map(|_| ()).map_err(error)
}

/// Loads what is needed, and what that shows to be needed: each key once.
fn gather(
    connection: &Connection,
    needs: &dyn Needs,
    clock: Time,
    mut snapshot: Snapshot,
    mut more: Load,
) -> Result<Snapshot> {
    snapshot.world.now = clock;
    for _ in 0..ROUNDS {
        snapshot.world.now = snapshot.world.now.max(more.not_before);
        load(connection, &more, &mut snapshot)?;
        more = needs.more(&mut snapshot);
        if more.is_empty() {
            return Ok(snapshot);
        }
    }
    Err(Error::Engine(ENDLESS.to_owned()))
}

/// Adds what a load asks for to a snapshot.
fn load(connection: &Connection, load: &Load, snapshot: &mut Snapshot) -> Result<()> {
    let now = snapshot.world.now;
    for step in loads::steps(load, now) {
        if std::ptr::eq(step.query, &loads::LINEAGES) {
            follow_lines(connection, load, snapshot)?;
            continue;
        }
        if !step.keys.iter().any(|key| step.may_find(key, snapshot)) {
            continue;
        }
        let mut statement = connection
            .prepare_cached(text_of(step.query))
            .map_err(error)?;
        for key in &step.keys {
            if !step.may_find(key, snapshot) {
                continue;
            }
            bind(&mut statement, key).map_err(error)?;
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next().map_err(error)? {
                (step.query.read)(&Cells(row), snapshot)?;
            }
        }
    }
    Ok(())
}

/// Follows each line of ancestors link by link. A recursive query makes a table of its own
/// first, which costs as much as ten look-ups; most lines are short.
fn follow_lines(connection: &Connection, load: &Load, snapshot: &mut Snapshot) -> Result<()> {
    let mut statement = connection.prepare_cached(loads::LINK).map_err(error)?;
    let mut starts = load.lineages.clone();
    starts.extend(&load.domains);
    for start in &starts {
        let mut line = VecDeque::new();
        let mut next = Some(*start);
        while let Some(id) = next.take() {
            bind(&mut statement, &[Value::Id(Some(id.0))]).map_err(error)?;
            let mut rows = statement.raw_query();
            if let Some(row) = rows.next().map_err(error)? {
                let (link, above) = loads::link(&Cells(row), id, snapshot)?;
                line.push_front(link);
                next = above;
            }
        }
        if !line.is_empty() {
            snapshot.world.lineages.insert(*start, line.into());
        }
    }
    Ok(())
}
