//! Log-ins and log-offs: each connection has users of its own, logs one in and off again, and
//! goes on to the next. Each is authenticated: the log-in by the account's token, the log-off
//! by the session's, which the log-in gave.

use crate::Result;
use crate::http::{self, Connection};
use crate::load::{self, CONNECTIONS, Sample, Span, Tally};
use crate::seed::Desk;
use crate::spread::Spread;
use bytes::Bytes;
use serde_json::json;
use std::net::SocketAddr;
use std::time::Instant;

/// 64 connections with their users.
pub struct Agents {
    address: SocketAddr,
    workers: Vec<Worker>,
}

struct Worker {
    /// Their log-ins.
    users: Vec<Bytes>,
    next: usize,
}

impl Agents {
    pub fn new(address: SocketAddr, desks: &[Desk], spread: Spread) -> Self {
        let workers = (0..CONNECTIONS).map(|connection| Worker {
            users: spread
                .of(connection)
                .map(|(domain, user)| log_in(&desks[domain], user))
                .collect(),
            next: 0,
        });
        Self {
            address,
            workers: workers.collect(),
        }
    }

    pub async fn round(&mut self, span: Span) -> Result<Sample> {
        let (back, mut returned) = tokio::sync::mpsc::unbounded_channel();
        let address = self.address;
        let workers = std::mem::take(&mut self.workers).into_iter();
        let sample = load::custom(
            span,
            workers.map(|mut worker| {
                let back = back.clone();
                move |mut tally: Tally| async move {
                    let mut connection = Connection::open(address).await?;
                    worker.drive(&mut connection, &mut tally).await?;
                    back.send(worker).map_err(|_| "the round has ended")?;
                    Ok(tally)
                }
            }),
        )
        .await?;
        drop(back);
        while let Some(worker) = returned.recv().await {
            self.workers.push(worker);
        }
        Ok(sample)
    }
}

fn log_in(desk: &Desk, user: usize) -> Bytes {
    let (id, token) = &desk.users[user];
    let device = json!({"device": {"id": id, "name": "Desk"}});
    http::request("POST", "/v1/sessions", Some(token), Some(&device))
}

impl Worker {
    async fn drive(&mut self, connection: &mut Connection, tally: &mut Tally) -> Result<()> {
        loop {
            let log_in = &self.users[self.next];
            self.next = (self.next + 1) % self.users.len();
            let started = Instant::now();
            let answer = connection.send(log_in).await?;
            let body = connection.body(answer);
            if answer.status != 201 {
                let body = String::from_utf8_lossy(body);
                return Err(format!("a log-in answered {}: {body}", answer.status).into());
            }
            let session = after(body, "\"id\":\"")?;
            let path = format!("/v1/sessions/{session}");
            let log_off = http::request("DELETE", &path, Some(after(body, "\"token\":\"")?), None);
            let goes_on = tally.note(started);
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
