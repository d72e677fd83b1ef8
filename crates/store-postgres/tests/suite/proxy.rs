//! A way to the database that can be cut at a chosen moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio_postgres::config::{Config, Host};

/// A proxy to a cluster.
pub struct Proxy {
    port: u16,
    /// After how many writes of clients from now on the connection is cut; none when
    /// negative.
    countdown: Arc<AtomicI32>,
}

impl Proxy {
    /// To the cluster of this configuration.
    pub async fn start(config: &Config) -> Proxy {
        let [Host::Tcp(host)] = config.get_hosts() else {
            panic!("the cluster for tests is reached by TCP");
        };
        let target = (host.clone(), config.get_ports()[0]);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let countdown = Arc::new(AtomicI32::new(-1));
        let proxy = Proxy {
            port,
            countdown: Arc::clone(&countdown),
        };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(target.clone()).await.expect("the cluster");
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                let answers = tokio::spawn(relay(from_server, to_client));
                let countdown = Arc::clone(&countdown);
                tokio::spawn(ask(from_client, to_server, countdown, answers));
            }
        });
        proxy
    }

    /// The URL of a database behind the proxy.
    pub fn url(&self, config: &Config) -> String {
        let user = config.get_user().expect("a user");
        let database = config.get_dbname().expect("a database");
        format!("postgres://{user}@127.0.0.1:{}/{database}", self.port)
    }

    /// Lets clients write so many times more; the last write arrives, its answer does not.
    pub fn cut_after(&self, writes: i32) {
        self.countdown.store(writes, Ordering::SeqCst);
    }

    /// Whether the cut that was asked for has been made.
    pub fn has_cut(&self) -> bool {
        self.countdown.load(Ordering::SeqCst) < 0
    }
}

/// Server to client, until either is gone.
async fn relay(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
    let mut bytes = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if to.write_all(&bytes[..count]).await.is_err() {
            break;
        }
    }
}

/// Client to server, until either is gone or it is time.
async fn ask(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    countdown: Arc<AtomicI32>,
    answers: tokio::task::JoinHandle<()>,
) {
    let mut bytes = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        let cut = countdown
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| (left >= 0).then_some(left - 1))
            .is_ok_and(|left| left <= 1);
        if cut {
            // No answer gets through from here on, whatever the server makes of this.
            answers.abort();
            countdown.store(-1, Ordering::SeqCst);
        }
        if to.write_all(&bytes[..count]).await.is_err() || cut {
            break;
        }
    }
}
