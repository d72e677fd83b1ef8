//! What many agents of several pools were told, while processes die by `kill -9`, answers are
//! lost and requests are sent again: for each pool and window, some order of what was asked
//! explains all answers; and the journal, from end to end, never has two in one seat.
//!
//! In a window, eight clients ask at once. Who got no answer sends the same request again to
//! another process, with the same key, or gives up: then the next look at the pool says what
//! became of it. The number of windows is `USHER_HISTORY_ROUNDS`.

mod agents;
mod journal;
mod model;

use crate::harness::server::assert_check_is_clean;
use crate::harness::{Place, Server, World, figures};
use agents::{Agent, Hall, Random};
use model::{Asked, Record, Seated, is_explained};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const POOLS: usize = 3;
const CLIENTS: usize = 8;
const AGENTS: usize = 16;
const SEATS: usize = 6;
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

/// A pool and who belongs to it.
struct Desk {
    pool: String,
    agents: Vec<Agent>,
}

fn histories(engine: &str, place: &Place, processes: usize) {
    let rounds = figures::rounds("USHER_HISTORY_ROUNDS", DEFAULT_ROUNDS);
    let mut servers: Vec<Server> = (0..processes).map(|_| Server::start(place)).collect();
    let world = World::new(place, &servers[0]);
    let mut desks = desks(&world, &servers[0]);
    let hall = Hall::new(&servers);
    let asked = AtomicUsize::new(0);
    let mut random = Random::new(processes as u64);
    for round in 0..rounds {
        let before: Vec<Record> = desks.iter().map(|desk| look(desk, &hall, &world)).collect();
        let victim = random.below(servers.len());
        let mut told: Vec<Vec<Record>> = Vec::new();
        std::thread::scope(|scope| {
            let windows: Vec<_> = desks
                .iter_mut()
                .map(|desk| {
                    let (hall, asked) = (&hall, &asked);
                    scope.spawn(move || window(desk, hall, round, asked))
                })
                .collect();
            std::thread::sleep(Duration::from_millis(20 + random.below(120) as u64));
            servers.remove(victim).kill();
            servers.push(Server::start(place));
            hall.moved(&servers);
            told.extend(windows.into_iter().map(|w| w.join().expect("a window")));
        });
        for ((desk, before), mut records) in desks.iter_mut().zip(before).zip(told) {
            let after = look(desk, &hall, &world);
            let Asked::Look(_, seated) = &after.asked else {
                unreachable!("a look is a look")
            };
            for agent in &mut desk.agents {
                records.extend(agent.what_became(seated, after.from));
            }
            records.extend([before, after]);
            assert!(is_explained(&records), "round {round}: {records:#?}");
        }
    }
    let lines = journal::read(&world.at(&servers[0]));
    let seats = desks
        .iter()
        .map(|desk| (desk.pool.clone(), SEATS))
        .collect();
    journal::assert_sound(&lines, &seats);
    for desk in &desks {
        desk.agents.iter().for_each(|agent| agent.assert_in(&lines));
    }
    servers.into_iter().for_each(Server::kill);
    assert_check_is_clean(place);
    let asked = asked.load(Ordering::Relaxed);
    let result = format!("{asked} log-ins and log-offs, every window explained, none lost");
    figures::note(&format!("histories of pools, {engine}"), rounds, &result);
}

/// Pools of the same size, each with its agents.
fn desks(world: &World, server: &Server) -> Vec<Desk> {
    let all = POOLS * AGENTS;
    world.order(&json!({ "domain_user": all, "seat_license": POOLS * SEATS }));
    let pools = world.owner.get(&world.path("/pools")).expect(200);
    let first = text(&pools["items"][0]["id"]);
    let size = json!({ "seats": SEATS, "silence_seconds": null });
    let path = world.path(&format!("/pools/{first}"));
    world.owner.patch(&path, &size).expect(200);
    let mut ids = vec![first];
    for number in 1..POOLS {
        let pool = json!({
            "name": format!("Pool {number}"), "seats": SEATS, "silence_seconds": null,
        });
        let pool = world.owner.post(&world.path("/pools"), &pool).expect(201);
        ids.push(text(&pool["id"]));
    }
    let desk = |(number, pool): (usize, String)| Desk {
        agents: (0..AGENTS)
            .map(|agent| Agent::new(world, server, &pool, number * AGENTS + agent))
            .collect(),
        pool,
    };
    ids.into_iter().enumerate().map(desk).collect()
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
        asked: Asked::Look(SEATS, seated),
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
