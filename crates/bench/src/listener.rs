//! Devices that listen: one connection each, on which an event stream stays open, and the moment at
//! which each was told that its session is over.
//!
//! Is not: a reader of events. It looks for the one word, and closes the stream once it is there.

use crate::Result;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

const TOLD: &[u8] = b"event: logged_out";
/// The end of an event.
const END: &[u8] = b"\n\n";
/// A notice that takes longer was lost.
const LONGEST: Duration = Duration::from_secs(10);

type Notice = (String, Instant);

/// Opens streams; what they tell arrives at the [`Notices`].
#[derive(Clone)]
pub struct Listener(mpsc::UnboundedSender<Notice>);

pub struct Notices(mpsc::UnboundedReceiver<Notice>);

pub fn channel() -> (Listener, Notices) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Listener(sender), Notices(receiver))
}

impl Listener {
    /// Opens the stream that this request asks for, and waits for its first event.
    pub async fn open(&self, address: SocketAddr, request: &[u8], name: &str) -> Result<()> {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(request).await?;
        let mut read = Vec::with_capacity(1024);
        while !holds(&read, END) {
            if stream.read_buf(&mut read).await? == 0 {
                return Err("a stream ended before its first event".into());
            }
        }
        if !read.starts_with(b"HTTP/1.1 200") {
            return Err(format!("a stream answered {}", String::from_utf8_lossy(&read)).into());
        }
        let (notices, name) = (self.0.clone(), name.to_owned());
        tokio::spawn(async move {
            if let Some(at) = told(&mut stream).await {
                // Nobody waits any more once the round is over.
                let _ = notices.send((name, at));
            }
        });
        Ok(())
    }
}

/// When the stream said that the session is over; none when it ended without.
async fn told(stream: &mut TcpStream) -> Option<Instant> {
    let mut read = Vec::with_capacity(512);
    loop {
        // An error is the end of the server.
        if stream.read_buf(&mut read).await.ok()? == 0 {
            return None;
        }
        let at = Instant::now();
        if holds(&read, TOLD) {
            return Some(at);
        }
        // What may be the word's beginning stays.
        read.drain(..read.len().saturating_sub(TOLD.len()));
    }
}

fn holds(read: &[u8], word: &[u8]) -> bool {
    read.windows(word.len()).any(|part| part == word)
}

impl Notices {
    /// When this one was told; the one that is waited for is the next that is told.
    pub async fn of(&mut self, name: &str) -> Result<Instant> {
        let notice = tokio::time::timeout(LONGEST, self.0.recv())
            .await
            .map_err(|_| format!("{name} was not told within {LONGEST:?}"))?;
        match notice {
            Some((told, at)) if told == name => Ok(at),
            Some((told, _)) => Err(format!("{told} was told, not {name}").into()),
            None => Err("nobody listens".into()),
        }
    }
}
