//! Hints between processes: which domains' journals have grown, by LISTEN and NOTIFY.
//!
//! A transaction that notifies takes a lock of the whole cluster until it has committed, so
//! the writers never do: they would commit one after another. What they have committed is
//! gathered here and told from one connection, in transactions that hold nothing else and
//! wait for no disk. The same connection listens.
//!
//! Nothing relies on it. While the connection is away, or when too much waits, hints are lost;
//! then everyone is told to look.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_postgres::{AsyncMessage, Client, Connection, Socket, Statement};
use usher_rules::DomainId;
use usher_store::port::{Grown, Hear};
use usher_store::{Error, Result};
use uuid::Uuid;

use crate::connect::{Config, Link, Purpose, Stream};
use crate::error::translate;

/// Domains that wait to be told of; beyond it everyone is told to look.
const WAITING: usize = 8192;
/// Domains that one transaction tells of.
const TOGETHER: usize = 2048;
/// Domains that one message names: a message has less than 8000 bytes.
const IN_A_MESSAGE: usize = 200;
/// For how long more is gathered before the next transaction.
const GATHER: Duration = Duration::from_millis(5);
/// Between attempts to connect.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

const LISTEN: &str = "LISTEN usher_grown";
const NOTIFY: &str = "SELECT pg_notify('usher_grown', message) FROM unnest($1::text[]) message";
/// The message that stands for any domain.
const ANY: &str = "*";

/// Where other processes are told of commits, and told of by them.
pub(crate) struct Hints {
    changed: mpsc::Sender<DomainId>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Whether more has changed than could wait.
    overflown: AtomicBool,
    hearing: Mutex<Vec<Hear>>,
}

impl Shared {
    fn heard(&self, grown: Grown) {
        let hearing = self.hearing.lock().unwrap_or_else(PoisonError::into_inner);
        hearing.iter().for_each(|hear| hear(grown));
    }
}

impl Hints {
    /// Starts the task; it ends when this is dropped.
    pub(crate) fn start(config: &Config) -> Hints {
        let (changed, waiting) = mpsc::channel(WAITING);
        let shared = Arc::new(Shared::default());
        let teller = Teller {
            config: config.clone(),
            waiting,
            shared: shared.clone(),
        };
        tokio::spawn(teller.serve());
        Hints { changed, shared }
    }

    /// These have been committed; the other processes are told soon.
    pub(crate) fn tell<'a>(&self, domains: impl Iterator<Item = &'a DomainId>) {
        for domain in domains {
            if self.changed.try_send(*domain).is_err() {
                self.shared.overflown.store(true, Ordering::Relaxed);
            }
        }
    }

    /// Tells of what others committed from now on.
    pub(crate) fn hear(&self, hear: Hear) {
        let hearing = &self.shared.hearing;
        let mut hearing = hearing.lock().unwrap_or_else(PoisonError::into_inner);
        hearing.push(hear);
    }
}

struct Teller {
    config: Config,
    waiting: mpsc::Receiver<DomainId>,
    shared: Arc<Shared>,
}

/// A connection that listens, in a task of its own, and by which others are told.
struct Session {
    client: Client,
    notify: Statement,
    hearing: JoinHandle<()>,
}

impl Teller {
    async fn serve(mut self) {
        let mut pause = FIRST_PAUSE;
        while !self.waiting.is_closed() {
            let lost = match Session::open(&self.config, &self.shared).await {
                Ok(session) => {
                    pause = FIRST_PAUSE;
                    // What was told before it listened was not heard.
                    self.shared.heard(Grown::Any);
                    self.tell(session).await
                }
                Err(error) => Some(error),
            };
            if let Some(error) = lost {
                tracing::warn!(%error, "hints of other processes are missed until it connects again");
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }

    /// Tells as long as the connection holds; why it no longer does, or none when there is
    /// nobody any more who commits.
    async fn tell(&mut self, mut session: Session) -> Option<Error> {
        let mut domains = Vec::new();
        loop {
            domains.clear();
            tokio::select! {
                _ = &mut session.hearing => {
                    return Some(Error::Unavailable("the connection ended".to_owned()));
                }
                count = self.waiting.recv_many(&mut domains, TOGETHER) => if count == 0 {
                    return None;
                }
            }
            domains.sort_unstable();
            domains.dedup();
            let overflown = self.shared.overflown.swap(false, Ordering::Relaxed);
            let messages = messages(&domains, overflown);
            let told = session.client.execute(&session.notify, &[&messages]).await;
            if let Err(error) = told {
                self.shared.overflown.store(true, Ordering::Relaxed);
                return Some(translate(error));
            }
            tokio::time::sleep(GATHER).await;
        }
    }
}

impl Session {
    async fn open(config: &Config, shared: &Arc<Shared>) -> Result<Session> {
        let mut link = Link::open(config, Purpose::Hint).await?;
        let notify = link.prepare([NOTIFY.to_owned()]).await?.pop();
        let notify =
            notify.ok_or_else(|| Error::Engine("a statement was not prepared".to_owned()))?;
        let Link { client, driver } = &mut link;
        let asked = async {
            client.batch_execute(LISTEN).await?;
            let row = client.query_one("SELECT pg_backend_pid()", &[]).await?;
            row.try_get(0)
        };
        let own: i32 = driver.run(asked).await.map_err(translate)?;
        let (client, connection) = link.split()?;
        let hearing = tokio::spawn(listen(connection, own, shared.clone()));
        Ok(Session {
            client,
            notify,
            hearing,
        })
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.hearing.abort();
    }
}

/// Drives the connection, and hears what other connections tell; until it ends.
async fn listen(mut connection: Connection<Socket, Stream>, own: i32, shared: Arc<Shared>) {
    while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
        if let AsyncMessage::Notification(told) = message
            && told.process_id() != own
        {
            read(told.payload())
                .into_iter()
                .for_each(|grown| shared.heard(grown));
        }
    }
}

/// What is told of these domains; of any, when some are missing among them.
fn messages(domains: &[DomainId], overflown: bool) -> Vec<String> {
    if overflown {
        return vec![ANY.to_owned()];
    }
    let name = |domain: &DomainId| domain.0.simple().to_string();
    let message = |some: &[DomainId]| some.iter().map(name).collect();
    domains.chunks(IN_A_MESSAGE).map(message).collect()
}

/// What a message tells; one that this program does not know may mean any domain.
fn read(message: &str) -> Vec<Grown> {
    let names = message.as_bytes().chunks(32);
    let domain = |name| Some(Grown::Domain(DomainId(Uuid::try_parse_ascii(name).ok()?)));
    let domains: Option<Vec<Grown>> = names.map(domain).collect();
    domains.unwrap_or_else(|| vec![Grown::Any])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn j2_messages_hold_what_fits_and_read_as_written() {
        let domains: Vec<DomainId> = (1..=450).map(DomainId::nth).collect();
        let messages = messages(&domains, false);
        assert_eq!(messages.len(), 3);
        assert!(messages.iter().all(|message| message.len() < 8000));
        let read: Vec<Grown> = messages.iter().flat_map(|message| read(message)).collect();
        let written: Vec<Grown> = domains.into_iter().map(Grown::Domain).collect();
        assert_eq!(read, written);
    }

    #[test]
    fn j2_what_can_not_be_told_or_read_means_any_domain() {
        let [message] = &messages(&[DomainId::nth(1)], true)[..] else {
            panic!("one message");
        };
        assert_eq!(read(message), [Grown::Any]);
        assert_eq!(read("something of a later version"), [Grown::Any]);
    }
}
