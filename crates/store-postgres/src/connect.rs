//! Connections: how they are made, what every session is set to, and how requests are
//! pipelined on one.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use deadpool_postgres::{
    ClientWrapper, Hook, HookError, Manager, ManagerConfig, Pool, PoolError, RecyclingMethod,
    Runtime,
};
use futures::FutureExt;
use futures::future::maybe_done;
use tokio::time::Instant;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Connection, Socket, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;
use usher_store::{Error, Result};

use crate::error::translate;
use crate::tls;

/// How long a request waits for a database that can't be reached.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// What every session is set to.
///
/// - A commit is on disk before it is acknowledged, whatever the server's default; a
///   server that also waits for its standbys keeps doing so.
/// - What a vanished process of ours held is given back within seconds.
const EVERY: &str = "SELECT set_config('synchronous_commit', 'on', false) \
        WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply'); \
    SET jit = off; \
    SET client_min_messages = warning; \
    SET idle_in_transaction_session_timeout = '5s'; \
    SET lock_timeout = '10s'; \
    SET tcp_keepalives_idle = 10; \
    SET tcp_keepalives_interval = 5; \
    SET tcp_keepalives_count = 3; ";

/// For sessions whose every statement looks rows up by key, or writes them by key: one
/// plan per statement, through the indexes, whatever the statistics say. Tables that grew
/// since they were last analysed would otherwise be read from end to end.
const BY_KEY: &str = "SET plan_cache_mode = force_generic_plan; \
    SET enable_seqscan = off; SET enable_bitmapscan = off; \
    SET enable_hashjoin = off; SET enable_mergejoin = off; \
    SET join_collapse_limit = 20; SET from_collapse_limit = 20; SET geqo = off; ";

const READ_ONLY: &str = "SET default_transaction_isolation = 'repeatable read'; \
    SET default_transaction_read_only = on; SET statement_timeout = '30s'; ";
const SOME_TIME: &str = "SET statement_timeout = '60s'; ";

/// For pages in an index's order and for totals. A planner that misjudges how many rows a
/// join gives reads and sorts a domain to show fifty of it, or reads a table once for every
/// level of a tree, or starts a process to help with that.
const IN_ORDER: &str = "SET max_parallel_workers_per_gather = 0; \
    SET enable_seqscan = off; SET enable_bitmapscan = off; \
    SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_sort = off; ";

/// For what may be lost: nothing waits for the disk.
const SOON_ENOUGH: &str = "SET synchronous_commit = off; SET statement_timeout = '5s'; ";

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Loads: look-ups by key in one snapshot.
    Load,
    /// The writer's batches.
    Write,
    /// Pages in an index's order, and totals.
    Page,
    /// Searches, sweeps and checks, which the planner may answer as it likes.
    List,
    /// Turns: advisory locks.
    Turn,
    /// Hints of what other processes committed.
    Hint,
}

impl Purpose {
    pub(crate) fn settings(self) -> String {
        let (name, own) = match self {
            Purpose::Load => ("usher loads", [BY_KEY, READ_ONLY].concat()),
            Purpose::Write => ("usher writer", BY_KEY.to_owned()),
            Purpose::Page => ("usher pages", [IN_ORDER, SOME_TIME].concat()),
            Purpose::List => ("usher lists", SOME_TIME.to_owned()),
            Purpose::Turn => ("usher turns", String::new()),
            Purpose::Hint => ("usher hints", SOON_ENOUGH.to_owned()),
        };
        format!("{EVERY}{own}SET application_name = '{name}'")
    }
}

pub(crate) type Stream = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;

/// How every connection is made, whatever it is for.
#[derive(Clone)]
pub(crate) struct Config {
    driver: tokio_postgres::Config,
    tls: MakeRustlsConnect,
}

impl Config {
    /// A connection, as the driver gives it.
    pub(crate) async fn connect(&self) -> Result<(Client, Connection<Socket, Stream>)> {
        let connected = self.driver.connect(self.tls.clone()).await;
        connected.map_err(translate)
    }
}

/// Reads a URL, and adds what it leaves open.
pub(crate) fn config(url: &str) -> Result<Config> {
    let (url, wanted) = tls::wanted(url);
    let mut config: tokio_postgres::Config = url
        .parse()
        .map_err(|error| Error::Engine(format!("the database's URL: {error}")))?;
    if config.get_application_name().is_none() {
        config.application_name("usher");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(3));
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(Duration::from_secs(10));
    }
    config.keepalives_idle(Duration::from_secs(10));
    Ok(Config {
        driver: config,
        tls: tls::connector(&wanted)?,
    })
}

/// A connection that is driven by the task that uses it: what is sent together leaves in
/// one write, and no other thread has to be woken.
pub(crate) struct Link {
    pub(crate) client: Client,
    pub(crate) driver: Driver,
}

/// The half of a connection that talks to the socket; none once it has ended.
pub(crate) struct Driver(Option<Connection<Socket, Stream>>);

impl Driver {
    /// Runs requests that were made with this connection's client.
    pub(crate) async fn run<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|cx| {
            if let Poll::Ready(done) = work.as_mut().poll(cx) {
                return Poll::Ready(done);
            }
            let ended = |c: &mut Connection<_, _>| c.poll_unpin(cx).is_ready();
            if self.0.as_mut().is_some_and(ended) {
                // Its requests have failed by now: the work goes on without it.
                self.0 = None;
                return work.as_mut().poll(cx);
            }
            Poll::Pending
        })
        .await
    }
}

impl Link {
    /// Connects and sets the session up.
    pub(crate) async fn open(config: &Config, purpose: Purpose) -> Result<Link> {
        let (client, connection) = config.connect().await?;
        let mut link = Link {
            client,
            driver: Driver(Some(connection)),
        };
        let Link { client, driver } = &mut link;
        let settings = purpose.settings();
        let set = driver.run(client.batch_execute(&settings)).await;
        set.map_err(translate)?;
        Ok(link)
    }

    /// Prepares statements, all in one round trip.
    pub(crate) async fn prepare(
        &mut self,
        texts: impl IntoIterator<Item = String>,
    ) -> Result<Vec<Statement>> {
        let Link { client, driver } = self;
        let texts: Vec<String> = texts.into_iter().collect();
        let requests = texts.iter().map(|text| client.prepare(text)).collect();
        let prepared = driver.run(pipeline(requests)).await.into_iter();
        prepared.map(|one| one.map_err(translate)).collect()
    }

    /// Its two halves, for who drives it by itself.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it is gone.
    pub(crate) fn split(self) -> Result<(Client, Connection<Socket, Stream>)> {
        let gone = || Error::Unavailable("the connection is gone".to_owned());
        Ok((self.client, self.driver.0.ok_or_else(gone)?))
    }

    /// Whether the connection is gone.
    pub(crate) fn is_lost(&self) -> bool {
        self.driver.0.is_none() || self.client.is_closed()
    }
}

/// Pauses between attempts to connect; they grow.
#[derive(Debug)]
pub(crate) struct Pauses {
    deadline: Instant,
    next: Duration,
}

impl Pauses {
    pub(crate) fn until(deadline: Instant) -> Pauses {
        Pauses {
            deadline,
            next: FIRST_PAUSE,
        }
    }

    /// Pauses after an attempt that failed.
    ///
    /// # Errors
    /// The attempt's own, when another would not help or comes too late.
    pub(crate) async fn after(&mut self, error: Error) -> Result<()> {
        let passes = matches!(error, Error::Unavailable(_));
        if !passes || Instant::now() + self.next >= self.deadline {
            return Err(error);
        }
        tokio::time::sleep(self.next).await;
        self.next = (self.next * 2).min(LONGEST_PAUSE);
        Ok(())
    }
}

/// Sends requests in this order without waiting in between; their answers, in order.
///
/// One that can't even be sent (a value too large for the protocol) ends it: those after
/// it are not sent, and there are fewer answers than requests.
pub(crate) async fn pipeline<F: Future>(requests: Vec<F>) -> Vec<F::Output> {
    let mut sent = Vec::with_capacity(requests.len());
    for request in requests {
        let mut request = Box::pin(maybe_done(request));
        // A request of the driver is sent when its future is first polled; only an error
        // can be there that soon.
        let failed = poll_fn(|cx| Poll::Ready(request.as_mut().poll(cx).is_ready())).await;
        sent.push(request);
        if failed {
            break;
        }
    }
    let mut answers = Vec::with_capacity(sent.len());
    for mut request in sent {
        request.as_mut().await;
        answers.extend(request.as_mut().take_output());
    }
    answers
}

/// A pool of connections that are driven by tasks of their own.
pub(crate) fn pool(config: &Config, purpose: Purpose, size: usize) -> Result<Pool> {
    let manager = Manager::from_config(
        config.driver.clone(),
        config.tls.clone(),
        ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        },
    );
    let settings = Arc::new(purpose.settings());
    let set_up = Hook::async_fn(move |client: &mut ClientWrapper, _| {
        let settings = Arc::clone(&settings);
        Box::pin(async move {
            let set = client.batch_execute(&settings).await;
            set.map_err(HookError::Backend)
        })
    });
    Pool::builder(manager)
        .max_size(size)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(PATIENCE))
        .create_timeout(Some(PATIENCE))
        .post_create(set_up)
        .build()
        .map_err(|error| Error::Engine(error.to_string()))
}

/// Why a pool gave no connection.
pub(crate) fn taken(error: PoolError) -> Error {
    match error {
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
            translate(error)
        }
        error => Error::Unavailable(error.to_string()),
    }
}
