//! Nine o'clock: all users of all pools, who hold their tokens already, log in at once, through 64
//! connections. There are fewer seats than users, so that the last of each pool are refused.
//!
//! Is not: a rate in steady state. It begins with empty pools and ends when everybody was answered.

use super::usher::Store;
use crate::desk;
use crate::http::Connection;
use crate::load::{CONNECTIONS, quantile};
use crate::postgres::Cluster;
use crate::process::Server;
use crate::report::Figure;
use crate::seed::{Desk, Opening};
use crate::spread::shuffle;
use crate::{Engine, Result, Wish};
use bytes::Bytes;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use usher_rules::pools::PoolSettings;

struct Scale {
    pools: usize,
    users: usize,
    seats: u32,
}

const FULL: Scale = Scale {
    pools: 1000,
    users: 100,
    seats: 80,
};

const QUICK: Scale = Scale {
    pools: 100,
    users: 20,
    seats: 16,
};

/// Refused as fast as admitted; for noise.
const AS_FAST: f64 = 1.25;

/// A seeded Usher with all its users outside.
struct Outside {
    store: Store,
    server: Server,
    log_ins: Arc<[Bytes]>,
    storms: Vec<Storm>,
}

/// How a storm went; latencies in microseconds.
#[derive(Default)]
struct Storm {
    seconds: f64,
    admitted: Vec<u32>,
    refused: Vec<u32>,
    /// The answers of the admitted, for their log-off.
    sessions: Vec<Bytes>,
}

pub async fn measure(wish: &Wish, cluster: &Cluster) -> Result<Vec<Figure>> {
    let scale = if wish.quick { &QUICK } else { &FULL };
    let mut all = Vec::new();
    for engine in wish.engines() {
        all.push(Outside::new(engine, cluster, scale).await?);
    }
    for round in 1..=wish.rounds {
        for outside in &mut all {
            let storm = outside.storm(scale).await?;
            eprintln!(
                "round {round}/{}  storm {:<9} {:.1} s: {} admitted, {} refused",
                wish.rounds,
                outside.store.engine,
                storm.seconds,
                storm.admitted.len(),
                storm.refused.len()
            );
            outside.storms.push(storm);
        }
    }
    let mut figures = Vec::new();
    for outside in all {
        outside.server.stop().await?;
        outside.store.check().await?;
        figures.extend(outside_figures(
            outside.store.engine,
            scale,
            &outside.storms,
        ));
    }
    Ok(figures)
}

impl Outside {
    async fn new(engine: Engine, cluster: &Cluster, scale: &Scale) -> Result<Self> {
        let store = Store::create(engine, cluster, "storm").await?;
        let mut seeder = store.seeder().await?;
        let opening = Opening {
            settings: PoolSettings {
                seats: scale.seats,
                ..PoolSettings::default()
            },
            ..Opening::for_all(scale.users)
        };
        let desks = seeder.desks(scale.pools, &opening).await?;
        seeder.settle().await?;
        store.check().await?;
        let server = store.serve().await?;
        Ok(Self {
            store,
            server,
            log_ins: log_ins(&desks).into(),
            storms: Vec::new(),
        })
    }

    /// One storm; afterwards everybody is outside again.
    async fn storm(&self, scale: &Scale) -> Result<Storm> {
        let began = Instant::now();
        let next = Arc::new(AtomicUsize::new(0));
        let tasks: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                let (all, next) = (self.log_ins.clone(), next.clone());
                tokio::spawn(come_in(self.server.address, all, next))
            })
            .collect();
        let mut storm = Storm::default();
        for task in tasks {
            let part = task.await??;
            storm.admitted.extend(part.admitted);
            storm.refused.extend(part.refused);
            storm.sessions.extend(part.sessions);
        }
        storm.seconds = began.elapsed().as_secs_f64();
        let seats = scale.pools * scale.seats as usize;
        if storm.admitted.len() != seats {
            return Err(format!("{} sit on {seats} seats", storm.admitted.len()).into());
        }
        storm.admitted.sort_unstable();
        storm.refused.sort_unstable();
        leave(self.server.address, std::mem::take(&mut storm.sessions)).await?;
        Ok(storm)
    }
}

/// All users' log-ins, in an order in which the users of a pool are far apart.
fn log_ins(desks: &[Desk]) -> Vec<Bytes> {
    let mut all: Vec<Bytes> = desks
        .iter()
        .flat_map(|desk| (0..desk.users.len()).map(|user| desk::log_in(desk, user)))
        .collect();
    shuffle(&mut all, 9);
    all
}

/// One connection takes user after user until all are answered.
async fn come_in(address: SocketAddr, all: Arc<[Bytes]>, next: Arc<AtomicUsize>) -> Result<Storm> {
    let mut connection = Connection::open(address).await?;
    let mut part = Storm::default();
    while let Some(log_in) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
        let started = Instant::now();
        let answer = connection.send(log_in).await?;
        let micros = u32::try_from(started.elapsed().as_micros()).unwrap_or(u32::MAX);
        let body = connection.body(answer);
        match answer.status {
            201 => {
                part.admitted.push(micros);
                part.sessions.push(desk::log_off("/v1/sessions", body)?);
            }
            409 if holds(body, b"no_seat_available") => part.refused.push(micros),
            status => {
                let body = String::from_utf8_lossy(body);
                return Err(format!("a log-in answered {status}: {body}").into());
            }
        }
    }
    Ok(part)
}

fn holds(body: &[u8], word: &[u8]) -> bool {
    body.windows(word.len()).any(|part| part == word)
}

async fn leave(address: SocketAddr, sessions: Vec<Bytes>) -> Result<()> {
    let shares = sessions.len().div_ceil(CONNECTIONS).max(1);
    let tasks: Vec<_> = sessions
        .chunks(shares)
        .map(|share| {
            let share = share.to_vec();
            tokio::spawn(async move {
                let mut connection = Connection::open(address).await?;
                for log_off in share {
                    connection.json(&log_off).await?;
                }
                Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(())
}

fn outside_figures(engine: Engine, scale: &Scale, storms: &[Storm]) -> Vec<Figure> {
    let users = scale.pools * scale.users;
    let engine = Some(engine);
    let seconds: Vec<f64> = storms.iter().map(|storm| storm.seconds).collect();
    let mut figures = vec![Figure::plain(
        &format!("storm.{users}_users"),
        "s",
        engine,
        &seconds,
    )];
    for (name, share) in [("p50", 0.5), ("p99", 0.99)] {
        let of = |part: fn(&Storm) -> &Vec<u32>| -> Vec<f64> {
            let millis = |storm| quantile(part(storm), share) / 1e3;
            storms.iter().map(millis).collect()
        };
        let (admitted, refused) = (of(|storm| &storm.admitted), of(|storm| &storm.refused));
        let against = format!("storm_admitted_{name}");
        figures.push(Figure::plain(&against, "ms", engine, &admitted));
        figures.push(
            Figure::plain(&format!("storm_refused_{name}"), "ms", engine, &refused).against(
                &against,
                Some(AS_FAST),
                &refused,
                &admitted,
            ),
        );
    }
    figures
}
