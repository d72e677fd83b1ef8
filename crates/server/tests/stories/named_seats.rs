//! The article's example (rule A6), word for word, with a `kill -9` between any two steps.

use crate::harness::server::assert_check_is_clean;
use crate::harness::world::named;
use crate::harness::{Place, Server, World};
use serde_json::json;

#[test]
fn a6_twenty_staff_and_three_business_seats_on_sqlite() {
    the_example(&Place::sqlite());
}

#[test]
fn a6_twenty_staff_and_three_business_seats_on_postgresql() {
    the_example(&Place::postgres());
}

fn the_example(place: &Place) {
    let server = Server::start(place);
    let world = World::new(place, &server);

    // "You have 20 staff. Most just need a managed softphone, so you order 20 Domain User Seats.
    // Three of those staff are in roles where call history matters, so you also order 3 Business
    // Seats."
    let (server, world) = struck(server, world, place);
    let billing = world.order(&json!({ "domain_user": 20, "business": 3 }));

    // "Your billing reflects 20 Domain User Seats plus 3 Business Seats."
    assert_eq!(billing["total_per_period"], 20 * 400 + 3 * 600);
    assert_seats(&world, "domain_user", 20, 0);
    assert_seats(&world, "business", 3, 0);
    assert_seats(&world, "business_pro", 0, 0);

    // Every managed user takes one Domain User Seat.
    let (server, world) = struck(server, world, place);
    let staff: Vec<String> = (1..=20)
        .map(|number| world.add_user(&format!("staff{number}")))
        .collect();
    assert_seats(&world, "domain_user", 20, 20);

    // The seats are pre-ordered: a twenty-first user has none.
    let (server, world) = struck(server, world, place);
    let one_more = json!({ "email": "staff21@example.com", "add": true });
    world
        .owner
        .post(&world.path("/users"), &one_more)
        .expect_refusal(409, "no_seat_available");

    // "Upgrades are per user": the three are upgraded, one after the other.
    let (mut server, mut world) = struck(server, world, place);
    let (upgraded, untouched) = staff.split_at(3);
    for user in upgraded {
        let path = world.license_path(user);
        let answer = world.owner.put(&path, &named("business")).expect(200);
        assert_eq!(answer["license"], named("business"));
        (server, world) = struck(server, world, place);
    }

    // "… leaving everyone else on their Domain User Seat."
    assert_tiers(&world, upgraded, "business");
    assert_tiers(&world, untouched, "base");

    // "Before you can assign an upgrade to a user, you must have that seat type available."
    let (server, world) = struck(server, world, place);
    let path = world.license_path(&untouched[0]);
    world
        .owner
        .put(&path, &named("business"))
        .expect_refusal(409, "no_seat_available");

    // The refusal changed nothing.
    let (server, world) = struck(server, world, place);
    assert_tiers(&world, upgraded, "business");
    assert_tiers(&world, untouched, "base");
    assert_seats(&world, "domain_user", 20, 20);
    assert_seats(&world, "business", 3, 3);
    assert_seats(&world, "business_pro", 0, 0);

    server.kill();
    assert_check_is_clean(place);
}

/// The server is killed and started again; everyone stays signed in.
fn struck(server: Server, world: World, place: &Place) -> (Server, World) {
    let server = server.killed_and_started_again(place);
    let world = world.at(&server);
    (server, world)
}

#[track_caller]
fn assert_seats(world: &World, kind: &str, ordered: i64, in_use: i64) {
    let seats = &world.seats()[kind];
    assert_eq!(seats["ordered"], ordered, "{kind}: {seats}");
    assert_eq!(seats["in_use"], in_use, "{kind}: {seats}");
    assert_eq!(seats["available"], ordered - in_use, "{kind}: {seats}");
}

#[track_caller]
fn assert_tiers(world: &World, users: &[String], tier: &str) {
    for id in users {
        let path = world.path(&format!("/users/{id}"));
        let user = world.owner.get(&path).expect(200);
        assert_eq!(user["license"], named(tier), "{user}");
        assert_eq!(user["state"], "active", "{user}");
    }
}
