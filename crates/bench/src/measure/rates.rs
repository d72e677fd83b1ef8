//! The rates: floor, entitlements, upgrades and downgrades, and the hand-written rival.

use super::served::{self, Sizes};
use super::throughput::{self, Contender, Pair};
use super::usher::Store;
use crate::desk::Agents;
use crate::handwritten::{self, Direct};
use crate::load::Span;
use crate::postgres::Cluster;
use crate::process::Server;
use crate::report::Figure;
use crate::seed::{Desk, Seeded};
use crate::spread::Spread;
use crate::{Engine, Result, Wish};

pub const DOMAINS: usize = 1000;

/// Seeded after the others, with a user for every connection.
const HOT: Spread = Spread::hot(DOMAINS);
const SPREAD: Spread = Spread::over(0, DOMAINS);
/// Pools, one a domain.
const POOLS: usize = 10_000;
const HOT_POOL: Spread = Spread::hot(POOLS);
const SPREAD_POOLS: Spread = Spread::over(0, POOLS);
const ROUTE_SPREAD: Spread = Spread::over(DOMAINS + 1, DOMAINS);
const ROUTE_HOT: Spread = Spread::hot(2 * DOMAINS + 1);

/// Best of 8, 16, 32 and 64 on two cores.
const ROUTE_POOL: &str = "16";

const PAIRS: &[Pair] = &[
    Pair::new("floor_entitlements", None, "floor", None),
    Pair::new(
        "entitlements",
        Some(Engine::Sqlite),
        "floor_entitlements",
        Some(0.8),
    ),
    Pair::new(
        "entitlements",
        Some(Engine::Postgres),
        "floor_entitlements",
        Some(0.4),
    ),
    Pair::new("entitlements", None, "floor_get", None),
    Pair::new(
        "upgrade_downgrade",
        Some(Engine::Sqlite),
        "floor",
        Some(0.3),
    ),
    Pair::new(
        "upgrade_downgrade_hot",
        Some(Engine::Sqlite),
        "floor",
        Some(0.3),
    ),
    Pair::new(
        "upgrade_downgrade",
        Some(Engine::Postgres),
        "handwritten_sql",
        Some(1.3),
    ),
    Pair::new(
        "upgrade_downgrade_hot",
        Some(Engine::Postgres),
        "handwritten_sql_hot",
        Some(6.0),
    ),
    Pair::new(
        "upgrade_downgrade",
        Some(Engine::Postgres),
        "handwritten_sql_route",
        None,
    ),
    Pair::new(
        "upgrade_downgrade_hot",
        Some(Engine::Postgres),
        "handwritten_sql_route_hot",
        None,
    ),
    Pair::new("log_in_log_out", Some(Engine::Sqlite), "floor", Some(0.35)),
    Pair::new(
        "log_in_log_out_hot",
        Some(Engine::Sqlite),
        "floor",
        Some(0.35),
    ),
    Pair::new("log_in_log_out", Some(Engine::Postgres), "floor", None),
    Pair::new("log_in_log_out_hot", Some(Engine::Postgres), "floor", None),
    Pair::new("upgrade_downgrade", Some(Engine::Postgres), "floor", None),
    Pair::new(
        "upgrade_downgrade_hot",
        Some(Engine::Postgres),
        "floor",
        None,
    ),
];

/// A seeded Usher at work.
struct Served {
    store: Store,
    server: Server,
    seeded: Vec<Seeded>,
}

pub async fn measure(wish: &Wish, cluster: &Cluster, span: Span) -> Result<Vec<Figure>> {
    let mut served = Vec::new();
    let named = ["entitlements", "upgrade_downgrade"];
    if named.iter().any(|name| wish.wants(name)) {
        for engine in wish.engines() {
            served.push(serve(engine, cluster).await?);
        }
    }
    let mut desks = Vec::new();
    if wish.wants("log_in_log_out") {
        for engine in wish.engines() {
            desks.push(open_desks(engine, cluster).await?);
        }
    }
    let sizes = match served.first() {
        Some(first) => Sizes::of(first.server.address, &first.seeded[0]).await?,
        None => Sizes::USUAL,
    };
    println!(
        "answers of {} bytes (license) and {} (entitlements)",
        sizes.license, sizes.entitlements
    );
    let by_hand = wish.wants("handwritten_sql") && wish.wants_engine(Engine::Postgres);
    let database = if by_hand {
        Some(seed_by_hand(cluster).await?)
    } else {
        None
    };
    let bare = bare_server(database.as_deref()).await?;
    let mut contenders = vec![
        Contender::http("floor", None, bare.address, served::floor(sizes.license)),
        Contender::http(
            "floor_entitlements",
            None,
            bare.address,
            served::floor(sizes.entitlements),
        ),
        Contender::http(
            "floor_get",
            None,
            bare.address,
            served::floor_get(sizes.entitlements),
        ),
    ];
    for usher in &served {
        contenders.extend(usher.contenders(wish));
    }
    contenders.extend(desks.iter().flat_map(Open::contenders));
    if let Some(url) = &database {
        contenders.push(Contender::direct(
            "handwritten_sql",
            Direct::connect(url, &SPREAD).await?,
        ));
        contenders.push(Contender::direct(
            "handwritten_sql_hot",
            Direct::connect(url, &HOT).await?,
        ));
        for (name, spread) in [
            ("handwritten_sql_route", ROUTE_SPREAD),
            ("handwritten_sql_route_hot", ROUTE_HOT),
        ] {
            let scripts = served::change_by_hand(sizes.license, spread);
            contenders.push(Contender::http(
                name,
                Some(Engine::Postgres),
                bare.address,
                scripts,
            ));
        }
    }
    throughput::run(&mut contenders, wish.rounds, span).await?;
    for usher in served {
        usher.server.stop().await?;
        usher.store.check().await?;
    }
    for open in desks {
        open.server.stop().await?;
        open.store.check().await?;
    }
    Ok(throughput::figures(&contenders, PAIRS))
}

/// A seeded Usher with pools at work.
struct Open {
    store: Store,
    server: Server,
    desks: Vec<Desk>,
}

impl Open {
    fn contenders(&self) -> [Contender; 2] {
        let (engine, address) = (self.store.engine, self.server.address);
        [
            ("log_in_log_out", SPREAD_POOLS),
            ("log_in_log_out_hot", HOT_POOL),
        ]
        .map(|(name, spread)| {
            Contender::desk(name, engine, Agents::new(address, &self.desks, spread))
        })
    }
}

async fn open_desks(engine: Engine, cluster: &Cluster) -> Result<Open> {
    let store = Store::create(engine, cluster, "desks").await?;
    let mut seeder = store.seeder().await?;
    let (spread, hot) = (SPREAD_POOLS, HOT_POOL);
    let mut desks = seeder
        .desks(spread.domains, spread.users_per_domain)
        .await?;
    desks.extend(seeder.desks(hot.domains, hot.users_per_domain).await?);
    seeder.settle().await?;
    store.check().await?;
    let server = store.serve().await?;
    Ok(Open {
        store,
        server,
        desks,
    })
}

impl Served {
    fn contenders(&self, wish: &Wish) -> Vec<Contender> {
        let (engine, address) = (Some(self.store.engine), self.server.address);
        let mut all = Vec::new();
        if wish.wants("entitlements") {
            let scripts = served::ask(&self.seeded[..DOMAINS]);
            all.push(Contender::http("entitlements", engine, address, scripts));
        }
        if wish.wants("upgrade_downgrade") {
            for (name, spread) in [
                ("upgrade_downgrade", SPREAD),
                ("upgrade_downgrade_hot", HOT),
            ] {
                let scripts = served::change(&self.seeded, spread);
                all.push(Contender::http(name, engine, address, scripts));
            }
        }
        all
    }
}

async fn serve(engine: Engine, cluster: &Cluster) -> Result<Served> {
    let store = Store::create(engine, cluster, "rates").await?;
    let mut seeder = store.seeder().await?;
    let mut seeded = seeder
        .roots(SPREAD.domains, SPREAD.users_per_domain)
        .await?;
    seeded.extend(seeder.roots(HOT.domains, HOT.users_per_domain).await?);
    seeder.settle().await?;
    store.check().await?;
    let server = store.serve().await?;
    Ok(Served {
        store,
        server,
        seeded,
    })
}

async fn seed_by_hand(cluster: &Cluster) -> Result<String> {
    let url = cluster.database("usher_bench_by_hand").await?;
    handwritten::seed(&url, &[SPREAD, HOT, ROUTE_SPREAD, ROUTE_HOT]).await?;
    Ok(url)
}

async fn bare_server(database: Option<&str>) -> Result<Server> {
    let own = std::env::current_exe()?;
    let mut arguments = vec!["floor"];
    if let Some(url) = database {
        arguments.extend(["--database-url", url, "--pool-size", ROUTE_POOL]);
    }
    Server::start(&own, &arguments).await
}
