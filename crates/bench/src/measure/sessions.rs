//! A million people sit: what that costs the server's memory, and what it costs to look for what is
//! due, when nothing is and when a thousand log-off clocks run out.
//!
//! Of sweeps in which nothing is due the server itself says how long they took. For what is due the
//! clock is moved, which a sandbox answers once all that was due has happened: that answer is timed,
//! while nothing else sweeps.

use super::usher::Store;
use crate::desk::Agents;
use crate::http::{self, Connection};
use crate::load::Span;
use crate::postgres::Cluster;
use crate::process::Server;
use crate::report::Figure;
use crate::seed::Opening;
use crate::spread::Spread;
use crate::{Engine, Result, Wish};
use serde_json::json;
use std::time::{Duration, Instant, SystemTime};
use usher_rules::pools::PoolSettings;

/// Domains with a pool of so many users, who all sit; in so many of them one session is due a round.
#[derive(Clone, Copy)]
struct Scale {
    domains: usize,
    users: usize,
    due: usize,
}

/// The many, and the few that cost is held against.
const FULL: [Scale; 2] = [
    Scale {
        domains: 10_000,
        users: 100,
        due: 1000,
    },
    Scale {
        domains: 1000,
        users: BATCHES,
        due: 1000,
    },
];

const QUICK: [Scale; 2] = [
    Scale {
        domains: 200,
        users: 50,
        due: 50,
    },
    Scale {
        domains: 50,
        users: BATCHES,
        due: 50,
    },
];

/// For how many rounds there are users who are due: one a round, in each domain that has them.
const BATCHES: usize = 20;
const DAY: i64 = 24 * 3600;
/// The first is due so long after the seeding, the others in steps.
const FIRST_DUE: i64 = 2 * 3600;
const STEP: i64 = 600;
/// The clock is moved this far past what is due.
const PAST: i64 = 60;
/// Sweeps of a round in which nothing is due; the first of a process is not counted.
const IDLE_SWEEPS: f64 = 5.0;
/// How often it is looked whether they have been.
const LOOK: Duration = Duration::from_millis(200);
/// A server that has not swept by then doesn't.
const LONGEST: Duration = Duration::from_secs(300);
/// Longer than a round: nobody sweeps but who moves the clock.
const NEVER_SECONDS: u32 = 24 * 3600;

const SUM: &str = "usher_sweep_duration_seconds_sum";
const COUNT: &str = "usher_sweep_duration_seconds_count";
const SETTLED: &str = "usher_sweep_settled_total";

/// A seeded store and what was measured of it.
struct World {
    scale: Scale,
    store: Store,
    seeded_at: SystemTime,
    /// By how many seconds the sandbox's clock was moved.
    moved: i64,
    memory_mib: Vec<f64>,
    idle_ms: Vec<f64>,
    due_ms: Vec<f64>,
}

pub async fn measure(wish: &Wish, cluster: &Cluster, span: Span) -> Result<Vec<Figure>> {
    if wish.rounds > BATCHES {
        return Err(format!("sessions are measured in {BATCHES} rounds at most").into());
    }
    let scales = if wish.quick { QUICK } else { FULL };
    let mut figures = Vec::new();
    for engine in wish.engines() {
        figures.extend(of_engine(engine, cluster, scales, wish.rounds, span).await?);
    }
    Ok(figures)
}

async fn of_engine(
    engine: Engine,
    cluster: &Cluster,
    [many, few]: [Scale; 2],
    rounds: usize,
    span: Span,
) -> Result<Vec<Figure>> {
    let mut few = World::new(engine, cluster, "few", few).await?;
    let mut many = World::new(engine, cluster, "many", many).await?;
    for round in 0..rounds {
        for world in [&mut few, &mut many] {
            world.round(round).await?;
            eprintln!(
                "round {}/{rounds}  {:>7} sessions {engine:<9} sweep {:.2} ms (nothing due), \
                 {:.0} ms ({} due)",
                round + 1,
                world.sessions(),
                world.idle_ms[round],
                world.due_ms[round],
                world.scale.due,
            );
        }
    }
    let loaded = many.memory_after_load(rounds, span).await?;
    few.store.check().await?;
    many.store.check().await?;
    Ok(figures(engine, &few, &many, &loaded))
}

/// Who is due in each round; the others sat down just now.
fn in_since(user: usize) -> i64 {
    if user < BATCHES {
        DAY - FIRST_DUE - STEP * user as i64
    } else {
        0
    }
}

impl World {
    async fn new(engine: Engine, cluster: &Cluster, name: &str, scale: Scale) -> Result<Self> {
        let store = Store::sandbox(engine, cluster, &format!("sessions_{name}")).await?;
        let began = Instant::now();
        let seeded_at = SystemTime::now();
        let mut seeder = store.seeder().await?;
        let everyone = Opening::for_all(scale.users);
        let seated = Opening {
            settings: PoolSettings {
                log_off_seconds: Some(DAY),
                silence_seconds: None,
                ..everyone.settings
            },
            tokens: false,
            in_since: Some(in_since),
            ..everyone
        };
        seeder.crowd_of_desks(scale.due, &seated).await?;
        let others = Opening {
            in_since: Some(|_| 0),
            ..seated
        };
        seeder
            .crowd_of_desks(scale.domains - scale.due, &others)
            .await?;
        seeder.settle().await?;
        store.check().await?;
        eprintln!(
            "{} sessions on {engine}, seeded in {:.0} s",
            scale.domains * scale.users,
            began.elapsed().as_secs_f64()
        );
        Ok(Self {
            scale,
            store,
            seeded_at,
            moved: 0,
            memory_mib: vec![],
            idle_ms: vec![],
            due_ms: vec![],
        })
    }

    fn sessions(&self) -> usize {
        self.scale.domains * self.scale.users
    }

    async fn round(&mut self, round: usize) -> Result<()> {
        let server = self.store.serve_sweeping(1).await?;
        self.memory_mib.push(server.resident_mib()?);
        let mut watch = Watch::new(&server).await?;
        let before = watch.after(1.0).await?;
        let after = watch.after(before.times + IDLE_SWEEPS).await?;
        if after.settled != 0.0 {
            return Err(format!("{} domains were settled of none", after.settled).into());
        }
        self.idle_ms
            .push((after.seconds - before.seconds) * 1e3 / (after.times - before.times));
        server.stop().await?;

        let server = self.store.serve_sweeping(NEVER_SECONDS).await?;
        let mut watch = Watch::new(&server).await?;
        let due_at = FIRST_DUE + STEP * round as i64 + PAST;
        let now = i64::try_from(self.seeded_at.elapsed()?.as_secs())? + self.moved;
        let began = Instant::now();
        watch.advance(due_at - now).await?;
        self.due_ms.push(began.elapsed().as_secs_f64() * 1e3);
        self.moved += due_at - now;
        let settled = watch.look().await?.settled;
        if settled != self.scale.due as f64 {
            return Err(format!("{settled} domains were settled of {}", self.scale.due).into());
        }
        server.stop().await
    }

    /// With people who log in and out beside those who sit.
    async fn memory_after_load(&self, rounds: usize, span: Span) -> Result<Vec<f64>> {
        let hot = Spread::hot(0);
        let mut seeder = self.store.seeder().await?;
        let desks = seeder
            .desks(1, &Opening::for_all(hot.users_per_domain))
            .await?;
        seeder.settle().await?;
        let mut memory = Vec::with_capacity(rounds);
        for _ in 0..rounds {
            let server = self.store.serve().await?;
            Agents::new(&[server.address], &desks, hot)
                .round(span)
                .await?;
            memory.push(server.resident_mib()?);
            server.stop().await?;
        }
        Ok(memory)
    }
}

/// What a server says of its sweeps.
struct Watch {
    connection: Connection,
}

#[derive(Clone, Copy)]
struct Swept {
    seconds: f64,
    times: f64,
    settled: f64,
}

impl Watch {
    async fn new(server: &Server) -> Result<Self> {
        let connection = Connection::open(server.address).await?;
        Ok(Self { connection })
    }

    /// Moves the clock; all that was due by then has happened.
    async fn advance(&mut self, seconds: i64) -> Result<()> {
        let body = json!({"advance_seconds": seconds});
        let request = http::request("POST", "/v1/sandbox/clock", None, Some(&body));
        self.connection.json(&request).await?;
        Ok(())
    }

    /// Looks once so many sweeps have been.
    async fn after(&mut self, times: f64) -> Result<Swept> {
        let began = Instant::now();
        loop {
            let swept = self.look().await?;
            if swept.times >= times {
                return Ok(swept);
            }
            if began.elapsed() > LONGEST {
                return Err(format!("{} sweeps in {LONGEST:?}", swept.times).into());
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn look(&mut self) -> Result<Swept> {
        let request = http::request("GET", "/metrics", None, None);
        let answer = self.connection.send(&request).await?;
        let text = std::str::from_utf8(self.connection.body(answer))?;
        Ok(Swept {
            seconds: value(text, SUM)?,
            times: value(text, COUNT)?,
            settled: value(text, SETTLED)?,
        })
    }
}

/// Of a metric without labels; zero before it was first counted.
fn value(text: &str, name: &str) -> Result<f64> {
    let mut lines = text.lines();
    let found = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    Ok(found.map_or(Ok(0.0), str::parse)?)
}

fn figures(engine: Engine, few: &World, many: &World, loaded: &[f64]) -> Vec<Figure> {
    let engine = Some(engine);
    let (size, small) = (many.sessions(), few.sessions());
    let mut figures = vec![
        Figure::plain(
            &format!("memory_at_start.{size}_sessions"),
            "MiB",
            engine,
            &many.memory_mib,
        ),
        Figure::plain(
            &format!("memory_after_load.{size}_sessions"),
            "MiB",
            engine,
            loaded,
        ),
    ];
    let sweeps = [
        ("nothing_due".to_owned(), &few.idle_ms, &many.idle_ms),
        (format!("{}_due", many.scale.due), &few.due_ms, &many.due_ms),
    ];
    for (what, few, many) in sweeps {
        let against = format!("sweep_{what}.{small}_sessions");
        let figure = Figure::plain(&format!("sweep_{what}.{size}_sessions"), "ms", engine, many);
        figures.push(Figure::plain(&against, "ms", engine, few));
        figures.push(figure.against(&against, None, many, few));
    }
    figures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_found_by_its_whole_name() {
        let text = "# TYPE x_total counter\nx_total_more 3\nx_total 2\n";
        assert_eq!(value(text, "x_total").ok(), Some(2.0));
        assert_eq!(value(text, "y_total").ok(), Some(0.0));
    }

    #[test]
    fn who_is_due_sat_down_in_the_order_of_the_rounds() {
        let since: Vec<i64> = (0..BATCHES).map(in_since).collect();
        assert!(since.is_sorted_by(|one, next| one > next));
        assert!(since.iter().all(|since| *since > 0 && *since < DAY));
        assert_eq!(in_since(BATCHES), 0);
    }
}
