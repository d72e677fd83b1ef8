//! TLS by files: a certificate chain and its key, in PEM.
//!
//! Handshakes run beside each other, so that a peer which takes its time over one keeps
//! nobody waiting.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;
use usher_http::{Impatient, Listener};

use crate::commands::Error;

/// For how long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Connections whose handshake is done and that wait to be served.
const WAITING: usize = 256;

type Stream = TlsStream<Impatient<TcpStream>>;

/// A listener for `axum::serve` that speaks TLS.
pub struct TlsListener {
    done: mpsc::Receiver<(Stream, SocketAddr)>,
    address: SocketAddr,
}

/// Reads certificate and key.
pub fn acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor, Error> {
    let wrong = |file: &Path, what: String| Error::Settings(format!("{}: {what}", file.display()));
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|e| wrong(certificate, e.to_string()))?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|e| wrong(key, e.to_string()))?;
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(|e| wrong(key, e.to_string()))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

impl TlsListener {
    /// Shakes hands with whoever connects to this listener.
    pub fn new(mut plain: Listener, acceptor: TlsAcceptor, address: SocketAddr) -> TlsListener {
        let (finished, done) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            while !finished.is_closed() {
                let (stream, peer) = axum::serve::Listener::accept(&mut plain).await;
                let handshake = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream));
                let finished = finished.clone();
                tokio::spawn(async move {
                    // A peer that speaks no TLS, or too slowly, is its own loss.
                    if let Ok(Ok(stream)) = handshake.await {
                        let _ = finished.send((stream, peer)).await;
                    }
                });
            }
        });
        TlsListener { done, address }
    }
}

impl axum::serve::Listener for TlsListener {
    type Io = Stream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Stream, SocketAddr) {
        match self.done.recv().await {
            Some(connection) => connection,
            // The accepting task never ends before this listener does.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}
