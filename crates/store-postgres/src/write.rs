//! The writers: two tasks, each with a connection of its own; while one waits for the disk,
//! the other sends. Units that wait are committed together, in one transaction and one round
//! trip, on the versions that they expect. Only when another
//! process was faster, the heads are locked first, to see which units can go ahead.
//!
//! When the database refuses a row, the batch is halved until the unit that is to blame
//! stands alone; no savepoints. A unit that alone is refused for a name that is taken gets
//! one more chance, in which its own rows let go of their names first. When the connection breaks, the outcome is looked up.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc, oneshot};
use tokio::time::Instant;
use tokio_postgres::Statement;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use usher_store::{Committed, Error, Result, Unit, Write};
use uuid::Uuid;

use crate::batch::{self, Changes, Versions, Way};
use crate::connect::{Config, Link, PATIENCE, Pauses, Purpose, pipeline};
use crate::error::{ends_session, is_of_versions, translate};
use crate::lookup;

/// How many units may wait; more wait for a place.
const QUEUE: usize = 2048;
/// How many connections write.
const WRITERS: usize = 2;
/// How much one transaction takes at most.
const MAX_UNITS: usize = 512;
const MAX_ROWS: usize = 8192;
/// How long an outcome is looked for. Longer than what a broken connection held can stay
/// locked (`idle_in_transaction_session_timeout`).
const SEARCH: Duration = Duration::from_secs(20);

struct Job {
    /// In their order: one may follow another on the same head.
    units: Vec<Unit>,
    answer: oneshot::Sender<Vec<Committed>>,
}

/// Where units are committed.
pub(crate) struct Writer {
    queue: mpsc::Sender<Job>,
}

impl Writer {
    /// Starts the tasks; they end when this is dropped, and all that waited is committed.
    pub(crate) fn start(config: &Config) -> Writer {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..WRITERS {
            let worker = Worker {
                config: config.clone(),
                session: None,
                down: false,
            };
            tokio::spawn(worker.serve(Arc::clone(&waiting)));
        }
        Writer { queue }
    }

    pub(crate) async fn commit(&self, units: Vec<Unit>) -> Vec<Committed> {
        let count = units.len();
        let (answer, answered) = oneshot::channel();
        // When the tasks are gone, so is the other end of `answered`.
        let _ = self.queue.send(Job { units, answer }).await;
        let gone = || vec![Err(Error::Unknown("the writer stopped".to_owned())); count];
        answered.await.unwrap_or_else(|_| gone())
    }
}

/// Takes what waits, once something does.
async fn take(waiting: &Mutex<mpsc::Receiver<Job>>) -> Option<Vec<Job>> {
    let mut waiting = waiting.lock().await;
    let mut jobs = vec![waiting.recv().await?];
    // Who else is about to ask does so now; woken by the first, this would run before them.
    tokio::task::yield_now().await;
    let mut units = jobs[0].units.len();
    while units < MAX_UNITS {
        let Ok(job) = waiting.try_recv() else {
            break;
        };
        units += job.units.len();
        jobs.push(job);
    }
    Some(jobs)
}

struct Worker {
    config: Config,
    session: Option<Session>,
    /// Whether the last batch could not be brought to the database: the next one tries
    /// once, and does not wait for it to come back.
    down: bool,
}

/// Why a batch was not committed.
enum Failure {
    /// The database refused it; all was rolled back.
    Refused(Error),
    /// The connection broke before the commit was sent.
    Broken(Error),
    /// The connection broke after that. The answers if it was committed.
    Unsure(Error, Vec<Committed>),
}

impl Worker {
    async fn serve(mut self, waiting: Arc<Mutex<mpsc::Receiver<Job>>>) {
        while let Some(jobs) = take(&waiting).await {
            let mut units = Vec::new();
            let mut answers = Vec::with_capacity(jobs.len());
            for job in jobs {
                answers.push((job.units.len(), job.answer));
                units.extend(job.units);
            }
            let mut outcomes = Vec::with_capacity(units.len());
            let mut rest = units.as_slice();
            while !rest.is_empty() {
                let (together, later) = rest.split_at(fitting(rest));
                outcomes.extend(self.commit(together).await);
                rest = later;
            }
            let mut outcomes = outcomes.into_iter();
            for (count, answer) in answers {
                // Who asked may have gone.
                let _ = answer.send(outcomes.by_ref().take(count).collect());
            }
        }
    }

    /// Commits units together, or halves of them.
    async fn commit(&mut self, units: &[Unit]) -> Vec<Committed> {
        let mut committed = Vec::with_capacity(units.len());
        let mut parts = vec![units];
        while let Some(units) = parts.pop() {
            let outcome = match self.attempt(units, Way::InPlace).await {
                Err(Error::Unavailable(reason)) => {
                    Ok(vec![Err(Error::Unavailable(reason)); units.len()])
                }
                Err(_) if units.len() > 1 => {
                    let (first, second) = units.split_at(units.len() / 2);
                    parts.extend([second, first]);
                    continue;
                }
                Err(Error::NotUnique(_)) => self.attempt(units, Way::Anew).await,
                outcome => outcome,
            };
            committed.extend(outcome.unwrap_or_else(|refused| vec![Err(refused)]));
        }
        committed
    }

    /// Commits units in one transaction, on as many connections as that takes.
    ///
    /// # Errors
    /// When the database refuses a row of one of them, and so all.
    async fn attempt(&mut self, units: &[Unit], way: Way) -> Result<Vec<Committed>> {
        let mut deadline = Instant::now() + if self.down { Duration::ZERO } else { PATIENCE };
        let mut unsure: Option<Vec<Committed>> = None;
        let mut broke = false;
        loop {
            let outcome = self.once(units, way, deadline, &mut unsure, broke).await;
            let error = match outcome {
                Ok(answers) => return Ok(answers),
                Err(Failure::Refused(error)) => return Err(error),
                Err(Failure::Broken(error)) => error,
                Err(Failure::Unsure(error, answers)) => {
                    deadline = Instant::now() + SEARCH;
                    unsure = Some(answers);
                    error
                }
            };
            broke = true;
            self.session = None;
            if Instant::now() >= deadline {
                let error = match unsure {
                    Some(_) => Error::Unknown(error.to_string()),
                    None => error,
                };
                return Ok(vec![Err(error); units.len()]);
            }
            tracing::warn!(%error, units = units.len(), "the writer's connection broke");
        }
    }

    /// One attempt on one connection. `unsure` holds the answers of an attempt before, until
    /// it is known that it failed.
    async fn once(
        &mut self,
        units: &[Unit],
        way: Way,
        deadline: Instant,
        unsure: &mut Option<Vec<Committed>>,
        broke: bool,
    ) -> std::result::Result<Vec<Committed>, Failure> {
        let session = self.session(deadline).await.map_err(Failure::Broken)?;
        if let Some(answers) = unsure {
            // They were in one transaction: one that is found stands for all.
            let found = session.committed(units).await.map_err(Failure::Broken)?;
            if found.contains(&true) {
                return Ok(std::mem::take(answers));
            }
            *unsure = None;
        }
        let mut answers = session.commit(units, way).await?;
        if broke && answers.contains(&Err(Error::Conflict)) {
            // With what was on its way when the connection broke, perhaps.
            let found = session.committed(units).await.map_err(Failure::Broken)?;
            for (answer, found) in answers.iter_mut().zip(found) {
                if found {
                    *answer = Ok(());
                }
            }
        }
        Ok(answers)
    }

    async fn session(&mut self, deadline: Instant) -> Result<&mut Session> {
        let mut pauses = Pauses::until(deadline);
        let session = loop {
            let session = match self.session.take() {
                Some(session) => Ok(session),
                None => Session::open(&self.config).await,
            };
            self.down = session.is_err();
            match session {
                Ok(session) => break session,
                Err(error) => pauses.after(error).await?,
            }
        };
        Ok(self.session.insert(session))
    }
}

/// Whether a transaction is open when rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begun {
    No,
    Yes,
}

/// Why rows were not written.
enum Refusal {
    /// They could not even be sent.
    Here(String),
    /// The database or the connection said no.
    There(tokio_postgres::Error),
}

/// Whether a head was at another version than expected ([`batch::MOVE_HEADS`]), or there
/// when it should be new.
fn is_stale(refusal: &Refusal) -> bool {
    let Refusal::There(error) = refusal else {
        return false;
    };
    let stale = error.code() == Some(&SqlState::DIVISION_BY_ZERO);
    stale || (error.code() == Some(&SqlState::UNIQUE_VIOLATION) && is_of_versions(error))
}

fn broken(error: tokio_postgres::Error) -> Failure {
    Failure::Broken(translate(error))
}

/// How many jobs from the first on fit into one transaction; one always does. Two that count
/// attempts at the same thing, or answer under the same key, don't: the second builds on what
/// the first may change.
fn fitting(units: &[Unit]) -> usize {
    let mut rows = 0;
    let mut counted = HashSet::new();
    let fits = |unit: &&Unit| {
        rows += unit.writes.len() + unit.journal.len();
        let mut writes = unit.writes.iter();
        let alone = writes.all(|write| match write {
            Write::Attempts(attempts) => counted.insert((Uuid::nil(), attempts.key)),
            Write::Remembered(answer) => counted.insert((answer.head, answer.key)),
            _ => true,
        });
        rows <= MAX_ROWS && alone
    };
    units
        .iter()
        .take_while(fits)
        .count()
        .max(1)
        .min(units.len())
}

struct Session {
    link: Link,
    begin: Statement,
    lock_heads: Statement,
    new_heads: Statement,
    move_heads: Statement,
    append: Statement,
    seen: Statement,
    commit: Statement,
    rollback: Statement,
    /// Per table of [`batch::written`]: remove, put.
    tables: Vec<(Statement, Statement)>,
}

type Params<'a> = Vec<&'a (dyn ToSql + Sync)>;

impl Session {
    async fn open(config: &Config) -> Result<Session> {
        let mut link = Link::open(config, Purpose::Write).await?;
        let removes = link.prepare(batch::written().map(batch::remove)).await?;
        let puts = link.prepare(batch::written().map(batch::put)).await?;
        let append = batch::append();
        let texts = [
            "BEGIN ISOLATION LEVEL READ COMMITTED",
            batch::LOCK_HEADS,
            batch::NEW_HEADS,
            batch::MOVE_HEADS,
            &append,
            batch::SEEN,
            "COMMIT",
            "ROLLBACK",
        ];
        let prepared = link.prepare(texts.map(str::to_owned)).await?;
        let [
            begin,
            lock_heads,
            new_heads,
            move_heads,
            append,
            seen,
            commit,
            rollback,
        ] = prepared
            .try_into()
            .map_err(|_| Error::Engine("a statement was not prepared".to_owned()))?;
        Ok(Session {
            link,
            begin,
            lock_heads,
            new_heads,
            move_heads,
            append,
            seen,
            commit,
            rollback,
            tables: removes.into_iter().zip(puts).collect(),
        })
    }

    async fn committed(&mut self, units: &[Unit]) -> Result<Vec<bool>> {
        lookup::committed(&mut self.link, units).await
    }

    async fn commit(
        &mut self,
        units: &[Unit],
        way: Way,
    ) -> std::result::Result<Vec<Committed>, Failure> {
        if let Some(assumed) = batch::assumed(units) {
            let changes = Changes::of(units.iter(), &assumed, way);
            match self.write(&changes, Begun::No).await {
                Err(error) if is_stale(&error) => {}
                wrote => return self.answer(wrote, vec![Ok(()); units.len()]),
            }
        }
        let stored = self.lock(units).await.map_err(broken)?;
        let answers = batch::decide(units, &stored);
        let decided = units.iter().zip(&answers);
        let accepted = decided.filter(|(_, answer)| answer.is_ok()).map(|(u, _)| u);
        let changes = Changes::of(accepted, &stored, way);
        if answers.contains(&Ok(())) {
            let wrote = self.write(&changes, Begun::Yes).await;
            self.answer(wrote, answers)
        } else {
            self.give_up().await.map_err(broken)?;
            Ok(answers)
        }
    }

    /// The answers to units whose rows and commit were sent.
    fn answer(
        &self,
        wrote: std::result::Result<(), Refusal>,
        answers: Vec<Committed>,
    ) -> std::result::Result<Vec<Committed>, Failure> {
        match wrote {
            Ok(()) => Ok(answers),
            Err(Refusal::Here(reason)) => Err(Failure::Refused(Error::Constraint(reason))),
            Err(Refusal::There(error)) if ends_session(&error) || self.link.is_lost() => {
                Err(Failure::Unsure(translate(error), answers))
            }
            Err(Refusal::There(error)) => Err(Failure::Refused(translate(error))),
        }
    }

    /// Locks heads and tells their versions. The session is of no more use when this fails.
    async fn lock(
        &mut self,
        units: &[Unit],
    ) -> std::result::Result<Versions, tokio_postgres::Error> {
        let (ids, turns): (Vec<Uuid>, Vec<Option<i64>>) =
            batch::turns(units.iter()).into_iter().unzip();
        let Session {
            link,
            begin,
            lock_heads,
            ..
        } = self;
        let Link { client, driver } = link;
        let keys: Params<'_> = vec![&ids, &turns];
        let requests = vec![
            client.query(&*begin, &[]),
            client.query(&*lock_heads, &keys),
        ];
        let mut versions = Versions::new();
        for rows in driver.run(pipeline(requests)).await {
            for row in rows? {
                let version: i64 = row.try_get(1)?;
                // No unit expects the version of a head whose turn is somebody else's.
                let version = u64::try_from(version).unwrap_or(u64::MAX);
                versions.insert(row.try_get(0)?, version);
            }
        }
        Ok(versions)
    }

    /// Writes rows and commits, in one round trip.
    async fn write(&mut self, changes: &Changes, begun: Begun) -> std::result::Result<(), Refusal> {
        let Session {
            link,
            begin,
            new_heads,
            move_heads,
            append,
            seen,
            commit,
            tables,
            ..
        } = self;
        let begin = (begun == Begun::No).then(|| (&*begin, Params::new()));
        let heads = [
            (&*move_heads, &changes.moved_heads),
            (&*new_heads, &changes.new_heads),
            (&*append, &changes.journal),
        ];
        let rows = tables.iter().zip(&changes.tables);
        let rows =
            rows.flat_map(|((remove, put), (removes, puts))| [(remove, removes), (put, puts)]);
        // A session that starts with these rows may have been seen since.
        let seen = std::iter::once((&*seen, &changes.seen));
        let blocks = heads.into_iter().chain(rows).chain(seen);
        let blocks = blocks.filter(|(_, block)| !block.is_empty());
        let statements: Vec<(&Statement, Params<'_>)> = begin
            .into_iter()
            .chain(blocks.map(|(statement, block)| (statement, block.params())))
            .chain([(&*commit, Params::new())])
            .collect();
        let Link { client, driver } = link;
        let requests = statements
            .iter()
            .map(|(s, params)| client.execute(*s, params));
        let done = driver.run(pipeline(requests.collect())).await;
        let all_sent = done.len() == statements.len();
        // The first error is the reason for those after it.
        match done.into_iter().find_map(std::result::Result::err) {
            None => Ok(()),
            Some(error) if all_sent || self.link.is_lost() => Err(Refusal::There(error)),
            // No commit was sent after the rows that could not be: take back the others.
            Some(error) => {
                self.give_up().await.map_err(Refusal::There)?;
                Err(Refusal::Here(error.to_string()))
            }
        }
    }

    async fn give_up(&mut self) -> std::result::Result<(), tokio_postgres::Error> {
        let Session { link, rollback, .. } = self;
        let Link { client, driver } = link;
        driver
            .run(client.execute(&*rollback, &[]))
            .await
            .map(|_| ())
    }
}
