//! The last seats under fire (rule A1): 200 clients at once for N free seats.

use crate::harness::server::assert_check_is_clean;
use crate::harness::world::named;
use crate::harness::{Answer, Place, Server, World};
use serde_json::json;
use std::sync::Barrier;

const CLIENTS: usize = 200;
const FREE: usize = 7;

#[test]
fn a1_two_hundred_clients_want_the_last_seats_on_sqlite() {
    let place = Place::sqlite();
    let server = Server::start(&place);
    exactly_as_many_as_seats_get_one(&place, vec![server]);
}

#[test]
fn a1_two_hundred_clients_want_the_last_seats_on_postgresql_through_two_processes() {
    let place = Place::postgres();
    let servers = vec![Server::start(&place), Server::start(&place)];
    exactly_as_many_as_seats_get_one(&place, servers);
}

fn exactly_as_many_as_seats_get_one(place: &Place, servers: Vec<Server>) {
    let world = World::new(place, &servers[0]);
    world.order(&json!({ "domain_user": CLIENTS + FREE, "business": FREE }));
    let users: Vec<String> = (0..CLIENTS)
        .map(|number| world.add_user(&format!("user{number}")))
        .collect();

    let upgrades = all_at_once(&world, &servers, |world, number| {
        let path = world.license_path(&users[number]);
        world.owner.put(&path, &named("business"))
    });
    assert_exactly_the_free_seats_were_taken(&upgrades);

    let additions = all_at_once(&world, &servers, |world, number| {
        let user = json!({ "email": format!("late{number}@example.com"), "add": true });
        world.owner.post(&world.path("/users"), &user)
    });
    assert_exactly_the_free_seats_were_taken(&additions);

    let seats = world.seats();
    assert_eq!(seats["domain_user"]["in_use"], CLIENTS + FREE);
    assert_eq!(seats["domain_user"]["available"], 0);
    assert_eq!(seats["business"]["in_use"], FREE);
    assert_eq!(world.users().len(), CLIENTS + FREE);
    servers.into_iter().for_each(Server::kill);
    assert_check_is_clean(place);
}

/// One request of each client, held back until all are ready, spread over the servers.
fn all_at_once(
    world: &World,
    servers: &[Server],
    request: impl Fn(&World, usize) -> Answer + Sync,
) -> Vec<Answer> {
    let ready = Barrier::new(CLIENTS);
    let worlds: Vec<World> = servers.iter().map(|server| world.at(server)).collect();
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let (ready, request) = (&ready, &request);
                let world = &worlds[number % worlds.len()];
                scope.spawn(move || {
                    ready.wait();
                    request(world, number)
                })
            })
            .collect();
        let answers = clients.into_iter().map(|client| client.join());
        answers.map(|answer| answer.expect("an answer")).collect()
    })
}

fn assert_exactly_the_free_seats_were_taken(answers: &[Answer]) {
    let (taken, others): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.is_success());
    for answer in others {
        assert_eq!(answer.status, 409, "{}: {}", answer.what, answer.body);
        assert!(answer.is_refusal("no_seat_available"), "{}", answer.body);
    }
    assert_eq!(taken.len(), FREE);
}
