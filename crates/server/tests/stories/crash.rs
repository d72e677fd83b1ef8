//! `kill -9` under load, round after round: what was acknowledged is there, nothing is half-done.
//!
//! Each client works on users of its own, one request at a time, each with its idempotency key.
//! When the server dies, at most one request per client has no answer. Sent again to the next
//! process with the same key, it must be done once: whether it was done before or not.
//!
//! The number of rounds is `USHER_CRASH_ROUNDS`; `cargo xtask torture` runs more than the tests do.

use crate::harness::figures;
use crate::harness::server::assert_check_is_clean;
use crate::harness::world::named;
use crate::harness::{Client, Place, Server, World};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

const CLIENTS: usize = 8;
const SEATS: usize = 40_000;
const DEFAULT_ROUNDS: usize = 5;
/// The server is struck after so many acknowledged writes of a round, and some more per round,
/// so that no two rounds strike at the same place.
const WRITES_BEFORE_THE_BLOW: usize = 150;
const MORE_EACH_ROUND: usize = 37;

#[test]
fn a1_every_acknowledged_write_outlives_kill_9_on_sqlite() {
    rounds("SQLite", &Place::sqlite(), 1);
}

#[test]
fn a1_every_acknowledged_write_outlives_kill_9_on_postgresql() {
    rounds("PostgreSQL", &Place::postgres(), 2);
}

fn rounds(engine: &str, place: &Place, processes: usize) {
    let rounds = figures::rounds("USHER_CRASH_ROUNDS", DEFAULT_ROUNDS);
    let mut servers = start(place, processes);
    let world = World::new(place, &servers[0]);
    world.order(&json!({ "domain_user": SEATS, "business": SEATS / 2 }));
    let mut clients: Vec<Worker> = (0..CLIENTS).map(Worker::new).collect();

    for round in 0..rounds {
        let writes = WRITES_BEFORE_THE_BLOW + round * MORE_EACH_ROUND % 400;
        load_until_the_blow(&mut clients, &world, servers, writes);
        assert_check_is_clean(place);

        servers = start(place, processes);
        let world = world.at(&servers[0]);
        for client in &mut clients {
            client.finish_what_had_no_answer(&world);
        }
        assert_all_is_there(&world, &clients);
    }
    let acknowledged: usize = clients.iter().map(|client| client.acknowledged).sum();
    let what = format!("`kill -9` under load, {engine}");
    let again: usize = clients.iter().map(|client| client.sent_again).sum();
    let result = format!(
        "{acknowledged} acknowledged writes, none lost; {again} without an answer were sent \
         again, none done twice"
    );
    figures::note(&what, rounds, &result);
}

fn start(place: &Place, processes: usize) -> Vec<Server> {
    (0..processes).map(|_| Server::start(place)).collect()
}

/// All clients write as fast as they can; after so many acknowledged writes every server is killed.
fn load_until_the_blow(clients: &mut [Worker], world: &World, servers: Vec<Server>, writes: usize) {
    let acknowledged = AtomicUsize::new(0);
    let worlds: Vec<World> = servers.iter().map(|server| world.at(server)).collect();
    let (enough, blow) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        for client in clients.iter_mut() {
            let world = worlds[client.number % worlds.len()].clone();
            let (acknowledged, enough) = (&acknowledged, enough.clone());
            scope.spawn(move || {
                while client.write(&world) {
                    let done = usize::from(client.pending.is_none());
                    if acknowledged.fetch_add(done, Ordering::Relaxed) + done >= writes {
                        enough.send(()).ok();
                    }
                }
            });
        }
        // Should every client fail, nobody would say that it is enough.
        drop(enough);
        blow.recv().expect("the clients get their writes done");
        servers.into_iter().for_each(Server::kill);
    });
}

/// What the server says about every user is what its client was told last.
fn assert_all_is_there(world: &World, clients: &[Worker]) {
    let expected: BTreeMap<String, Value> = clients
        .iter()
        .flat_map(|client| client.users.clone())
        .collect();
    let found: BTreeMap<String, Value> = world
        .users()
        .into_iter()
        .map(|user| (text(&user, "id"), user["license"]["tier"].clone()))
        .collect();
    assert_eq!(found, expected);
    let upgraded = expected.values().filter(|tier| *tier == "business").count();
    let seats = world.seats();
    assert_eq!(seats["domain_user"]["in_use"], expected.len());
    assert_eq!(seats["business"]["in_use"], upgraded);
}

/// One client and what it was told.
struct Worker {
    number: usize,
    asked: usize,
    acknowledged: usize,
    /// Requests whose answer the blow cut off.
    sent_again: usize,
    /// Tier by user, as far as acknowledged.
    users: BTreeMap<String, Value>,
    /// The request that has no answer yet.
    pending: Option<Request>,
}

struct Request {
    method: Method,
    path: String,
    body: Value,
    key: String,
    status: u16,
}

impl Worker {
    fn new(number: usize) -> Self {
        Self {
            number,
            asked: 0,
            acknowledged: 0,
            sent_again: 0,
            users: BTreeMap::new(),
            pending: None,
        }
    }

    /// Sends the next request; false when no answer came.
    fn write(&mut self, world: &World) -> bool {
        if self.pending.is_none() {
            self.pending = Some(self.next(world));
        }
        self.send_pending(&world.owner)
    }

    fn finish_what_had_no_answer(&mut self, world: &World) {
        self.sent_again += usize::from(self.pending.is_some());
        while self.pending.is_some() {
            assert!(self.send_pending(&world.owner), "the new process answers");
        }
    }

    fn send_pending(&mut self, owner: &Client) -> bool {
        let Some(request) = &self.pending else {
            return true;
        };
        let body = Some(&request.body).filter(|body| !body.is_null());
        let sent = owner.send(&request.method, &request.path, body, Some(&request.key));
        let Ok(answer) = sent else {
            return false;
        };
        assert_eq!(
            answer.status, request.status,
            "{}: {}",
            answer.what, answer.body
        );
        self.acknowledged += 1;
        if request.method == Method::DELETE {
            let (_, user) = request.path.rsplit_once('/').expect("a path");
            self.users.remove(user);
        } else {
            let tier = answer.body["license"]["tier"].clone();
            self.users.insert(text(&answer.body, "id"), tier);
        }
        self.pending = None;
        true
    }

    /// Adds, upgrades, downgrades and removes in turn, always on this client's own users.
    fn next(&mut self, world: &World) -> Request {
        self.asked += 1;
        let key = format!("client-{}-{}", self.number, self.asked);
        let last = self.users.last_key_value().map(|(id, _)| id.clone());
        let first = self.users.first_key_value().map(|(id, _)| id.clone());
        match (self.asked % 5, last, first) {
            (1 | 3, Some(user), _) => Request {
                method: Method::PUT,
                path: world.license_path(&user),
                body: named("business"),
                key,
                status: 200,
            },
            (2, Some(user), _) => Request {
                method: Method::PUT,
                path: world.license_path(&user),
                body: named("base"),
                key,
                status: 200,
            },
            (4, _, Some(user)) if self.users.len() > 10 => Request {
                method: Method::DELETE,
                path: world.path(&format!("/users/{user}")),
                body: Value::Null,
                key,
                status: 204,
            },
            _ => Request {
                method: Method::POST,
                path: world.path("/users"),
                body: json!({
                    "email": format!("c{}n{}@example.com", self.number, self.asked),
                    "add": true,
                }),
                key,
                status: 201,
            },
        }
    }
}

fn text(value: &Value, field: &str) -> String {
    let text = value[field].as_str();
    text.unwrap_or_else(|| panic!("{field} of {value}"))
        .to_owned()
}
