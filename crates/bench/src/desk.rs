//! Log-ins and log-offs: each connection has users of its own, logs one in and off again, and
//! goes on to the next. Each is authenticated: the log-in by the account's token, the log-off
//! by the session's, which the log-in gave.

use crate::Result;
use crate::handwritten;
use crate::http::{self, Connection};
use crate::load::{self, CONNECTIONS, Sample, Span, Tally};
use crate::seed::Desk;
use crate::spread::Spread;
use bytes::Bytes;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

/// 64 connections with their users.
pub struct Agents {
    workers: Vec<Worker>,
}

struct Worker {
    address: SocketAddr,
    users: Vec<User>,
    next: usize,
}

struct User {
    log_in: Bytes,
    /// The path below which its session is.
    sessions: Arc<str>,
}

impl Agents {
    /// On several processes in turn: connection by connection.
    pub fn new(addresses: &[SocketAddr], desks: &[Desk], spread: Spread) -> Self {
        let sessions: Arc<str> = "/v1/sessions".into();
        Self::of(addresses, spread, |domain, user| User {
            log_in: log_in(&desks[domain], user),
            sessions: sessions.clone(),
        })
    }

    /// On the hand-written route, whose answers have so many bytes.
    pub fn by_hand(address: SocketAddr, spread: Spread, bytes: usize) -> Self {
        let token = "usher_bench_00000000000000000000000000000000";
        Self::of(&[address], spread, |domain, user| {
            let (pool, user) = handwritten::ids(domain, user);
            let device = json!({"device": {"id": user, "name": "Desk"}});
            let sessions = format!("/by-hand/pools/{pool}");
            let path = format!("{sessions}/{user}/{bytes}");
            User {
                log_in: http::request("POST", &path, Some(token), Some(&device)),
                sessions: sessions.into(),
            }
        })
    }

    fn of(addresses: &[SocketAddr], spread: Spread, user: impl Fn(usize, usize) -> User) -> Self {
        let workers = (0..CONNECTIONS).map(|connection| Worker {
            address: addresses[connection % addresses.len()],
            users: spread
                .of(connection)
                .map(|(domain, number)| user(domain, number))
                .collect(),
            next: 0,
        });
        Self {
            workers: workers.collect(),
        }
    }

    pub async fn round(&mut self, span: Span) -> Result<Sample> {
        load::custom(&mut self.workers, span).await
    }
}

/// How many bytes the answer to a log-in has. Logs one user in and off.
pub async fn answer_bytes(address: SocketAddr, desk: &Desk) -> Result<usize> {
    let mut connection = Connection::open(address).await?;
    let answer = connection.send(&log_in(desk, 0)).await?;
    let body = connection.body(answer).to_vec();
    let log_off = log_off("/v1/sessions", &body)?;
    connection.json(&log_off).await?;
    Ok(body.len())
}

/// The request by which a user logs in.
pub fn log_in(desk: &Desk, user: usize) -> Bytes {
    let (id, token) = &desk.users[user];
    let device = json!({"device": {"id": id, "name": "Desk"}});
    http::request("POST", "/v1/sessions", Some(token), Some(&device))
}

/// The request by which a session ends, of which this answer told.
pub fn log_off(sessions: &str, answer: &[u8]) -> Result<Bytes> {
    let session = after(answer, "\"id\":\"")?;
    let token = after(answer, "\"token\":\"")?;
    let path = format!("{sessions}/{session}");
    Ok(http::request("DELETE", &path, Some(token), None))
}

impl load::Worker for Worker {
    async fn drive(&mut self, tally: &mut Tally) -> Result<()> {
        let mut connection = Connection::open(self.address).await?;
        loop {
            let user = &self.users[self.next];
            self.next = (self.next + 1) % self.users.len();
            let started = Instant::now();
            let answer = connection.send(&user.log_in).await?;
            let goes_on = tally.note(started);
            let body = connection.body(answer);
            if answer.status != 201 {
                let body = String::from_utf8_lossy(body);
                return Err(format!("a log-in answered {}: {body}", answer.status).into());
            }
            let log_off = log_off(&user.sessions, body)?;
            // Who is in logs off, though the round be over.
            let started = Instant::now();
            let answer = connection.send(&log_off).await?;
            if answer.status != 204 {
                return Err(format!("a log-off answered {}", answer.status).into());
            }
            if !goes_on || !tally.note(started) {
                return Ok(());
            }
        }
    }
}

/// The text behind this, up to the next quotation mark.
fn after<'a>(body: &'a [u8], mark: &str) -> Result<&'a str> {
    let text = std::str::from_utf8(body)?;
    let (_, rest) = text.split_once(mark).ok_or("an answer without a session")?;
    let (value, _) = rest.split_once('"').ok_or("an answer cut short")?;
    Ok(value)
}
