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
use usher_rules::{DomainId, Time};
use usher_store::load::{Needs, ROUNDS};
use usher_store::queries::loads::{self, Step};
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
    needs: Needs,
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
    pub async fn run(self: &Arc<Self>, needs: Needs, clock: Clock) -> Result<Snapshot> {
        let (answer, answered) = oneshot::channel();
        let first = {
            let mut waiting = lock(&self.waiting);
            waiting.push(Request { needs, answer });
            waiting.len() == 1
        };
        if first {
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
        for Request { needs, answer } in requests {
            // Who asked may have gone.
            let _ = answer.send(gather(&connection, needs.as_ref(), now));
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
    needs: &(dyn Fn(&Snapshot, &mut Load) + Send + Sync),
    clock: Time,
) -> Result<Snapshot> {
    let mut snapshot = Snapshot::default();
    let mut loaded = Load::default();
    for _ in 0..ROUNDS {
        let mut wanted = loaded.clone();
        needs(&snapshot, &mut wanted);
        snapshot.world.now = clock.max(wanted.not_before);
        let more = wanted.without(&loaded);
        if more == Load::default() {
            break;
        }
        load(connection, &more, &mut snapshot)?;
        loaded = wanted;
    }
    Ok(snapshot)
}

/// Adds what a load asks for to a snapshot.
fn load(connection: &Connection, load: &Load, snapshot: &mut Snapshot) -> Result<()> {
    let now = snapshot.world.now;
    let pending = Pending::probe(connection, load, now)?;
    for step in loads::steps(load, now) {
        if std::ptr::eq(step.query, &loads::LINEAGES) {
            follow_lines(connection, load, snapshot)?;
            continue;
        }
        let mut keys = pending.of(&step).peekable();
        if keys.peek().is_none() {
            continue;
        }
        let mut statement = connection
            .prepare_cached(text_of(step.query))
            .map_err(error)?;
        for key in keys {
            bind(&mut statement, key).map_err(error)?;
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next().map_err(error)? {
                (step.query.read)(&Cells(row), snapshot)?;
            }
        }
    }
    Ok(())
}

/// For which of a load's domains there is anything of what seldom is ([`loads::PROBE`]).
struct Pending(Vec<[bool; loads::PROBED.len()]>);

impl Pending {
    fn probe(connection: &Connection, load: &Load, now: Time) -> Result<Pending> {
        if load.domains.is_empty() {
            return Ok(Pending(vec![]));
        }
        let mut statement = connection.prepare_cached(loads::PROBE).map_err(error)?;
        let of_domain = |domain: &DomainId| {
            let key = [Value::Id(Some(domain.0)), Value::Int(Some(now.0))];
            bind(&mut statement, &key)?;
            let mut rows = statement.raw_query();
            let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
            let mut pending = [false; loads::PROBED.len()];
            for (column, any) in pending.iter_mut().enumerate() {
                *any = row.get::<_, Option<i64>>(column)?.is_some();
            }
            Ok(pending)
        };
        let pending: rusqlite::Result<_> = load.domains.iter().map(of_domain).collect();
        pending.map(Pending).map_err(error)
    }

    /// The keys of a step for which there may be rows.
    fn of<'a>(&'a self, step: &'a Step) -> impl Iterator<Item = &'a Vec<Value>> {
        let column = loads::probed(step.query);
        let any = move |n: usize| column.is_none_or(|column| self.0[n][column]);
        let keys = step.keys.iter().enumerate();
        keys.filter(move |(n, _)| any(*n)).map(|(_, key)| key)
    }
}

/// Follows each line of ancestors link by link. A recursive query makes a table of its own
/// first, which costs as much as ten look-ups; most lines are short.
fn follow_lines(connection: &Connection, load: &Load, snapshot: &mut Snapshot) -> Result<()> {
    let mut statement = connection.prepare_cached(loads::LINK).map_err(error)?;
    for start in load.lineages.union(&load.domains) {
        let mut line = VecDeque::new();
        let mut next = Some(*start);
        while let Some(id) = next.take() {
            bind(&mut statement, &[Value::Id(Some(id.0))]).map_err(error)?;
            let mut rows = statement.raw_query();
            if let Some(row) = rows.next().map_err(error)? {
                let (link, above) = loads::link(&Cells(row), id)?;
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
