//! The rates: floor, entitlements, upgrades and downgrades, and the hand-written rival.

use super::desks::{self, Desks};
use super::served::{self, Sizes};
use super::throughput::{self, Contender, Pair, Work};
use super::usher::Store;
use crate::handwritten::{self, Direct};
use crate::load::Span;
use crate::postgres::Cluster;
use crate::process::Server;
use crate::report::Figure;
use crate::seed::Seeded;
use crate::spread::Spread;
use crate::{Engine, Result, Wish};

pub const DOMAINS: usize = 1000;

/// Seeded after the others, with a user for every connection.
const HOT: Spread = Spread::hot(DOMAINS);
const SPREAD: Spread = Spread::over(0, DOMAINS);
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
    let desks = Desks::open(wish, cluster).await?;
    let sizes = match served.first() {
        Some(first) => Sizes::of(first.server.address, &first.seeded[0]).await?,
        None => Sizes::USUAL,
    };
    println!(
        "answers of {} bytes (license) and {} (entitlements)",
        sizes.license, sizes.entitlements
    );
    let rivals = ["handwritten_sql", "handwritten_desk"];
    let by_hand = rivals.iter().any(|name| wish.wants(name));
    let database = if by_hand && wish.wants_engine(Engine::Postgres) {
        Some(seed_by_hand(cluster).await?)
    } else {
        None
    };
    let bare = bare_server(database.as_deref()).await?;
    let mut contenders = floors(&bare, sizes);
    for usher in &served {
        contenders.extend(usher.contenders(wish));
    }
    if let Some(url) = &database
        && wish.wants("handwritten_sql")
    {
        contenders.extend(by_function(url, &bare, sizes).await?);
    }
    contenders.extend(desks.contenders(wish, database.as_deref(), &bare).await?);
    throughput::run(&mut contenders, wish.rounds, span).await?;
    for usher in served {
        usher.server.stop().await?;
        usher.store.check().await?;
    }
    desks.close().await?;
    let mut figures = throughput::figures(&contenders, &[PAIRS, desks::PAIRS].concat());
    figures.extend(desks::evenness(&contenders));
    Ok(figures)
}

fn floors(bare: &Server, sizes: Sizes) -> Vec<Contender> {
    [
        ("floor", served::floor(sizes.license)),
        ("floor_entitlements", served::floor(sizes.entitlements)),
        ("floor_get", served::floor_get(sizes.entitlements)),
    ]
    .map(|(name, scripts)| Contender::http(name, None, bare.address, scripts))
    .into()
}

/// The hand-written function, called directly and behind a route.
async fn by_function(url: &str, bare: &Server, sizes: Sizes) -> Result<Vec<Contender>> {
    let engine = Some(Engine::Postgres);
    let mut all = Vec::new();
    for (name, spread) in [("handwritten_sql", SPREAD), ("handwritten_sql_hot", HOT)] {
        let direct = Direct::connect(url, &spread).await?;
        all.push(Contender::new(name, engine, Work::Direct(direct)));
    }
    for (name, spread) in [
        ("handwritten_sql_route", ROUTE_SPREAD),
        ("handwritten_sql_route_hot", ROUTE_HOT),
    ] {
        let scripts = served::change_by_hand(sizes.license, spread);
        all.push(Contender::http(name, engine, bare.address, scripts));
    }
    Ok(all)
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
    let pools = [
        desks::SPREAD,
        desks::HOT,
        desks::ROUTE_SPREAD,
        desks::ROUTE_HOT,
    ];
    handwritten::seed(&url, &[SPREAD, HOT, ROUTE_SPREAD, ROUTE_HOT], &pools).await?;
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
