//! Ten thousand devices listen to one process: what a stream holds of its memory, and how long
//! after an admin's log-out the device is told, while nothing else happens and while others log in
//! and out.
//!
//! Is not: a measure of one domain alone. The devices sit at a hundred and twenty desks, each device
//! at its own session; the log-outs go from desk to desk.

use super::usher::Store;
use crate::desk::Agents;
use crate::http::{self, Connection};
use crate::listener::{self, Listener, Notices};
use crate::load::{Span, quantile};
use crate::postgres::Cluster;
use crate::process::{self, Server};
use crate::report::Figure;
use crate::seed::{Desk, Opening};
use crate::spread::{Spread, shuffle};
use crate::{Engine, Result, Wish};
use futures::future::try_join_all;
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use usher_rules::pools::PoolSettings;

struct Scale {
    streams: usize,
    desks: usize,
    users: usize,
    /// Log-outs of a round while nothing else happens, and as many under load at most.
    log_outs: usize,
}

const FULL: Scale = Scale {
    streams: 10_000,
    desks: 120,
    users: 100,
    log_outs: 200,
};

const QUICK: Scale = Scale {
    streams: 500,
    desks: 10,
    users: 80,
    log_outs: 30,
};

/// So long that nobody is silent for too long between two rounds, and presence is noted as often
/// as usual.
const SILENCE_SECONDS: i64 = 3600;
/// What is open beside the streams.
const OTHER_FILES: usize = 1000;
/// Streams that are opened at the same time.
const AT_ONCE: usize = 64;
/// By then the process has noted that all are there.
const SETTLE: Duration = Duration::from_secs(2);

/// A device that sits, and by whom it can be logged out.
struct Device {
    session: String,
    token: Arc<str>,
    domain: Arc<str>,
    owner_token: Arc<str>,
}

/// What a round gave.
struct Round {
    kib_per_stream: f64,
    opened_seconds: f64,
    /// Microseconds.
    idle: Vec<u32>,
    loaded: Vec<u32>,
}

pub async fn measure(wish: &Wish, cluster: &Cluster, span: Span) -> Result<Vec<Figure>> {
    let scale = if wish.quick { &QUICK } else { &FULL };
    process::raise_file_limit(scale.streams + OTHER_FILES).await?;
    let mut figures = Vec::new();
    for engine in wish.engines() {
        figures.extend(of_engine(engine, cluster, scale, wish.rounds, span).await?);
    }
    Ok(figures)
}

async fn of_engine(
    engine: Engine,
    cluster: &Cluster,
    scale: &Scale,
    rounds: usize,
    span: Span,
) -> Result<Vec<Figure>> {
    let needed = scale.streams + rounds * 2 * scale.log_outs;
    if scale.desks * scale.users < needed {
        return Err(format!("{rounds} rounds of streams need {needed} sessions").into());
    }
    let store = Store::create(engine, cluster, "streams").await?;
    let mut seeder = store.seeder().await?;
    let everyone = Opening::for_all(scale.users);
    let opening = Opening {
        settings: PoolSettings {
            silence_seconds: Some(SILENCE_SECONDS),
            ..everyone.settings
        },
        tokens: false,
        in_since: Some(|_| 0),
        ..everyone
    };
    let desks = seeder.desks(scale.desks, &opening).await?;
    let hot = Spread::hot(0);
    let elsewhere = seeder
        .desks(1, &Opening::for_all(hot.users_per_domain))
        .await?;
    seeder.settle().await?;
    store.check().await?;
    let mut devices = devices(&desks);
    let mut measured = Vec::with_capacity(rounds);
    for number in 1..=rounds {
        let server = store.serve().await?;
        let agents = Agents::new(&[server.address], &elsewhere, hot);
        let round = round(&server, &mut devices, agents, scale, span).await?;
        server.stop().await?;
        eprintln!(
            "round {number}/{rounds}  streams {engine:<9} {:.1} KiB each; told after {:.2} ms \
             (idle), {:.2} ms (under load, {} log-outs)",
            round.kib_per_stream,
            quantile(&round.idle, 0.5) / 1e3,
            quantile(&round.loaded, 0.5) / 1e3,
            round.loaded.len(),
        );
        measured.push(round);
    }
    store.check().await?;
    Ok(figures(engine, scale, &measured))
}

/// All devices, in an order in which those of a desk are far apart.
fn devices(desks: &[Desk]) -> Vec<Device> {
    let mut all = Vec::new();
    for desk in desks {
        let domain: Arc<str> = desk.domain.as_str().into();
        all.extend(desk.sessions.iter().map(|(session, token)| Device {
            session: session.clone(),
            token: token.clone(),
            domain: domain.clone(),
            owner_token: desk.owner_token.clone(),
        }));
    }
    shuffle(&mut all, 5);
    all
}

/// Those who are logged out are taken from the devices.
async fn round(
    server: &Server,
    devices: &mut Vec<Device>,
    mut agents: Agents,
    scale: &Scale,
    span: Span,
) -> Result<Round> {
    // What any load leaves in memory is no stream's.
    agents.round(span).await?;
    let before = server.resident_mib()?;
    let (listener, mut notices) = listener::channel();
    let began = Instant::now();
    let first = devices.len() - scale.streams;
    open(server, &devices[first..], &listener).await?;
    let opened_seconds = began.elapsed().as_secs_f64();
    tokio::time::sleep(SETTLE).await;
    let kib_per_stream = (server.resident_mib()? - before) * 1024.0 / scale.streams as f64;

    let out = devices.split_off(devices.len() - 2 * scale.log_outs);
    let (idle, loaded) = out.split_at(scale.log_outs);
    let forever = Instant::now() + Duration::from_secs(3600);
    let idle = log_outs(server, idle, &mut notices, forever).await?;
    let begin = Instant::now() + span.warm_up;
    let under_load = async {
        tokio::time::sleep_until(begin.into()).await;
        log_outs(server, loaded, &mut notices, begin + span.measured).await
    };
    let (load, loaded) = tokio::join!(agents.round(span), under_load);
    load?;
    Ok(Round {
        kib_per_stream,
        opened_seconds,
        idle,
        loaded: loaded?,
    })
}

async fn open(server: &Server, devices: &[Device], listener: &Listener) -> Result<()> {
    let share = devices.len().div_ceil(AT_ONCE).max(1);
    let tasks = devices.chunks(share).map(|share| async move {
        for device in share {
            let path = format!("/v1/sessions/{}/events", device.session);
            let request = http::request("GET", &path, Some(&device.token), None);
            listener
                .open(server.address, &request, &device.session)
                .await?;
        }
        Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    });
    try_join_all(tasks).await?;
    Ok(())
}

/// One after the other, until this moment: from the request to the notice, in microseconds, sorted.
async fn log_outs(
    server: &Server,
    devices: &[Device],
    notices: &mut Notices,
    until: Instant,
) -> Result<Vec<u32>> {
    let mut connection = Connection::open(server.address).await?;
    let mut micros = Vec::with_capacity(devices.len());
    for device in devices {
        let path = format!(
            "/v1/domains/{}/sessions/{}/log-out",
            device.domain, device.session
        );
        let request = http::request("POST", &path, Some(&device.owner_token), Some(&json!({})));
        let began = Instant::now();
        if began >= until {
            break;
        }
        connection.json(&request).await?;
        let told = notices.of(&device.session).await?;
        let took = told.saturating_duration_since(began).as_micros();
        micros.push(u32::try_from(took).unwrap_or(u32::MAX));
    }
    micros.sort_unstable();
    Ok(micros)
}

fn figures(engine: Engine, scale: &Scale, rounds: &[Round]) -> Vec<Figure> {
    let streams = scale.streams;
    let plain = |name: &str, unit: &str, of: &dyn Fn(&Round) -> f64| {
        let values: Vec<f64> = rounds.iter().map(of).collect();
        Figure::plain(name, unit, Some(engine), &values)
    };
    let mut figures = vec![
        plain(
            &format!("memory_per_stream.{streams}_streams"),
            "KiB",
            &|round| round.kib_per_stream,
        ),
        plain(&format!("streams_open.{streams}_streams"), "s", &|round| {
            round.opened_seconds
        }),
    ];
    for (name, share) in [("p50", 0.5), ("p99", 0.99)] {
        let idle = format!("notice_idle_{name}");
        figures.push(plain(&idle, "ms", &|round| {
            quantile(&round.idle, share) / 1e3
        }));
        let loaded = format!("notice_under_load_{name}");
        figures.push(plain(&loaded, "ms", &|round| {
            quantile(&round.loaded, share) / 1e3
        }));
    }
    figures
}
