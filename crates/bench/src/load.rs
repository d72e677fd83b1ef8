//! The load generator: 64 connections that each send their next request as soon as the last is answered.
//!
//! Is not: a judge. Any answer but 200 ends the run, because a figure with refusals in it means nothing.

use crate::Result;
use crate::http::Connection;
use bytes::Bytes;
use futures::future::try_join_all;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

pub const CONNECTIONS: usize = 64;

/// How long a round runs: first unmeasured, then measured.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub warm_up: Duration,
    pub measured: Duration,
}

impl Span {
    fn phases(self) -> (Instant, Instant) {
        let from = Instant::now() + self.warm_up;
        (from, from + self.measured)
    }
}

/// What one connection sends, in a circle. The place in the circle outlives a round, so that an
/// upgrade is always followed by its downgrade and no request asks for what is so already.
#[derive(Debug, Clone)]
pub struct Script {
    requests: Vec<Bytes>,
    next: usize,
}

impl Script {
    pub fn new(requests: Vec<Bytes>) -> Self {
        assert!(!requests.is_empty(), "a connection with nothing to send");
        Self { requests, next: 0 }
    }

    /// Every connection sends the same request.
    pub fn same(request: &Bytes) -> Vec<Self> {
        vec![Self::new(vec![request.clone()]); CONNECTIONS]
    }

    fn take(&mut self) -> Bytes {
        let request = self.requests[self.next].clone();
        self.next = (self.next + 1) % self.requests.len();
        request
    }
}

/// One round's result.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    pub per_second: f64,
    pub p50_us: f64,
    pub p99_us: f64,
}

/// One connection's latencies, in microseconds, of what ended inside the measured span.
pub struct Tally {
    from: Instant,
    until: Instant,
    latencies_us: Vec<u32>,
}

impl Tally {
    pub fn new((from, until): (Instant, Instant)) -> Self {
        Self {
            from,
            until,
            latencies_us: Vec::with_capacity(16 * 1024),
        }
    }

    /// Notes one finished operation; false once the round is over.
    pub fn note(&mut self, started: Instant) -> bool {
        let ended = Instant::now();
        if ended >= self.until {
            return false;
        }
        if ended >= self.from {
            let micros = ended.duration_since(started).as_micros();
            self.latencies_us
                .push(u32::try_from(micros).unwrap_or(u32::MAX));
        }
        true
    }
}

/// One round of HTTP load on a server.
pub async fn http(address: SocketAddr, scripts: &mut [Script], span: Span) -> Result<Sample> {
    let mut connections = Vec::with_capacity(scripts.len());
    for _ in 0..scripts.len() {
        connections.push(Connection::open(address).await?);
    }
    let phases = span.phases();
    let tasks: Vec<_> = connections
        .into_iter()
        .zip(scripts.iter())
        .map(|(connection, script)| tokio::spawn(drive(connection, script.clone(), phases)))
        .collect();
    let mut tallies = Vec::with_capacity(scripts.len());
    for (task, script) in tasks.into_iter().zip(scripts) {
        let (tally, advanced) = task.await??;
        *script = advanced;
        tallies.push(tally);
    }
    Ok(summed(tallies, span.measured))
}

async fn drive(
    mut connection: Connection,
    mut script: Script,
    phases: (Instant, Instant),
) -> Result<(Tally, Script)> {
    let mut tally = Tally::new(phases);
    loop {
        let request = script.take();
        let started = Instant::now();
        let answer = connection.send(&request).await?;
        if answer.status != 200 {
            let request = String::from_utf8_lossy(&request).into_owned();
            let body = String::from_utf8_lossy(connection.body(answer)).into_owned();
            return Err(format!("{request}\nanswered {}: {body}", answer.status).into());
        }
        if !tally.note(started) {
            return Ok((tally, script));
        }
    }
}

/// One connection's loop, which outlives its rounds: it goes on where it stopped.
pub trait Worker: Send + 'static {
    /// Works until the tally says that the round is over.
    fn drive(&mut self, tally: &mut Tally) -> impl Future<Output = Result<()>> + Send;
}

/// One round of anything else than requests that are rendered beforehand.
pub async fn custom<W: Worker>(workers: &mut Vec<W>, span: Span) -> Result<Sample> {
    let phases = span.phases();
    let tasks: Vec<_> = workers
        .drain(..)
        .map(|mut worker| {
            tokio::spawn(async move {
                let mut tally = Tally::new(phases);
                worker.drive(&mut tally).await?;
                Ok::<_, Box<dyn std::error::Error + Send + Sync>>((worker, tally))
            })
        })
        .collect();
    let mut tallies = Vec::with_capacity(tasks.len());
    for done in try_join_all(tasks).await? {
        let (worker, tally) = done?;
        workers.push(worker);
        tallies.push(tally);
    }
    Ok(summed(tallies, span.measured))
}

/// One request after the other on a single connection: how long one answer takes on its own.
pub async fn one_by_one(address: SocketAddr, request: &Bytes, times: usize) -> Result<Vec<f64>> {
    let mut connection = Connection::open(address).await?;
    let mut millis = Vec::with_capacity(times);
    for _ in 0..times {
        let started = Instant::now();
        connection.json(request).await?;
        millis.push(started.elapsed().as_secs_f64() * 1e3);
    }
    Ok(millis)
}

fn summed(tallies: Vec<Tally>, measured: Duration) -> Sample {
    let mut all: Vec<u32> = tallies
        .into_iter()
        .flat_map(|tally| tally.latencies_us)
        .collect();
    all.sort_unstable();
    Sample {
        per_second: all.len() as f64 / measured.as_secs_f64(),
        p50_us: quantile(&all, 0.5),
        p99_us: quantile(&all, 0.99),
    }
}

/// The value below which this share of them lies; zero of none.
pub fn quantile(sorted: &[u32], share: f64) -> f64 {
    let index = (sorted.len() as f64 * share) as usize;
    let last = sorted.len().saturating_sub(1);
    sorted.get(index.min(last)).copied().map_or(0.0, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_one_of_the_values() {
        let sorted: Vec<u32> = (1..=100).collect();
        assert_eq!(quantile(&sorted, 0.5), 51.0);
        assert_eq!(quantile(&sorted, 0.99), 100.0);
        assert_eq!(quantile(&sorted, 1.0), 100.0);
        assert_eq!(quantile(&[], 0.5), 0.0);
    }
}
