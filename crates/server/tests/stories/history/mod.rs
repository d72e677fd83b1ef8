//! What many agents of several pools were told, while processes die by `kill -9`, answers are
//! lost and requests are sent again: for each pool and window, some order of what was asked
//! explains all answers; and the journal, from end to end, never has two in one seat.
//!
//! In a window, eight clients ask at once. Who got no answer sends the same request again to
//! another process, with the same key, or gives up: then the next look at the pool says what
//! became of it. The number of windows is `USHER_HISTORY_ROUNDS`, that of agents
//! `USHER_HISTORY_AGENTS`.

mod agents;
mod journal;
mod model;
mod planted;

use crate::harness::server::assert_check_is_clean;
use crate::harness::{Client, Place, Server, World, figures};
use agents::{Agent, Hall, Random};
use model::{Asked, Record, Seated, is_explained};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const CLIENTS: usize = 8;
const DEFAULT_AGENTS: usize = 48;
/// Pools at least, and agents of one at most.
const POOLS: usize = 3;
const AGENTS: usize = 200;
/// What each client asks in one window.
const ASKS: usize = 6;
const DEFAULT_ROUNDS: usize = 6;

#[test]
fn e4_every_history_has_an_order_that_explains_it_on_sqlite() {
    histories("SQLite", &Place::sqlite(), 1);
}

#[test]
fn e4_every_history_has_an_order_that_explains_it_on_postgresql() {
    histories("PostgreSQL", &Place::postgres(), 3);
}

/// How many pools there are, and how many agents and seats each has.
#[derive(Clone, Copy)]
struct Size {
    pools: usize,
    agents: usize,
    seats: usize,
}

impl Size {
    fn of(agents: usize) -> Self {
        let pools = agents.div_ceil(AGENTS).max(POOLS);
        let agents = agents.div_ceil(pools);
        let seats = agents * 3 / 8;
        Self {
            pools,
            agents,
            seats,
        }
    }
}

/// A pool and who belongs to it.
struct Desk {
    pool: String,
    seats: usize,
    agents: Vec<Agent>,
}

fn histories(engine: &str, place: &Place, processes: usize) {
    let rounds = figures::rounds("USHER_HISTORY_ROUNDS", DEFAULT_ROUNDS);
    let size = Size::of(figures::rounds("USHER_HISTORY_AGENTS", DEFAULT_AGENTS));
    let mut servers: Vec<Server> = (0..processes).map(|_| Server::start(place)).collect();
    let world = World::new(place, &servers[0]);
    let mut desks = desks(&world, &servers[0].client(), size);
    let hall = Hall::new(&servers);
    let asked = AtomicUsize::new(0);
    let mut random = Random::new(processes as u64);
    for round in 0..rounds {
        let victim = random.below(servers.len());
        let after = Duration::from_millis(20 + random.below(120) as u64);
        let windows = windows(&mut desks, &hall, &world, round, &asked, || {
            std::thread::sleep(after);
            servers.remove(victim).kill();
            servers.push(Server::start(place));
            hall.moved(&servers);
        });
        for records in windows {
            assert!(is_explained(&records), "round {round}: {records:#?}");
        }
    }
    let lines = journal::read(&world.at(&servers[0]));
    let seats = desks.iter().map(|desk| (desk.pool.clone(), desk.seats));
    journal::assert_sound(&lines, &seats.collect());
    for desk in &desks {
        desk.agents.iter().for_each(|agent| agent.assert_in(&lines));
    }
    servers.into_iter().for_each(Server::kill);
    assert_check_is_clean(place);
    let asked = asked.load(Ordering::Relaxed);
    let (agents, pools) = (size.agents * size.pools, size.pools);
    let result = format!(
        "{agents} agents of {pools} pools, {asked} log-ins and log-offs, every window explained, \
         none lost"
    );
    figures::note(&format!("histories of pools, {engine}"), rounds, &result);
}

/// A window of each pool, all at once, while something happens to the processes: what was asked
/// and told, from one look at the pool to the next.
fn windows(
    desks: &mut [Desk],
    hall: &Hall,
    world: &World,
    round: usize,
    asked: &AtomicUsize,
    meanwhile: impl FnOnce(),
) -> Vec<Vec<Record>> {
    let before: Vec<Record> = desks.iter().map(|desk| look(desk, hall, world)).collect();
    let told: Vec<Vec<Record>> = std::thread::scope(|scope| {
        let windows: Vec<_> = desks
            .iter_mut()
            .map(|desk| scope.spawn(move || window(desk, hall, round, asked)))
            .collect();
        meanwhile();
        let windows = windows.into_iter().map(|w| w.join().expect("a window"));
        windows.collect()
    });
    let whole = |((desk, before), mut records): ((&mut Desk, Record), Vec<Record>)| {
        let after = look(desk, hall, world);
        let Asked::Look(_, seated) = &after.asked else {
            unreachable!("a look is a look")
        };
        for agent in &mut desk.agents {
            records.extend(agent.what_became(seated, after.from));
        }
        records.extend([before, after]);
        records
    };
    desks.iter_mut().zip(before).zip(told).map(whole).collect()
}

/// Pools of the same size, each with its agents.
fn desks(world: &World, server: &Client, size: Size) -> Vec<Desk> {
    let all = size.pools * size.agents;
    world.order(&json!({ "domain_user": all, "seat_license": size.pools * size.seats }));
    let pools = world.owner.get(&world.path("/pools")).expect(200);
    let first = text(&pools["items"][0]["id"]);
    let settings = json!({ "seats": size.seats, "silence_seconds": null });
    let path = world.path(&format!("/pools/{first}"));
    world.owner.patch(&path, &settings).expect(200);
    let mut ids = vec![first];
    for number in 1..size.pools {
        let pool = json!({
            "name": format!("Pool {number}"), "seats": size.seats, "silence_seconds": null,
        });
        let pool = world.owner.post(&world.path("/pools"), &pool).expect(201);
        ids.push(text(&pool["id"]));
    }
    let desk = |(number, pool): (usize, String)| Desk {
        agents: agents(world, server, &pool, number * size.agents, size.agents),
        seats: size.seats,
        pool,
    };
    ids.into_iter().enumerate().map(desk).collect()
}

/// So many agents of a pool; made by several at once, for each has a password.
fn agents(world: &World, server: &Client, pool: &str, first: usize, count: usize) -> Vec<Agent> {
    let numbers: Vec<usize> = (first..first + count).collect();
    std::thread::scope(|scope| {
        let parts = numbers.chunks(count.div_ceil(4));
        let made = |part: &[usize]| -> Vec<Agent> {
            let agent = |number: &usize| Agent::new(world, server, pool, *number);
            part.iter().map(agent).collect()
        };
        let threads: Vec<_> = parts.map(|part| scope.spawn(move || made(part))).collect();
        let agents = threads.into_iter().map(|t| t.join().expect("some agents"));
        agents.flatten().collect()
    })
}

/// Eight clients of a pool ask at once, each for agents of its own.
fn window(desk: &mut Desk, hall: &Hall, round: usize, asked: &AtomicUsize) -> Vec<Record> {
    let each = desk.agents.len().div_ceil(CLIENTS);
    std::thread::scope(|scope| {
        let clients: Vec<_> = desk
            .agents
            .chunks_mut(each)
            .enumerate()
            .map(|(client, agents)| {
                scope.spawn(move || {
                    let mut random = Random::new((round * CLIENTS + client) as u64 + 7);
                    let mut records = Vec::new();
                    for _ in 0..ASKS {
                        let agent = random.below(agents.len());
                        records.extend(agents[agent].act(hall, client, &mut random));
                    }
                    asked.fetch_add(records.len(), Ordering::Relaxed);
                    records
                })
            })
            .collect();
        let all = clients.into_iter().map(|client| client.join());
        all.flat_map(|records| records.expect("a client")).collect()
    })
}

/// Who sits in the pool now, while nobody asks.
fn look(desk: &Desk, hall: &Hall, world: &World) -> Record {
    let path = world.path(&format!("/pools/{}/sessions?limit=200", desk.pool));
    let from = hall.now();
    let page = world.owner.at(&hall.anywhere(0)).get(&path).expect(200);
    let items = page["items"].as_array().expect("items");
    let number = |item: &Value| {
        let user = text(&item["user"]);
        let agent = desk.agents.iter().position(|agent| agent.user == user);
        agent.expect("an agent of the pool")
    };
    let seated: Seated = items
        .iter()
        .map(number)
        .map(|n| desk.agents[n].number)
        .collect();
    Record {
        client: CLIENTS,
        from,
        to: hall.now(),
        asked: Asked::Look(desk.seats, seated),
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
