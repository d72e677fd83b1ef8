//! A counting semaphore in a Redis script: who holds a seat stands in a sorted set, which may not
//! grow beyond the number of seats. What a seat server is often replaced by.
//!
//! Is not: safe. The server runs without persistence; nothing here survives its end, nothing is
//! journalled, nobody is asked who they are.

use crate::Result;
use crate::load::{self, CONNECTIONS, Sample, Span, Tally};
use std::net::{SocketAddr, TcpListener};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

const ACQUIRE: &str = "if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then return 0 end \
     return redis.call('ZADD', KEYS[1], ARGV[3], ARGV[2])";
const RELEASE: &str = "return redis.call('ZREM', KEYS[1], ARGV[1])";
const KEY: &str = "seats";
const START: Duration = Duration::from_secs(10);

/// A Redis of this program's own, killed when this is dropped.
pub struct Redis {
    address: SocketAddr,
    _child: Child,
}

impl Redis {
    /// Starts the installed `redis-server` on a free port; none when there is none.
    pub async fn start() -> Result<Option<Self>> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let port = address.port().to_string();
        let child = Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--port", &port])
            .args(["--save", "", "--appendonly", "no"])
            .current_dir(std::env::temp_dir())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        let child = match child {
            Ok(child) => child,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("redis-server: {error}").into()),
        };
        let began = Instant::now();
        while TcpStream::connect(address).await.is_err() {
            if began.elapsed() > START {
                return Err("redis-server did not start in time".into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(Some(Self {
            address,
            _child: child,
        }))
    }

    /// 64 connections, each with a holder of its own, and a seat for each.
    pub async fn holders(&self) -> Result<Holders> {
        let mut workers = Vec::with_capacity(CONNECTIONS);
        for number in 0..CONNECTIONS {
            let mut connection = Connection::open(self.address).await?;
            let holder = format!("user-{number}");
            let seats = CONNECTIONS.to_string();
            let acquire = connection.load(ACQUIRE).await?;
            let release = connection.load(RELEASE).await?;
            workers.push(Worker {
                connection,
                acquire: command(&["EVALSHA", &acquire, "1", KEY, &seats, &holder, "1"]),
                release: command(&["EVALSHA", &release, "1", KEY, &holder]),
            });
        }
        Ok(Holders { workers })
    }
}

pub struct Holders {
    workers: Vec<Worker>,
}

struct Worker {
    connection: Connection,
    acquire: Vec<u8>,
    release: Vec<u8>,
}

impl Holders {
    pub async fn round(&mut self, span: Span) -> Result<Sample> {
        load::custom(&mut self.workers, span).await
    }
}

impl load::Worker for Worker {
    async fn drive(&mut self, tally: &mut Tally) -> Result<()> {
        loop {
            let started = Instant::now();
            self.connection.done(&self.acquire).await?;
            let goes_on = tally.note(started);
            let started = Instant::now();
            self.connection.done(&self.release).await?;
            if !goes_on || !tally.note(started) {
                return Ok(());
            }
        }
    }
}

/// As much of the protocol as the two scripts need.
struct Connection {
    stream: TcpStream,
    buffer: [u8; 256],
}

impl Connection {
    async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: [0; 256],
        })
    }

    /// Makes a script known; gives its digest.
    async fn load(&mut self, script: &str) -> Result<String> {
        let answer = self.send(&command(&["SCRIPT", "LOAD", script])).await?;
        let text = std::str::from_utf8(answer)?;
        let digest = text.strip_prefix("$40\r\n").map(str::trim_end);
        Ok(digest.ok_or("a script without a digest")?.to_owned())
    }

    /// Insists on the answer one.
    async fn done(&mut self, command: &[u8]) -> Result<()> {
        let answer = self.send(command).await?;
        if answer == b":1\r\n" {
            return Ok(());
        }
        Err(format!("Redis answered {}", String::from_utf8_lossy(answer)).into())
    }

    async fn send(&mut self, command: &[u8]) -> Result<&[u8]> {
        self.stream.write_all(command).await?;
        let mut filled = 0;
        while !is_whole(&self.buffer[..filled]) {
            let read = self.stream.read(&mut self.buffer[filled..]).await?;
            if read == 0 {
                return Err("Redis closed the connection, or said too much".into());
            }
            filled += read;
        }
        Ok(&self.buffer[..filled])
    }
}

/// A line; or two, where the first says how long the second is.
fn is_whole(answer: &[u8]) -> bool {
    let lines = if answer.first() == Some(&b'$') { 2 } else { 1 };
    answer.windows(2).filter(|two| two == b"\r\n").count() >= lines
}

fn command(words: &[&str]) -> Vec<u8> {
    let mut text = format!("*{}\r\n", words.len());
    for word in words {
        text.push_str(&format!("${}\r\n{word}\r\n", word.len()));
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_says_how_long_each_word_is() {
        assert_eq!(
            command(&["GET", "seats"]),
            b"*2\r\n$3\r\nGET\r\n$5\r\nseats\r\n"
        );
    }

    #[test]
    fn an_answer_is_whole_with_its_last_line() {
        assert!(is_whole(b":1\r\n"));
        assert!(is_whole(b"-NOSCRIPT none\r\n"));
        assert!(!is_whole(b"$4\r\nab"));
        assert!(is_whole(b"$4\r\nabcd\r\n"));
        assert!(!is_whole(b""));
    }
}
