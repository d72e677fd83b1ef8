//! Loads: a few connections, each with a task of its own that takes what waits.
//!
//! A load that arrives while all connections are busy waits; whoever is free next takes
//! all that wait and answers them from one snapshot, in one round trip.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, Notify, mpsc, oneshot};
use tokio::time::Instant;
use tokio_postgres::Statement;
use usher_rules::Time;
use usher_store::queries::loads::{ALL, Step, steps};
use usher_store::{Error, Load, Result, Snapshot};

use crate::connect::{Config, Link, PATIENCE, Pauses, Purpose, pipeline};
use crate::error::{ends_session, translate};
use crate::merge::{self, Merged, merge};

/// How many loads may wait; more wait for a place.
const QUEUE: usize = 4096;
/// How many loads one snapshot answers at most, and with how many keys.
const MAX_LOADS: usize = 64;
const MAX_KEYS: usize = 4096;
/// How long loads are gathered at most while another connection serves.
const GATHERING: Duration = Duration::from_millis(1);

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

struct Request {
    steps: Vec<Step>,
    not_before: Time,
    answer: oneshot::Sender<Result<Snapshot>>,
}

/// Where loads are asked for.
pub(crate) struct Loads {
    queue: mpsc::Sender<Request>,
}

impl Loads {
    /// Starts the tasks; they end when this is dropped.
    pub(crate) fn start(config: &Config, readers: usize, sandbox: bool) -> Loads {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let waiting = Arc::new(Waiting {
            requests: Mutex::new(waiting),
            serving: AtomicUsize::new(0),
            served: Notify::new(),
        });
        for _ in 0..readers.max(1) {
            let reader = Reader {
                config: config.clone(),
                clock: merge::clock(sandbox),
                session: None,
                down: false,
            };
            tokio::spawn(reader.serve(Arc::clone(&waiting)));
        }
        Loads { queue }
    }

    pub(crate) async fn load(&self, load: &Load) -> Result<Snapshot> {
        let (answer, answered) = oneshot::channel();
        // What is due by now, whatever the time: the query itself asks the clock.
        let not_before = load.not_before;
        let steps = steps(load, not_before);
        let gone = || Error::Unavailable("the store is closing".to_owned());
        let request = Request {
            steps,
            not_before,
            answer,
        };
        self.queue.send(request).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }
}

/// Loads that wait to be taken by a reader.
struct Waiting {
    requests: Mutex<mpsc::Receiver<Request>>,
    /// How many readers are serving now.
    serving: AtomicUsize,
    /// Told when one of them is done.
    served: Notify,
}

impl Waiting {
    /// Takes what waits, once something does.
    ///
    /// While another reader serves, this one gathers for a moment: ten loads that are
    /// answered together cost the database little more than one.
    async fn take(&self) -> Option<Vec<Request>> {
        let mut waiting = self.requests.lock().await;
        let mut taken = vec![waiting.recv().await?];
        // Who else is about to ask does so now; woken by the first, this would run before
        // them.
        tokio::task::yield_now().await;
        if self.serving.load(Ordering::Relaxed) > 0 {
            tokio::select! {
                () = self.served.notified() => {}
                () = tokio::time::sleep(GATHERING) => {}
            }
        }
        drain(&mut waiting, &mut taken);
        self.serving.fetch_add(1, Ordering::Relaxed);
        Some(taken)
    }

    fn done(&self) {
        self.serving.fetch_sub(1, Ordering::Relaxed);
        self.served.notify_one();
    }
}

/// Takes what is there, as far as one snapshot can answer it.
fn drain(waiting: &mut mpsc::Receiver<Request>, taken: &mut Vec<Request>) {
    let weight = |request: &Request| request.steps.iter().map(|s| s.keys.len()).sum::<usize>();
    let mut keys: usize = taken.iter().map(weight).sum();
    while taken.len() < MAX_LOADS && keys < MAX_KEYS {
        let Ok(request) = waiting.try_recv() else {
            break;
        };
        keys += weight(&request);
        taken.push(request);
    }
}

struct Reader {
    config: Config,
    clock: String,
    session: Option<Session>,
    /// Whether the last loads could not be brought to the database: the next ones try
    /// once, and do not wait for it to come back.
    down: bool,
}

impl Reader {
    async fn serve(mut self, waiting: Arc<Waiting>) {
        while let Some(requests) = waiting.take().await {
            let mut steps = Vec::with_capacity(requests.len());
            let mut not_before = Vec::with_capacity(requests.len());
            let mut answers = Vec::with_capacity(requests.len());
            for request in requests {
                steps.push(request.steps);
                not_before.push(request.not_before);
                answers.push(request.answer);
            }
            let loaded = self.load(&merge(steps), &not_before).await;
            waiting.done();
            for (answer, snapshot) in answers.into_iter().zip(loaded) {
                // Who asked may have gone.
                let _ = answer.send(snapshot);
            }
            self.end().await;
        }
    }

    /// Ends the transaction of the last load, for which nobody waits.
    async fn end(&mut self) {
        if let Some(session) = &mut self.session
            && session.end().await.is_err()
        {
            self.session = None;
        }
    }

    /// A snapshot for each request, not before its moment. Reading changes nothing, so it is
    /// tried again when the connection breaks.
    async fn load(&mut self, merged: &[Merged], not_before: &[Time]) -> Vec<Result<Snapshot>> {
        let deadline = Instant::now() + if self.down { Duration::ZERO } else { PATIENCE };
        loop {
            let failed = match self.session(deadline).await {
                Ok(session) => match session.load(merged, not_before).await {
                    Ok(snapshots) => return snapshots,
                    Err(error) if ends_session(&error) || session.link.is_lost() => {
                        self.session = None;
                        translate(error)
                    }
                    Err(error) => return vec![Err(translate(error)); not_before.len()],
                },
                Err(error) => return vec![Err(error); not_before.len()],
            };
            if Instant::now() >= deadline {
                return vec![Err(failed); not_before.len()];
            }
        }
    }

    async fn session(&mut self, deadline: Instant) -> Result<&mut Session> {
        let mut pauses = Pauses::until(deadline);
        let session = loop {
            let session = match self.session.take() {
                Some(session) => Ok(session),
                None => Session::open(&self.config, &self.clock).await,
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

struct Session {
    link: Link,
    begin: Statement,
    clock: Statement,
    commit: Statement,
    /// One per query, in the order of [`ALL`].
    queries: Vec<Statement>,
    /// Whether a transaction has begun.
    begun: bool,
}

impl Session {
    async fn open(config: &Config, clock: &str) -> Result<Session> {
        let mut link = Link::open(config, Purpose::Load).await?;
        let queries = link
            .prepare(ALL.iter().map(|query| merge::text(query, clock)))
            .await?;
        let texts = [
            BEGIN.to_owned(),
            format!("SELECT {clock}"),
            "COMMIT".to_owned(),
        ];
        let [begin, clock, commit] = link
            .prepare(texts)
            .await?
            .try_into()
            .map_err(|_| Error::Engine("a statement was not prepared".to_owned()))?;
        Ok(Session {
            link,
            begin,
            clock,
            commit,
            queries,
            begun: false,
        })
    }

    /// One round trip, and another for what seldom is, where there is any. Several queries see
    /// one snapshot in one transaction, which [`Session::end`] ends; a single one needs none.
    /// The clock is read before what is due by it.
    async fn load(
        &mut self,
        merged: &[Merged],
        not_before: &[Time],
    ) -> std::result::Result<Vec<Result<Snapshot>>, tokio_postgres::Error> {
        let (seldom, sure): (Vec<&Merged>, Vec<&Merged>) =
            merged.iter().partition(|merged| merged.is_seldom());
        self.begun = merged.len() > 1;
        let params: Vec<_> = sure.iter().map(|merged| merged.keys.params()).collect();
        let Link { client, driver } = &mut self.link;
        let mut requests = Vec::with_capacity(sure.len() + 2);
        if self.begun {
            requests.push(client.query(&self.begin, &[]));
        }
        requests.push(client.query(&self.clock, &[]));
        for (merged, params) in sure.iter().zip(&params) {
            requests.push(client.query(&self.queries[merged.query], params));
        }
        let answers = driver.run(pipeline(requests)).await;
        let mut answers = answers.into_iter().skip(usize::from(self.begun));
        let now = match answers.next() {
            Some(rows) => rows?.first().map_or(Ok(0), |row| row.try_get(0))?,
            None => 0,
        };
        let at = |not_before: &Time| {
            let mut snapshot = Snapshot::default();
            snapshot.world.now = Time(now).max(*not_before);
            Ok(snapshot)
        };
        let mut snapshots: Vec<_> = not_before.iter().map(at).collect();
        for (merged, rows) in sure.iter().zip(answers) {
            merged.deal(&rows?, &mut snapshots);
        }
        let there: Vec<&Merged> = seldom
            .into_iter()
            .filter(|merged| merged.may_find(&snapshots))
            .collect();
        let params: Vec<_> = there.iter().map(|merged| merged.keys.params()).collect();
        let requests = there.iter().zip(&params);
        let requests =
            requests.map(|(merged, params)| client.query(&self.queries[merged.query], params));
        let answers = driver.run(pipeline(requests.collect())).await;
        for (merged, rows) in there.iter().zip(answers) {
            merged.deal(&rows?, &mut snapshots);
        }
        Ok(snapshots)
    }

    /// Ends the transaction, if one has begun.
    async fn end(&mut self) -> std::result::Result<(), tokio_postgres::Error> {
        if !std::mem::take(&mut self.begun) {
            return Ok(());
        }
        let Link { client, driver } = &mut self.link;
        driver
            .run(client.query(&self.commit, &[]))
            .await
            .map(|_| ())
    }
}
