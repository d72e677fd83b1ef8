//! What reaches the disk before an answer leaves, and what happens when the disk refuses.
//!
//! `strace` watches the embedded server, or makes its syncs fail. PostgreSQL's own syncs are
//! PostgreSQL's business; a commit there is acknowledged by a server whose `synchronous_commit` is on.

use crate::harness::figures;
use crate::harness::server::assert_check_is_clean;
use crate::harness::trace::{self, Event};
use crate::harness::world::named;
use crate::harness::{Place, Server, World};
use reqwest::Method;
use serde_json::json;

const WRITES: usize = 20;
const CLIENTS: usize = 8;
const DEFAULT_ROUNDS: usize = 1;
/// Of the thread that writes: late enough for the server to start.
const FIRST_FAILING_SYNC: usize = 10;

#[test]
fn no_answer_leaves_before_its_sync() {
    let place = Place::sqlite();
    let (world, users) = a_domain_with_users(&place, WRITES);
    let trace = place.file("trace");
    let server = Server::start_under(trace::watching(&trace), &place);
    let world = world.at(&server);

    for user in &users {
        let path = world.license_path(user);
        world.owner.put(&path, &named("business")).expect(200);
    }
    std::thread::scope(|scope| {
        for users in users.chunks(WRITES.div_ceil(CLIENTS)) {
            let world = &world;
            scope.spawn(move || {
                for user in users {
                    let path = world.license_path(user);
                    world.owner.put(&path, &named("base")).expect(200);
                }
            });
        }
    });
    server.kill();

    let text = std::fs::read_to_string(&trace).expect("strace writes its trace");
    let answers = answers_with_what_came_before(&trace::events(&text));
    assert_eq!(answers.len(), 2 * WRITES, "every answer is in the trace");
    let early = answers.iter().filter(|synced| !**synced).count();
    assert_eq!(early, 0, "of {} answers left before a sync", answers.len());
}

#[test]
fn a_store_that_cannot_sync_acknowledges_nothing_more() {
    let rounds = figures::rounds("USHER_SYNC_ROUNDS", DEFAULT_ROUNDS);
    let acknowledged: usize = (0..rounds)
        .map(|round| acknowledged_before_syncs_fail(FIRST_FAILING_SYNC + round % WRITES))
        .sum();
    let result = format!("{acknowledged} acknowledged writes, none lost; none after the failure");
    figures::note("failing syncs, SQLite", rounds, &result);
}

/// One server whose syncs fail from this one on; how many writes it acknowledged before.
fn acknowledged_before_syncs_fail(first_failing: usize) -> usize {
    let place = Place::sqlite();
    let (world, users) = a_domain_with_users(&place, 2 * WRITES);
    let server = Server::start_under(trace::failing_from(first_failing), &place);
    let world = world.at(&server);

    let upgraded: Vec<bool> = users
        .iter()
        .map(|user| acknowledged(&world, user))
        .collect();
    let done = upgraded.iter().take_while(|done| **done).count();
    assert!(done > 0, "the disk was well at first");
    assert!(done < users.len(), "a failed sync is not acknowledged");
    assert!(
        upgraded[done..].iter().all(|done| !done),
        "nothing is acknowledged after a failed sync: {upgraded:?}"
    );
    assert_it_says_so(&world);

    server.kill();
    assert_check_is_clean(&place);
    let server = Server::start(&place);
    let world = world.at(&server);
    for user in &users[..done] {
        let path = world.path(&format!("/users/{user}"));
        let user = world.owner.get(&path).expect(200);
        assert_eq!(user["license"], named("business"), "acknowledged: {user}");
    }
    done
}

fn a_domain_with_users(place: &Place, users: usize) -> (World, Vec<String>) {
    let server = Server::start(place);
    let world = World::new(place, &server);
    world.order(&json!({ "domain_user": users, "business": users }));
    let users = (0..users).map(|number| world.add_user(&format!("user{number}")));
    let users = users.collect();
    (world, users)
}

/// For each answer: was a file written after its request came, and synced after that?
fn answers_with_what_came_before(events: &[Event]) -> Vec<bool> {
    let mut requests = std::collections::HashMap::new();
    let mut answers = Vec::new();
    for (line, event) in events.iter().enumerate() {
        match event {
            Event::Request { connection } => {
                requests.insert(connection, line);
            }
            Event::Answer { connection } => {
                let Some(request) = requests.remove(connection) else {
                    continue;
                };
                answers.push(written_and_synced(&events[request..line]));
            }
            _ => {}
        }
    }
    answers
}

fn written_and_synced(events: &[Event]) -> bool {
    let written = events
        .iter()
        .enumerate()
        .find_map(|(at, event)| match event {
            Event::Written { file } => Some((at, file)),
            _ => None,
        });
    let Some((written, file)) = written else {
        return false;
    };
    let begun = Event::SyncBegun { file: file.clone() };
    let done = Event::SyncDone { file: file.clone() };
    let mut after = events[written..].iter();
    after.any(|event| *event == begun) && after.any(|event| *event == done)
}

#[test]
fn an_answer_before_its_sync_would_be_seen() {
    let connection = || "5<socket:[1]".to_owned();
    let file = || "9</data/wal".to_owned();
    let request = Event::Request {
        connection: connection(),
    };
    let answer = Event::Answer {
        connection: connection(),
    };
    let written = Event::Written { file: file() };
    let begun = Event::SyncBegun { file: file() };
    let done = Event::SyncDone { file: file() };
    let mut events = vec![request, written, begun, done, answer];
    assert_eq!(answers_with_what_came_before(&events), [true]);
    events.swap(3, 4);
    assert_eq!(
        answers_with_what_came_before(&events),
        [false],
        "the sync ends after"
    );
    events.swap(1, 2);
    events.swap(3, 4);
    assert_eq!(
        answers_with_what_came_before(&events),
        [false],
        "the write comes after"
    );
}

/// Whether this upgrade was acknowledged; a dead server and a 5xx both say that it was not.
fn acknowledged(world: &World, user: &str) -> bool {
    let path = world.license_path(user);
    let body = named("business");
    match world.owner.send(&Method::PUT, &path, Some(&body), None) {
        Ok(answer) if answer.is_success() => true,
        Ok(answer) => {
            assert!(answer.status >= 500, "{}: {}", answer.what, answer.body);
            false
        }
        Err(_) => false,
    }
}

/// It has stopped, or it answers that it is not ready.
fn assert_it_says_so(world: &World) {
    let ready = world.owner.send(&Method::GET, "/health/ready", None, None);
    if let Ok(answer) = ready {
        assert_eq!(answer.status, 503, "{}", answer.body);
    }
}
