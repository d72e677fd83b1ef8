//! A way to the database that can be cut at a chosen moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_postgres::config::{Config, Host};

/// What happens to the next write of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// It arrives; its answer does not.
    AfterIt = 1,
    /// It does not arrive.
    BeforeIt = 2,
}

/// A proxy to a cluster.
pub struct Proxy {
    port: u16,
    /// The next [`Cut`]; none when zero.
    next: Arc<AtomicU8>,
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
        let next = Arc::new(AtomicU8::new(0));
        let proxy = Proxy {
            port,
            next: Arc::clone(&next),
        };
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(target.clone())
                    .await
                    .expect("the cluster");
                let (from_client, to_client) = client.into_split();
                let (from_server, to_server) = server.into_split();
                let answers = tokio::spawn(relay(from_server, to_client));
                tokio::spawn(ask(from_client, to_server, Arc::clone(&next), answers));
            }
        });
        proxy
    }

    /// The URL of a database behind the proxy.
    pub fn url(&self, config: &Config) -> String {
        let user = config.get_user().expect("a user");
        let database = config.get_dbname().expect("a database");
        let at = format!("127.0.0.1:{}", self.port);
        // What it cuts it has to read.
        format!("postgres://{user}@{at}/{database}?sslmode=disable")
    }

    /// Cuts the connection of the client that writes next.
    pub fn cut(&self, cut: Cut) {
        self.next.store(cut as u8, Ordering::SeqCst);
    }

    /// Whether the cut that was asked for has been made.
    pub fn has_cut(&self) -> bool {
        self.next.load(Ordering::SeqCst) == 0
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
    next: Arc<AtomicU8>,
    answers: JoinHandle<()>,
) {
    let mut bytes = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        let cut = next.swap(0, Ordering::SeqCst);
        if cut != 0 {
            // No answer gets through from here on, whatever the server makes of this.
            answers.abort();
        }
        if cut == Cut::BeforeIt as u8
            || to.write_all(&bytes[..count]).await.is_err()
            || cut == Cut::AfterIt as u8
        {
            break;
        }
    }
}
