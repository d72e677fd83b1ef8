//! `usher-bench`: puts load on Usher and on what it is held against, side by side, and writes the
//! figures to `target/bench.json`. `cargo xtask bench` builds and runs it.
//!
//! Is not: a test. Nothing here fails because a figure is low; it fails when an answer is wrong.

mod chart;
mod desk;
mod floor;
mod handwritten;
mod http;
mod listener;
mod load;
mod measure;
mod postgres;
mod process;
mod redis;
mod report;
mod seed;
mod spread;

use clap::{Args, Parser, Subcommand, ValueEnum};
use load::Span;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

// What Usher is held against gets what Usher has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(about = "Measures Usher against a bare route and against hand-written SQL")]
struct Arguments {
    #[command(flatten)]
    wish: Wish,
    /// Where the figures go
    #[arg(long, default_value = "target/bench.json")]
    output: PathBuf,
    #[command(subcommand)]
    part: Option<Part>,
}

/// What is measured in interleaved rounds.
const RATES: [&str; 8] = [
    "floor",
    "entitlements",
    "upgrade_downgrade",
    "handwritten_sql",
    "log_in_log_out",
    "handwritten_desk",
    "processes",
    "redis_semaphore",
];

/// What to measure, and how long.
#[derive(Args)]
pub struct Wish {
    /// Short rounds and small worlds: a look, not figures to publish
    #[arg(long)]
    quick: bool,
    /// Only this: floor, entitlements, upgrade_downgrade, handwritten_sql, log_in_log_out, handwritten_desk, processes, redis_semaphore, growth, storm, streams, sessions. May be repeated
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Only on this engine
    #[arg(long)]
    engine: Option<Engine>,
    #[arg(long, default_value_t = 5)]
    rounds: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    Sqlite,
    Postgres,
}

#[derive(Subcommand)]
enum Part {
    /// Draws the charts of an earlier run
    Chart {
        /// Its figures
        #[arg(long, default_value = "target/bench.json")]
        figures: PathBuf,
        /// The folder that takes the charts
        #[arg(long, default_value = "target")]
        folder: PathBuf,
    },
    /// Serves the bare route, and the hand-written one when a database is named
    #[command(hide = true)]
    Floor {
        #[arg(long)]
        database_url: Option<String>,
        #[arg(long, default_value_t = 16)]
        pool_size: usize,
    },
}

impl Engine {
    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

impl fmt::Display for Engine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl Wish {
    /// A rate is held against the floor, which comes along.
    fn wants(&self, name: &str) -> bool {
        let brings = |only: &str| only == name || name == RATES[0] && RATES.contains(&only);
        self.only.is_empty() || self.only.iter().any(|only| brings(only))
    }

    fn wants_engine(&self, engine: Engine) -> bool {
        self.engine.is_none_or(|only| only == engine)
    }

    fn engines(&self) -> impl Iterator<Item = Engine> {
        [Engine::Sqlite, Engine::Postgres]
            .into_iter()
            .filter(|engine| self.wants_engine(*engine))
    }

    fn span(&self) -> Span {
        let (warm_up, measured) = if self.quick {
            (300, 1000)
        } else {
            (1000, 4000)
        };
        Span {
            warm_up: Duration::from_millis(warm_up),
            measured: Duration::from_millis(measured),
        }
    }
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    match arguments.part {
        Some(Part::Chart { figures, folder }) => chart::write(&figures, &folder),
        // The same runtime as `usher serve`: one worker for each core.
        Some(Part::Floor {
            database_url,
            pool_size,
        }) => tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?
            .block_on(floor::serve(database_url, pool_size)),
        // One thread, so that the load generator never takes more than one core.
        None => tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?
            .block_on(measure(&arguments)),
    }
}

async fn measure(arguments: &Arguments) -> Result<()> {
    let wish = &arguments.wish;
    let cluster = postgres::Cluster::start()?;
    for setting in [
        "server_version",
        "fsync",
        "synchronous_commit",
        "shared_buffers",
    ] {
        println!(
            "PostgreSQL: {setting} = {}",
            cluster.setting(setting).await?
        );
    }
    let mut figures = Vec::new();
    if RATES.iter().any(|name| wish.wants(name)) {
        figures.extend(measure::rates::measure(wish, &cluster, wish.span()).await?);
    }
    if wish.wants("growth") {
        figures.extend(measure::growth::measure(wish, &cluster, wish.span()).await?);
    }
    if wish.wants("storm") {
        figures.extend(measure::storm::measure(wish, &cluster).await?);
    }
    if wish.wants("streams") {
        figures.extend(measure::streams::measure(wish, &cluster, wish.span()).await?);
    }
    if wish.wants("sessions") {
        figures.extend(measure::sessions::measure(wish, &cluster, wish.span()).await?);
    }
    report::print(&figures);
    report::write(&arguments.output, &figures)
}
