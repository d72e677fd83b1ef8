//! The front desk's rates: log-ins and log-outs on one hot pool and over many, through one process
//! and several, beside the hand-written functions and a semaphore in Redis.

use super::throughput::{Contender, Pair, Work};
use super::usher::Store;
use crate::desk::{self, Agents};
use crate::handwritten::desk::Direct;
use crate::postgres::Cluster;
use crate::process::Server;
use crate::redis::Redis;
use crate::report::Figure;
use crate::seed::{Desk, Opening};
use crate::spread::Spread;
use crate::{Engine, Result, Wish};
use std::net::SocketAddr;

/// Pools, one a domain; fewer in a short run.
const POOLS: usize = 10_000;
const QUICK_POOLS: usize = 1000;
/// What the hand-written functions have; Usher is loaded on as many to be held against them.
const THOUSAND: usize = 1000;

/// The hand-written ones have numbers of their own.
pub const SPREAD: Spread = Spread::over(0, THOUSAND);
pub const HOT: Spread = Spread::hot(THOUSAND);
pub const ROUTE_SPREAD: Spread = Spread::over(THOUSAND + 1, THOUSAND);
pub const ROUTE_HOT: Spread = Spread::hot(2 * THOUSAND + 1);

/// As many processes as the hot pool is asked through, at most.
const PROCESSES: usize = 3;
/// One hot pool and ten thousand are alike: the one within this of the other.
const ALIKE: f64 = 1.3;

const SQLITE: Option<Engine> = Some(Engine::Sqlite);
const POSTGRES: Option<Engine> = Some(Engine::Postgres);

pub const PAIRS: &[Pair] = &[
    Pair::new("log_in_log_out", SQLITE, "floor", Some(0.35)),
    Pair::new("log_in_log_out_hot", SQLITE, "floor", Some(0.35)),
    Pair::new("log_in_log_out", POSTGRES, "floor", None),
    Pair::new("log_in_log_out_hot", POSTGRES, "floor", None),
    Pair::p99("log_in_log_out", SQLITE, "floor", Some(3.0)),
    Pair::p99("log_in_log_out_hot", SQLITE, "floor", Some(3.0)),
    Pair::p99("log_in_log_out", POSTGRES, "floor", None),
    Pair::p99("log_in_log_out_hot", POSTGRES, "floor", None),
    Pair::new(
        "log_in_log_out_1000_pools",
        POSTGRES,
        "handwritten_desk",
        Some(1.3),
    ),
    Pair::new(
        "log_in_log_out_hot",
        POSTGRES,
        "handwritten_desk_hot",
        Some(6.0),
    ),
    Pair::new(
        "log_in_log_out_1000_pools",
        POSTGRES,
        "handwritten_desk_route",
        None,
    ),
    Pair::new(
        "log_in_log_out_hot",
        POSTGRES,
        "handwritten_desk_route_hot",
        None,
    ),
    Pair::p99(
        "log_in_log_out_hot_2_processes",
        None,
        "log_in_log_out_hot",
        Some(2.5),
    ),
    Pair::p99(
        "log_in_log_out_hot_3_processes",
        None,
        "log_in_log_out_hot",
        Some(2.5),
    ),
    Pair::new(
        "log_in_log_out_hot_2_processes",
        None,
        "log_in_log_out_hot",
        None,
    ),
    Pair::new(
        "log_in_log_out_hot_3_processes",
        None,
        "log_in_log_out_hot",
        None,
    ),
    Pair::new("log_in_log_out", None, "redis_semaphore", None),
    Pair::new("log_in_log_out_hot", None, "redis_semaphore", None),
];

/// All that is measured here, running.
pub struct Desks {
    open: Vec<Open>,
    redis: Option<Redis>,
}

/// A seeded Usher with pools at work.
struct Open {
    store: Store,
    /// One; on PostgreSQL more, if they are to be measured.
    servers: Vec<Server>,
    desks: Vec<Desk>,
    pools: usize,
}

impl Desks {
    pub async fn open(wish: &Wish, cluster: &Cluster) -> Result<Self> {
        let mut open = Vec::new();
        let processes = wish.wants("processes");
        for engine in wish.engines() {
            let several = processes && engine == Engine::Postgres;
            if wish.wants("log_in_log_out") || several {
                let processes = if several { PROCESSES } else { 1 };
                open.push(Open::new(wish, engine, cluster, processes).await?);
            }
        }
        let mut redis = None;
        if wish.wants("redis_semaphore") {
            redis = Redis::start().await?;
            if redis.is_none() {
                eprintln!(
                    "redis_semaphore is left out: there is no redis-server \
                     (apt-get install redis-server)"
                );
            }
        }
        Ok(Self { open, redis })
    }

    /// `database` is where the hand-written functions are, `bare` the server with their route.
    pub async fn contenders(
        &self,
        wish: &Wish,
        database: Option<&str>,
        bare: &Server,
    ) -> Result<Vec<Contender>> {
        let mut all = Vec::new();
        for open in &self.open {
            all.extend(open.contenders(wish));
        }
        if let Some(url) = database
            && wish.wants("handwritten_desk")
        {
            let bytes = match self.open.first() {
                Some(open) => desk::answer_bytes(open.address(), &open.desks[0]).await?,
                None => USUAL_ANSWER,
            };
            println!("answers of {bytes} bytes (log-in)");
            all.extend(by_hand(url, bare, bytes).await?);
        }
        if let Some(redis) = &self.redis {
            let work = Work::Redis(redis.holders().await?);
            all.push(Contender::new("redis_semaphore", None, work));
        }
        Ok(all)
    }

    pub async fn close(self) -> Result<()> {
        for open in self.open {
            for server in open.servers {
                server.stop().await?;
            }
            open.store.check().await?;
        }
        Ok(())
    }
}

/// Used where no Usher runs to be asked.
const USUAL_ANSWER: usize = 560;

/// The hand-written functions, called directly and behind a route.
async fn by_hand(url: &str, bare: &Server, bytes: usize) -> Result<Vec<Contender>> {
    let mut all = Vec::new();
    for (name, spread) in [("handwritten_desk", SPREAD), ("handwritten_desk_hot", HOT)] {
        let direct = Direct::connect(url, spread).await?;
        all.push(Contender::new(name, POSTGRES, Work::DirectDesk(direct)));
    }
    for (name, spread) in [
        ("handwritten_desk_route", ROUTE_SPREAD),
        ("handwritten_desk_route_hot", ROUTE_HOT),
    ] {
        let agents = Agents::by_hand(bare.address, spread, bytes);
        all.push(Contender::new(name, POSTGRES, Work::Desk(agents)));
    }
    Ok(all)
}

impl Open {
    async fn new(wish: &Wish, engine: Engine, cluster: &Cluster, processes: usize) -> Result<Self> {
        let pools = if wish.quick { QUICK_POOLS } else { POOLS };
        let store = Store::create(engine, cluster, "desks").await?;
        let mut seeder = store.seeder().await?;
        let mut desks = Vec::new();
        for spread in [Spread::over(0, pools), Spread::hot(pools)] {
            let opening = Opening::for_all(spread.users_per_domain);
            desks.extend(seeder.desks(spread.domains, &opening).await?);
        }
        seeder.settle().await?;
        store.check().await?;
        let mut servers = Vec::with_capacity(processes);
        for _ in 0..processes {
            servers.push(store.serve().await?);
        }
        Ok(Self {
            store,
            servers,
            desks,
            pools,
        })
    }

    fn address(&self) -> SocketAddr {
        self.servers[0].address
    }

    /// The loads are on the same pools in turn, and each leaves them empty.
    fn contenders(&self, wish: &Wish) -> Vec<Contender> {
        let engine = self.store.engine;
        let addresses: Vec<SocketAddr> = self.servers.iter().map(|server| server.address).collect();
        let contender = |name: &str, processes: usize, spread: Spread| {
            let agents = Agents::new(&addresses[..processes], &self.desks, spread);
            Contender::new(name, Some(engine), Work::Desk(agents))
        };
        let hot = Spread::hot(self.pools);
        let mut all = Vec::new();
        if wish.wants("log_in_log_out") {
            let spread = Spread::over(0, self.pools);
            all.push(contender("log_in_log_out", 1, spread));
        }
        if wish.wants("log_in_log_out") && engine == Engine::Postgres {
            let name = "log_in_log_out_1000_pools";
            all.push(contender(name, 1, Spread::over(0, THOUSAND)));
        }
        all.push(contender("log_in_log_out_hot", 1, hot));
        for processes in 2..=self.servers.len() {
            let name = format!("log_in_log_out_hot_{processes}_processes");
            all.push(contender(&name, processes, hot));
        }
        all
    }
}

/// How far one hot pool and many are from being alike: the greater rate to the lesser, round by
/// round, against one.
pub fn evenness(contenders: &[Contender]) -> Vec<Figure> {
    let named = |name: &str, engine: Engine| {
        let mut all = contenders.iter();
        all.find(|one| one.name == name && one.engine == Some(engine))
    };
    let mut figures = Vec::new();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let (Some(many), Some(hot)) = (
            named("log_in_log_out", engine),
            named("log_in_log_out_hot", engine),
        ) else {
            continue;
        };
        let rounds = many.samples.iter().zip(&hot.samples);
        let apart: Vec<f64> = rounds
            .map(|(many, hot)| {
                let ratio = many.per_second / hot.per_second;
                ratio.max(1.0 / ratio)
            })
            .collect();
        let one = vec![1.0; apart.len()];
        let target = (engine == Engine::Sqlite).then_some(ALIKE);
        figures.push(
            Figure::plain("log_in_log_out_apart", "times", Some(engine), &apart)
                .against("one", target, &apart, &one),
        );
    }
    figures
}
