//! How cost grows with size: totals of a tree, pages of a list, start-up and memory.
//!
//! One request after the other on one connection: what is asked here is what an answer costs, not how
//! many fit into a second.

use super::served;
use super::usher::Store;
use crate::http::{self, Connection};
use crate::load::{self, Span};
use crate::postgres::Cluster;
use crate::process::Server;
use crate::report::{Figure, median};
use crate::seed::{Seeded, Seeder};
use crate::{Engine, Result, Wish};
use bytes::Bytes;
use std::net::SocketAddr;

const PAGE: usize = 20;
const REQUESTS_PER_ROUND: usize = 30;
/// A page of the longest list may cost this much more than one of the shortest, for noise.
const PAGE_COST_AT_MOST: f64 = 1.25;

/// How large the worlds are.
struct Scale {
    domains: usize,
    users_per_domain: usize,
    trees: [usize; 3],
    depths: [usize; 3],
    lists: [usize; 3],
}

const FULL: Scale = Scale {
    domains: 10_000,
    users_per_domain: 100,
    trees: [100, 1000, 10_000],
    depths: [10, 100, 1000],
    lists: [100, 10_000, 1_000_000],
};

const QUICK: Scale = Scale {
    domains: 1000,
    users_per_domain: 10,
    trees: [10, 100, 1000],
    depths: [10, 30, 100],
    lists: [100, 1000, 10_000],
};

/// One request whose cost is watched, and the one of a smaller world that it is held against.
struct Probe {
    name: String,
    against: Option<String>,
    at_most: Option<f64>,
    request: Bytes,
    millis: Vec<f64>,
}

pub async fn measure(wish: &Wish, cluster: &Cluster, span: Span) -> Result<Vec<Figure>> {
    let scale = if wish.quick { &QUICK } else { &FULL };
    let mut figures = Vec::new();
    for engine in wish.engines() {
        let store = Store::create(engine, cluster, "growth").await?;
        figures.extend(of_engine(&store, scale, wish.rounds, span).await?);
    }
    Ok(figures)
}

async fn of_engine(store: &Store, scale: &Scale, rounds: usize, span: Span) -> Result<Vec<Figure>> {
    let mut seeder = store.seeder().await?;
    let (top, below) = seeder
        .reseller(scale.domains, scale.users_per_domain)
        .await?;
    seeder.settle().await?;
    let mut figures = start_and_memory(store, scale, &below, rounds, span).await?;
    let mut seeder = store.seeder().await?;
    let mut probes = trees(&mut seeder, scale, top).await?;
    probes.extend(depths(&mut seeder, scale).await?);
    let lists = crowds(&mut seeder, scale).await?;
    seeder.settle().await?;
    store.check().await?;
    let server = store.serve().await?;
    probes.extend(pages(&server, lists).await?);
    watch(&mut probes, server.address, rounds).await?;
    server.stop().await?;
    figures.extend(as_figures(&probes, store.engine));
    Ok(figures)
}

/// Start-up to the first answer and resident memory, before and after a round of load.
async fn start_and_memory(
    store: &Store,
    scale: &Scale,
    below: &[Seeded],
    rounds: usize,
    span: Span,
) -> Result<Vec<Figure>> {
    let mut seconds = Vec::new();
    let mut at_start = Vec::new();
    let mut loaded = Vec::new();
    for _ in 0..rounds {
        let server = store.serve().await?;
        seconds.push(server.started_in.as_secs_f64());
        at_start.push(server.resident_mib()?);
        load::http(server.address, &mut served::ask(below), span).await?;
        loaded.push(server.resident_mib()?);
        server.stop().await?;
    }
    let users = scale.domains * scale.users_per_domain;
    let (engine, size) = (Some(store.engine), format!("{users}_users"));
    Ok(vec![
        Figure::plain(
            &format!("start_to_first_answer.{size}"),
            "s",
            engine,
            &seconds,
        ),
        Figure::plain(&format!("memory_at_start.{size}"), "MiB", engine, &at_start),
        Figure::plain(&format!("memory_after_load.{size}"), "MiB", engine, &loaded),
    ])
}

async fn trees(seeder: &mut Seeder, scale: &Scale, largest: Seeded) -> Result<Vec<Probe>> {
    let mut probes = Vec::new();
    for size in scale.trees {
        let top = if size == scale.domains {
            largest.clone()
        } else {
            seeder.reseller(size, 1).await?.0
        };
        probes.push(Probe::new(
            format!("tree_totals.{size}_domains"),
            tree(&top),
        ));
    }
    Ok(probes)
}

async fn depths(seeder: &mut Seeder, scale: &Scale) -> Result<Vec<Probe>> {
    let mut probes = Vec::new();
    for depth in scale.depths {
        let (top, last) = seeder.chain(depth).await?;
        probes.push(Probe::new(format!("tree_totals.depth_{depth}"), tree(&top)));
        let request = served::entitlements(&last, &last.users[0]);
        probes.push(Probe::new(format!("entitlements.depth_{depth}"), request));
    }
    Ok(probes)
}

async fn crowds(seeder: &mut Seeder, scale: &Scale) -> Result<Vec<(usize, Seeded)>> {
    let mut lists = Vec::new();
    for users in scale.lists {
        lists.push((users, seeder.crowd(users).await?));
    }
    Ok(lists)
}

/// The first, the middle and the last page of each list, each held against that of the shortest.
async fn pages(server: &Server, lists: Vec<(usize, Seeded)>) -> Result<Vec<Probe>> {
    let shortest = lists.first().map_or(0, |(users, _)| *users);
    let mut probes = Vec::new();
    for (users, seeded) in lists {
        for (which, request) in walk(server.address, users, &seeded).await? {
            let mut probe = Probe::new(format!("users_page.{users}.{which}"), request);
            if users != shortest {
                probe.against = Some(format!("users_page.{shortest}.{which}"));
                probe.at_most = Some(PAGE_COST_AT_MOST);
            }
            probes.push(probe);
        }
    }
    Ok(probes)
}

/// Goes through the whole list as a caller would, by cursor, and keeps three of its pages.
async fn walk(
    address: SocketAddr,
    users: usize,
    seeded: &Seeded,
) -> Result<Vec<(&'static str, Bytes)>> {
    let mut connection = Connection::open(address).await?;
    let step = if users > 1000 { 100 } else { PAGE };
    let page = |limit: usize, cursor: Option<&str>| {
        let cursor = cursor
            .map(|text| format!("&cursor={text}"))
            .unwrap_or_default();
        let path = format!("/v1/domains/{}/users?limit={limit}{cursor}", seeded.domain);
        http::request("GET", &path, Some(&seeded.owner_token), None)
    };
    let (mut cursor, mut middle, mut seen): (Option<String>, _, _) = (None, None, 0);
    loop {
        let before = cursor.clone();
        let answer = connection.json(&page(step, before.as_deref())).await?;
        seen += answer["items"].as_array().map_or(0, Vec::len);
        if middle.is_none() && seen * 2 >= users {
            middle.clone_from(&before);
        }
        cursor = answer["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            if seen != users {
                return Err(format!("a list of {users} users gave {seen}").into());
            }
            return Ok(vec![
                ("first", page(PAGE, None)),
                ("middle", page(PAGE, middle.as_deref())),
                ("last", page(PAGE, before.as_deref())),
            ]);
        }
    }
}

fn tree(top: &Seeded) -> Bytes {
    let path = format!("/v1/domains/{}/tree", top.domain);
    http::request("GET", &path, Some(&top.owner_token), None)
}

async fn watch(probes: &mut [Probe], address: SocketAddr, rounds: usize) -> Result<()> {
    for _ in 0..rounds {
        for probe in probes.iter_mut() {
            let millis = load::one_by_one(address, &probe.request, REQUESTS_PER_ROUND).await?;
            probe.millis.push(median(&millis));
        }
    }
    Ok(())
}

fn as_figures(probes: &[Probe], engine: Engine) -> Vec<Figure> {
    let figure = |probe: &Probe| {
        let figure = Figure::plain(&probe.name, "ms", Some(engine), &probe.millis);
        let other = probe
            .against
            .as_ref()
            .and_then(|name| probes.iter().find(|other| other.name == *name));
        match other {
            Some(other) => figure.against(&other.name, probe.at_most, &probe.millis, &other.millis),
            None => figure,
        }
    };
    probes.iter().map(figure).collect()
}

impl Probe {
    fn new(name: String, request: Bytes) -> Self {
        Self {
            name,
            against: None,
            at_most: None,
            request,
            millis: Vec::new(),
        }
    }
}
